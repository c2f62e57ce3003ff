"""The ways to authorise requests to Baidu, and its token endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.cloud.authorisation import AuthorisedTransport, FixedScheme, Scheme
from posehub.cloud.network import Credentials, Network
from posehub.cloud.status import error_of_status
from posehub.cloud.token import Token, TokenStore
from posehub.errors import AuthError, BackendError, InvalidResponseError, TransientError
from posehub_baidu.faults import TOKEN_CODES, fault_code
from posehub_baidu.iam import authorization, timestamp
from posehub_baidu.options import BaiduOptions

TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105  # a path, not a password
_REFUSALS = ("invalid_client", "unauthorized_client", "access_denied", "invalid_grant")
_PASSING = ("server_error", "temporarily_unavailable")
_UNKNOWN_LIFETIME = 3600.0
_LONGEST_LIFETIME = 2592000.0
"""Seconds that a token of unknown lifetime is used, and any token at most: Baidu's own are valid
for 30 days. One that the service refuses is replaced before."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@frozen
class TokenScheme:
    """OAuth 2 client credentials: a token in the URL.

    Attributes:
        store: holds the token.
    """

    store: TokenStore

    def credentials(self, request: HttpRequest) -> Credentials:
        """Return the token; it is fetched if there is no valid one."""
        return Credentials(query={"access_token": self.store.get()})

    def renew(self, refused: Credentials) -> bool:
        """Fetch a new token, unless another thread already has; return True."""
        self.store.replace(refused.query["access_token"])
        return True


@frozen
class IamScheme:
    """The signature of a cloud account, in the headers of each request.

    Attributes:
        access_key: key of the cloud account.
        secret_key: key of the cloud account.
        now: returns the current time in the form of the signature.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    now: Callable[[], str] = timestamp

    def credentials(self, request: HttpRequest) -> Credentials:
        """Sign the request's method, path, host and time."""
        parts = urlsplit(request.url)
        now = self.now()
        # the signed host is sent too: the HTTP library may write it differently
        headers = {"host": parts.netloc, "x-bce-date": now}
        signature = authorization(
            self.access_key, self.secret_key, request.method, parts.path, headers, now
        )
        secrets = (self.access_key, signature, signature.rpartition("/")[2])
        return Credentials(headers={**headers, "Authorization": signature}, secrets=secrets)

    def renew(self, refused: Credentials) -> bool:
        """Return False: each request already has a new signature."""
        return False


def open_transport(options: BaiduOptions) -> Transport:
    """Return the live transport, with the one set of credentials in `options`."""
    network = Network(timeout=options.timeout)
    return AuthorisedTransport(network, _scheme(options, network), refuses_token)


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
        },
        secrets=(options.api_key or "", options.secret_key or ""),
    )
    return TokenScheme(TokenStore(lambda: token(network.send(request, keys))))


def refuses_token(response: HttpResponse) -> bool:
    """Return whether a response has the error code of an invalid or expired token."""
    # a response without an error is only searched for the word, not parsed a second time
    return b'"error_code"' in response.body and fault_code(_object(response)) in TOKEN_CODES


def token(response: HttpResponse) -> Token:
    """Return the token in a response of the token endpoint.

    Raises:
        AuthError: the keys are refused; the message names the variable to check.
        TransientError: the endpoint fails for now.
        InvalidResponseError: the response has no token and no error.
        BackendError: the HTTP status or the response is another error.
    """
    found = _token_in(response)
    if found is not None:
        return found
    # no local variable holds the parsed body: it may have a token, and tracebacks may show locals
    raise (
        _refusal_in(response)
        or _failure_of(response)
        or InvalidResponseError("The response of Baidu's token endpoint has no token.")
    )


def _token_in(response: HttpResponse) -> Token | None:
    data = _object(response)
    value = data.get("access_token")
    if response.status == 200 and isinstance(value, str) and value:
        return Token(value, _lifetime(data.get("expires_in")))
    return None


def _refusal_in(response: HttpResponse) -> BackendError | None:
    """Return the error that the endpoint states in the words of OAuth 2 (RFC 6749, 5.2)."""
    data = _object(response)
    error = data.get("error")
    if not isinstance(error, str):
        return None
    detail = f"{data.get('error_description') or error}"[:200]
    if error in _REFUSALS:
        variable = "BAIDU_API_KEY" if "unknown client" in detail else "BAIDU_SECRET_KEY"
        return AuthError(f"Baidu refuses the keys: {detail}. Check {variable}.", code=401)
    message = f"Baidu's token endpoint responded with the error {error[:40]!r}: {detail}."
    if error in _PASSING or response.status == 429 or response.status >= 500:
        return TransientError(f"{message} Try again later.", code=error[:40])
    return BackendError(message, code=error[:40])


def _failure_of(response: HttpResponse) -> BackendError | None:
    if response.status in (401, 403):
        # without an error of OAuth 2 it says nothing about the keys
        return BackendError(
            f"Baidu's token endpoint responded with HTTP {response.status} and without an error of "
            "its own. It may come from a proxy, gateway or login page of the network.",
            code=response.status,
        )
    return error_of_status(response, "Baidu's token endpoint")


def _lifetime(seconds: object) -> float:
    """Return the seconds of `expires_in`, which may be a text.

    A token whose lifetime is missing or makes no sense may be valid all the same.
    """
    try:
        lifetime = 0.0 if isinstance(seconds, bool) else float(seconds)  # type: ignore[arg-type]  # caught
    except OverflowError:
        return _LONGEST_LIFETIME if isinstance(seconds, int) and seconds > 0 else _UNKNOWN_LIFETIME
    except (TypeError, ValueError):
        return _UNKNOWN_LIFETIME
    return min(lifetime, _LONGEST_LIFETIME) if lifetime > 0 else _UNKNOWN_LIFETIME


def _object(response: HttpResponse) -> dict[str, Any]:
    try:
        data = json.loads(response.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
