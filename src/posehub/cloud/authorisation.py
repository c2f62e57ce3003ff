"""Adding credentials to requests, and renewing credentials that the service no longer accepts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.cloud.network import Credentials, Network


class Scheme(Protocol):
    """One way to authorise requests."""

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return what to add to `request`."""

    def renew(self, refused: Credentials) -> bool:
        """Replace credentials that the service refused; return False if that is not possible."""


@frozen
class FixedScheme:
    """The same credentials for every request, such as a key.

    Attributes:
        fixed: the credentials.
    """

    fixed: Credentials

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return the fixed credentials."""
        return self.fixed

    def renew(self, refused: Credentials) -> bool:
        """Return False: fixed credentials cannot be renewed."""
        return False


class AuthorisedTransport:
    """The network with credentials added to every request.

    If the service refuses the credentials and the scheme can renew them, the request is sent once
    more. That second request takes no turn of the pacer: it is rare, once in the life of a token.

    Args:
        network: sends the requests.
        scheme: the credentials.
        refuses: whether a response refuses the credentials of its request.
    """

    def __init__(
        self, network: Network, scheme: Scheme, refuses: Callable[[HttpResponse], bool]
    ) -> None:
        self._network = network
        self._scheme = scheme
        self._refuses = refuses

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response; if renewed credentials were needed, the response to those."""
        credentials = self._scheme.credentials(request)
        response = self._network.send(request, credentials)
        if self._refuses(response) and self._scheme.renew(credentials):
            return self._network.send(request, self._scheme.credentials(request))
        return response

    def close(self) -> None:
        """Close the connections."""
        self._network.close()
