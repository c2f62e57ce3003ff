"""HTTP with one connection pool for all threads, verified TLS, and no secrets in messages."""

from __future__ import annotations

import http.client
import logging
import re
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from attrs import field, frozen
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from posehub.backends.transport import MAX_BODY, HttpRequest, HttpResponse
from posehub.cloud.blocking import is_loopback, refuse_if_blocked
from posehub.cloud.causes import failure_of
from posehub.cloud.secrets import Secrets
from posehub.cloud.watchdog import Watch, Watchdog, note_connection
from posehub.errors import InvalidResponseError

_CONNECTIONS = 64
"""Connections that are kept open. Further threads work too, on connections that are not kept."""
_CHUNK = 64 * 1024
_NO_PROXY: Any = {"http": None, "https": None, "all": None}


@frozen
class Credentials:
    """The secret parts of one request, separate from it so that no log or message shows them.

    Attributes:
        query: parameters to add to the URL.
        headers: headers to add.
        form: fields to append to the body, urlencoded.
        secrets: what of them is secret, or None for every value. A value that is not may be part of
            a response.
    """

    query: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)
    secrets: tuple[str, ...] | None = field(default=None, repr=False)

    def known_secrets(self) -> tuple[str, ...]:
        """Return what must not be in a message or a response."""
        if self.secrets is not None:
            return self.secrets
        return (*self.query.values(), *self.headers.values(), *self.form.values())


NO_CREDENTIALS = Credentials()


class _FinalResponse(http.client.HTTPResponse):
    """A response after any number of interim ones, such as 103 Early Hints.

    The standard library only skips 100. After another one, it would take the final response for
    that to the next request on the connection.
    """

    def begin(self) -> None:
        super().begin()
        while self.status < 200:
            self.headers = None  # type: ignore[assignment]  # so that they are read again
            super().begin()


class _NotingPool(HTTPConnectionPool):
    """A pool whose connections are known to the watchdog and skip interim responses."""

    # The class of the connections stays as it is, because vcrpy replaces it.
    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        connection.response_class = _FinalResponse
        note_connection(connection)
        return connection


class _NotingTlsPool(_NotingPool, HTTPSConnectionPool):
    """The same for connections with TLS."""


class _Adapter(HTTPAdapter):
    """Connections of the pools above, direct ones and those through a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS = {"http": _NotingPool, "https": _NotingTlsPool}


class Network:
    """Sends requests; safe to share between threads.

    Args:
        timeout: seconds that one request may take in all, from the start of the connection to the
            end of the response. Only the look-up of the host's name has limits of its own, those
            of the system.

    Attributes:
        secrets: those that were sent last.
    """

    def __init__(self, *, timeout: float) -> None:
        self.secrets = Secrets()
        self._timeout = timeout
        self._watchdog = Watchdog()
        self._session = requests.Session()
        # a ~/.netrc entry for the host would replace the Authorization header
        self._session.auth = _keep_headers
        # no request depends on an earlier one
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = _Adapter(pool_connections=4, pool_maxsize=_CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: HttpRequest, credentials: Credentials = NO_CREDENTIALS) -> HttpResponse:
        """Return the response to `request`, whatever its status; it may hold `secrets`.

        Raises:
            BackendTimeoutError: the response is not complete in time.
            TransientError: there is no connection, or it broke.
            InvalidResponseError: the response is too long.
            BackendError: the server's certificate is not valid, or the URL is not.
        """
        # The errors of requests hold the URL with its token. They are replaced here, and the new
        # error is raised outside the `except` block, so that no traceback refers to them.
        host = request.url
        self.secrets.add(credentials.known_secrets())
        try:
            refuse_if_blocked(request.url)
            host = urlsplit(request.url).netloc
            with self._watchdog.watching(self._timeout) as watch:
                return self._exchange(request, credentials, watch)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            failure = failure_of(error, host, self._timeout, _proxy_of(request.url))
        raise failure

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        self._watchdog.close()

    def _exchange(
        self, request: HttpRequest, credentials: Credentials, watch: Watch
    ) -> HttpResponse:
        url, headers = _to_loopback(request.url)
        with self._session.request(
            request.method,
            url,
            params=credentials.query,
            data=request.body + urlencode(credentials.form).encode(),
            headers={**headers, **request.headers, **credentials.headers},
            timeout=self._timeout,
            proxies=_NO_PROXY if is_loopback(urlsplit(url).hostname or "") else None,
            # a redirect would send the credentials to another host
            allow_redirects=False,
            stream=True,
        ) as response:
            watch.socket = _socket_of(response.raw)
            body = _read(response.raw)
            received = {name.lower(): value for name, value in response.headers.items()}
            return HttpResponse(response.status_code, received, body)


def _to_loopback(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL whose host is an address, and the header with its name, for *.localhost.

    By RFC 6761 such names are never looked up; the resolvers of many systems do it nevertheless.
    With https the name stays, because the certificate is checked against it.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or not (parts.hostname or "").endswith(".localhost"):
        return url, {}
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"127.0.0.1{port}").geturl(), {"Host": parts.netloc}


def _proxy_of(url: str) -> str | None:
    """Return host and port of the proxy for a URL, without its user name and password."""
    try:
        proxies = requests.utils.get_environ_proxies(url, no_proxy=None)
        proxy = requests.utils.select_proxy(url, proxies)
        return proxy.rpartition("@")[2].rpartition("//")[2].split("/")[0] if proxy else None
    except ValueError:
        return None


def _socket_of(raw: Any) -> Any:
    """Return the socket of a response that ends with its connection, or None.

    The connection no longer has it, and http.client holds it here only.
    """
    for name in ("_fp", "fp", "raw", "_sock"):
        raw = getattr(raw, name, None)
    return raw


def _read(raw: urllib3.BaseHTTPResponse) -> bytes:
    """Return the body, read in parts, so that an endless one does not fill the memory."""
    # an attribute and not an argument, because the responses that vcrpy plays have no such argument
    raw.decode_content = True
    parts: list[bytes] = []
    length = 0
    while part := raw.read1(_CHUNK):
        parts.append(part)
        length += len(part)
        if length > MAX_BODY:
            raise InvalidResponseError(
                f"The response is longer than {MAX_BODY >> 20} MiB. No pose response is."
            )
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
