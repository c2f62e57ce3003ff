"""HTTP with one connection pool for all threads, verified TLS, and no secrets in messages."""

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

_CONNECTIONS = 64
"""Connections that are kept open. Further threads work too, on connections that are not kept."""
_MAX_BODY = 16 * 1024 * 1024
"""Longest response body, in bytes. A pose response has some kilobytes; an endless one must not fill
the memory."""
_CHUNK = 64 * 1024


@frozen
class Credentials:
    """The secret parts of one request, separate from it so that no log or message shows them.

    Attributes:
        query: parameters to add to the URL.
        headers: headers to add.
        form: fields to append to the body, urlencoded.
    """

    query: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)


NO_CREDENTIALS = Credentials()


class Network:
    """Sends requests; safe to share between threads.

    Args:
        timeout: seconds to connect, seconds to wait for the next part of a response, and seconds
            for the whole response.
    """

    def __init__(self, *, timeout: float) -> None:
        self._timeout = timeout
        self._session = requests.Session()
        # a ~/.netrc entry for the host would replace the Authorization header
        self._session.auth = _keep_headers
        # no request depends on an earlier one
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: HttpRequest, credentials: Credentials = NO_CREDENTIALS) -> HttpResponse:
        """Return the response to `request`, whatever its status.

        Raises:
            BackendTimeoutError: the response is not complete in time.
            TransientError: there is no connection, or it broke.
            InvalidResponseError: the response is too long.
            BackendError: the server's certificate is not valid, or the URL is not.
        """
        # The errors of requests hold the URL with its token. They are replaced here, and the new
        # error is raised outside the `except` block, so that no traceback refers to them.
        host = request.url
        try:
            refuse_if_blocked(request.url)
            host = urlsplit(request.url).netloc
            return self._exchange(request, credentials)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            failure: BackendError = BackendTimeoutError(
                f"{host} sent no complete response within {self._timeout:g} s. "
                "Raise the option timeout if the network is slow."
            )
        except requests.exceptions.SSLError:
            failure = BackendError(
                f"The TLS certificate of {host} is not valid. If your own proxy inspects the "
                "traffic, set REQUESTS_CA_BUNDLE to its certificate file."
            )
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            failure = TransientError(f"The connection to {host} failed ({type(error).__name__}).")
        except (OSError, ValueError) as error:
            # the remaining errors of requests are OSErrors, raised before there is a connection
            failure = BackendError(
                f"The request to {host} cannot be sent ({type(error).__name__}). Check the "
                "endpoint and the credentials for stray characters, and REQUESTS_CA_BUNDLE if it "
                "is set."
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
            # a redirect would send the credentials to another host
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(response.raw, deadline)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, headers, body)


def _read(raw: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Return the body, read in parts: the timeout of a single part would not limit the whole."""
    # an attribute and not an argument, because the responses that vcrpy plays have no such argument
    raw.decode_content = True
    parts: list[bytes] = []
    length = 0
    while part := raw.read1(_CHUNK):
        parts.append(part)
        length += len(part)
        if length > _MAX_BODY:
            raise InvalidResponseError(
                f"The response is longer than {_MAX_BODY >> 20} MiB. No pose response is."
            )
        if time.monotonic() > deadline:
            raise requests.Timeout
    return b"".join(parts)


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _HideQuery(logging.Filter):
    """Removes query strings from urllib3's log records: some services have a token there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(value) for value in record.args)
        return True


def _without_query(value: Any) -> Any:
    return re.sub(r"\?\S*", "?...", value) if isinstance(value, str) else value


for _module in ("connection", "connectionpool"):
    logging.getLogger(f"urllib3.{_module}").addFilter(_HideQuery())
