"""Adding credentials to requests, and renewing credentials that the service no longer accepts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.cloud.clock import CLOCK, Clock
from posehub.cloud.network import Credentials, Network
from posehub.errors import PosehubError

_FIRST_REST = 60.0
_LONGEST_REST = 3600.0
"""Seconds without renewal after new credentials were refused at once; doubled each time, up to the
longest. A service that refuses everything would otherwise issue a token for each image."""


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
    """The network with credentials added to every request, and removed from every response.

    If the service refuses the credentials and the scheme can renew them, the request is sent once
    more. That second request takes no turn of the pacer: it is rare, once in the life of a token.
    If the service refuses new credentials too, they are not renewed again for a while.

    Args:
        network: sends the requests.
        scheme: the credentials.
        refuses: whether a response refuses the credentials of its request.
        clock: the time.
    """

    def __init__(
        self,
        network: Network,
        scheme: Scheme,
        refuses: Callable[[HttpResponse], bool],
        clock: Clock = CLOCK,
    ) -> None:
        self._network = network
        self._scheme = scheme
        self._refuses = refuses
        self._clock = clock
        self._rest = 0.0
        self._renews_from = float("-inf")

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response; if renewed credentials were needed, the response to those.

        Neither the response nor an error has a secret that was sent, even if the service echoes it.
        """
        secrets = self._network.secrets
        try:
            response = self._authorised(request)
        except PosehubError as error:
            secrets.clean_error(error)
            raise
        return secrets.clean(response)

    def close(self) -> None:
        """Close the connections."""
        self._network.close()

    def _authorised(self, request: HttpRequest) -> HttpResponse:
        credentials = self._scheme.credentials(request)
        response = self._network.send(request, credentials)
        if not self._refuses(response):
            self._rest = 0.0
            return response
        if self._clock.now() < self._renews_from or not self._scheme.renew(credentials):
            return response
        response = self._network.send(request, self._scheme.credentials(request))
        if not self._refuses(response):
            self._rest = 0.0
        # of several threads with the same new credentials, the first one starts the rest
        elif self._clock.now() >= self._renews_from:
            self._rest = min(max(2 * self._rest, _FIRST_REST), _LONGEST_REST)
            self._renews_from = self._clock.now() + self._rest
        return response
