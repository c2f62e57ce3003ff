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
from posehub.errors import AuthError, InvalidResponseError
from posehub_baidu.faults import TOKEN_CODES, fault_code
from posehub_baidu.iam import authorization, timestamp
from posehub_baidu.options import BaiduOptions

TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105  # a path, not a password
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
        return Credentials(headers={**headers, "Authorization": signature})

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
        }
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
        InvalidResponseError: the response has no token and no error.
        BackendError: the HTTP status is an error.
    """
    found = _token_in(response)
    if found is not None:
        return found
    # no local variable holds the parsed body: it may have a token, and tracebacks may show locals
    raise (
        _refusal_in(response)
        or error_of_status(response, "Baidu's token endpoint")
        or InvalidResponseError("The response of Baidu's token endpoint has no token.")
    )


def _token_in(response: HttpResponse) -> Token | None:
    data = _object(response)
    value, lifetime = data.get("access_token"), data.get("expires_in")
    if response.status == 200 and isinstance(value, str) and value and _is_seconds(lifetime):
        return Token(value, float(lifetime))  # type: ignore[arg-type]  # checked by _is_seconds
    return None


def _refusal_in(response: HttpResponse) -> AuthError | None:
    data = _object(response)
    if "error" not in data:
        return None
    detail = str(data.get("error_description", data["error"]))
    variable = "BAIDU_API_KEY" if "unknown client" in detail else "BAIDU_SECRET_KEY"
    return AuthError(f"Baidu refuses the keys: {detail[:200]}. Check {variable}.", code=401)


def _is_seconds(value: object) -> bool:
    return type(value) in (int, float) and value > 0  # type: ignore[operator]  # a number here


def _object(response: HttpResponse) -> dict[str, Any]:
    try:
        data = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
