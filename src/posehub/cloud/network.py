"""Real HTTP: one connection pool for all threads, TLS always verified, no secret in any message."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from attrs import field, frozen
from requests.adapters import HTTPAdapter

from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.cloud.blocking import refuse_if_blocked
from posehub.errors import BackendError, BackendTimeoutError, InvalidResponseError, TransientError

_CONNECTIONS = (
    64  # kept open at most; more threads than that still work, on connections of their own
)
_MAX_REPLY = (
    16 * 1024 * 1024
)  # bytes; a pose reply has some kilobytes, a runaway one must not fill memory
_CHUNK = 64 * 1024


@frozen
class Credentials:
    """The secret parts of one request, kept apart so that nothing shows them by accident.

    Attributes:
        query: goes into the URL.
        headers: goes into the headers.
        form: goes into the body, urlencoded.
    """

    query: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)


NO_CREDENTIALS = Credentials()


class Network:
    """Sends requests; safe to share between threads.

    Args:
        timeout: seconds to connect, to wait for the next piece of a reply, and for all of it.
    """

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._session = requests.Session()
        # a ~/.netrc entry for the host would replace the Authorization header
        self._session.auth = _keep_headers
        # no call depends on another
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: HttpRequest, credentials: Credentials = NO_CREDENTIALS) -> HttpResponse:
        """Return the response to `request`, whatever its status.

        Raises:
            BackendTimeoutError: it is not complete in time.
            TransientError: no connection, or it was cut.
            InvalidResponseError: the reply is far too long.
            BackendError: the server's certificate does not verify, or the URL is no URL.
        """
        # The library's errors hold the URL with its token. They are translated here and the
        # translation is raised outside the `except` block, so that no traceback links to them.
        host = request.url
        try:
            refuse_if_blocked(request.url)
            host = urlsplit(request.url).netloc
            return self._exchange(request, credentials)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            failure: BackendError = BackendTimeoutError(
                f"{host} gave no complete answer within {self._timeout:g} s. "
                "Raise the option timeout if the network is slow."
            )
        except requests.exceptions.SSLError:
            failure = BackendError(
                f"The TLS certificate of {host} does not verify. If a proxy of your own inspects "
                "the traffic, name its certificate file in REQUESTS_CA_BUNDLE."
            )
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            failure = TransientError(f"The connection to {host} failed ({type(error).__name__}).")
        except (OSError, ValueError) as error:
            # what is left is of requests itself, before a connection: all its errors are OSErrors
            failure = BackendError(
                f"The call to {host} cannot be made ({type(error).__name__}). Check the endpoint "
                "and the credentials for stray characters, and REQUESTS_CA_BUNDLE if it is set."
            )
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _exchange(self, request: HttpRequest, credentials: Credentials) -> HttpResponse:
        deadline = time.monotonic() + self._timeout
        with self._session.request(
            request.method,
            request.url,
            params=credentials.query,
            data=request.body + urlencode(credentials.form).encode(),
            headers={**request.headers, **credentials.headers},
            timeout=self._timeout,
            # a redirect would carry the credentials elsewhere
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(response.raw, deadline)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, headers, body)


def _read(raw: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Read piece by piece as they come, because a timeout for each would let a trickle go on."""
    # an attribute, not an argument, which the responses that vcrpy plays do not take
    raw.decode_content = True
    pieces: list[bytes] = []
    length = 0
    while piece := raw.read1(_CHUNK):
        pieces.append(piece)
        length += len(piece)
        if length > _MAX_REPLY:
            raise InvalidResponseError(
                f"The reply is longer than {_MAX_REPLY >> 20} MiB, far more than any pose reply."
            )
        if time.monotonic() > deadline:
            raise requests.Timeout
    return b"".join(pieces)


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _HideQuery(logging.Filter):
    """Takes query strings out of urllib3's records: the token of some services is in there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
        return True


def _without_query(value: Any) -> Any:
    return re.sub(r"\?\S*", "?...", value) if isinstance(value, str) else value


for _module in ("connection", "connectionpool"):
    logging.getLogger(f"urllib3.{_module}").addFilter(_HideQuery())
