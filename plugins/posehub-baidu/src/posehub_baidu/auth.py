"""The ways to say who calls, and renewing a token that ran out."""

from __future__ import annotations

import json
from typing import Any, Protocol
from urllib.parse import urlsplit

from attrs import field, frozen

from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.cloud.network import Credentials, Network
from posehub.cloud.status import error_of_status
from posehub.cloud.token import Token, TokenStore
from posehub.errors import AuthError, InvalidResponseError
from posehub_baidu.faults import TOKEN_CODES, fault_code
from posehub_baidu.iam import authorization, timestamp
from posehub_baidu.options import BaiduOptions

TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105  # a path, no password
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Scheme(Protocol):
    """One way to say who calls."""

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return what to add to `request`."""

    def renew(self, refused: Credentials) -> bool:
        """Replace credentials whose token the service refused; False if that cannot be done."""


@frozen
class FixedScheme:
    """The same credentials for every request: a bearer key, or a token fetched elsewhere."""

    fixed: Credentials

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return the fixed ones."""
        return self.fixed

    def renew(self, refused: Credentials) -> bool:
        """Do nothing: there is nothing to renew them with."""
        return False


@frozen
class TokenScheme:
    """OAuth 2 client credentials: a token in the URL."""

    store: TokenStore

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return the token, fetched if need be."""
        return Credentials(query={"access_token": self.store.get()})

    def renew(self, refused: Credentials) -> bool:
        """Fetch another token, unless another thread already has."""
        self.store.replace(refused.query["access_token"])
        return True


@frozen
class IamScheme:
    """The cloud account's signature: a header of its own for every request."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def credentials(self, request: HttpRequest) -> Credentials:
        """Sign the request's method, path, host and time."""
        parts = urlsplit(request.url)
        now = timestamp()
        # the host is sent as it is signed; left to the HTTP library, it may be spelled otherwise
        headers = {"host": parts.netloc, "x-bce-date": now}
        signature = authorization(
            self.access_key, self.secret_key, request.method, parts.path, headers, now
        )
        return Credentials(headers={**headers, "Authorization": signature})

    def renew(self, refused: Credentials) -> bool:
        """Do nothing: every request is signed anew."""
        return False


class AuthorizedTransport:
    """The network, with credentials added to every request and a stale token renewed once."""

    def __init__(self, network: Network, scheme: Scheme) -> None:
        self._network = network
        self._scheme = scheme

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the response; if it refuses the token, that to a repeat with a new one."""
        credentials = self._scheme.credentials(request)
        response = self._network.send(request, credentials)
        if refuses_token(response) and self._scheme.renew(credentials):
            return self._network.send(request, self._scheme.credentials(request))
        return response

    def close(self) -> None:
        """Close the connections."""
        self._network.close()


def open_transport(options: BaiduOptions) -> Transport:
    """Return a transport for the one set of credentials in `options`."""
    network = Network(timeout=options.timeout)
    return AuthorizedTransport(network, _scheme(options, network))


def _scheme(options: BaiduOptions, network: Network) -> Scheme:
    if options.bearer_key:
        header = f"Bearer {options.bearer_key.removeprefix('Bearer ')}"
        return FixedScheme(Credentials(headers={"Authorization": header}))
    if options.access_token:
        return FixedScheme(Credentials(query={"access_token": options.access_token}))
    if options.iam_access_key and options.iam_secret_key:
        return IamScheme(options.iam_access_key, options.iam_secret_key)
    request = HttpRequest("POST", options.endpoint.rstrip("/") + TOKEN_PATH, _FORM)
    keys = Credentials(
        form={
            "grant_type": "client_credentials",
            "client_id": options.api_key or "",
            "client_secret": options.secret_key or "",
        }
    )
    return TokenScheme(TokenStore(lambda: token(network.send(request, keys))))


def refuses_token(response: HttpResponse) -> bool:
    """Tell whether a reply says that the token is invalid or expired."""
    # the common reply is searched for the word only, not parsed a second time
    return b'"error_code"' in response.body and fault_code(_object(response)) in TOKEN_CODES


def token(response: HttpResponse) -> Token:
    """Return the token in a reply of the token endpoint.

    Raises:
        AuthError: the keys are refused; says which variable to check.
        InvalidResponseError: the reply is no token reply.
        BackendError: the HTTP status says why there is none.
    """
    found = _token_in(response)
    if found is not None:
        return found
    # no local variable holds the reply here: it may have a token, and some tracebacks show locals
    raise (
        _refusal_in(response)
        or error_of_status(response, "Baidu's token endpoint")
        or InvalidResponseError("Baidu's token endpoint gave a reply without a token.")
    )


def _token_in(response: HttpResponse) -> Token | None:
    reply = _object(response)
    value, lifetime = reply.get("access_token"), reply.get("expires_in")
    if response.status == 200 and isinstance(value, str) and value and _is_seconds(lifetime):
        return Token(value, float(lifetime))  # type: ignore[arg-type]  # _is_seconds says so
    return None


def _refusal_in(response: HttpResponse) -> AuthError | None:
    reply = _object(response)
    if "error" not in reply:
        return None
    detail = str(reply.get("error_description", reply["error"]))
    variable = "BAIDU_API_KEY" if "unknown client" in detail else "BAIDU_SECRET_KEY"
    return AuthError(f"Baidu refuses the keys: {detail[:200]}. Check {variable}.", code=401)


def _is_seconds(value: object) -> bool:
    return type(value) in (int, float) and value > 0  # type: ignore[operator]  # a number by then


def _object(response: HttpResponse) -> dict[str, Any]:
    try:
        reply = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return reply if isinstance(reply, dict) else {}
