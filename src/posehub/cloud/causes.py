"""Why a request got no response: the errors of the HTTP libraries, as posehub's own."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from typing import TypeVar

import requests
import urllib3

from posehub.errors import BackendError, BackendTimeoutError, TransientError

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_TIMEOUTS = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
_BROKEN = (requests.ConnectionError, urllib3.exceptions.HTTPError)
_LONGEST_CHAIN = 20

E = TypeVar("E", bound=BaseException)


def failure_of(error: Exception, host: str, timeout: float, proxy: str | None) -> BackendError:
    """Return the error to raise for an error of requests or urllib3; it has no URL and no secret.

    Args:
        error: the error of the library; it may hold the URL with a token.
        host: host and port of the request.
        timeout: seconds that the request was allowed to take.
        proxy: host and port of the proxy for this request, or None.
    """
    chain = list(_chain(error))
    through_proxy = any(
        isinstance(one, (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError))
        for one in chain
    )
    if proxy is not None and through_proxy:
        return _proxy_failure(chain, host, proxy)
    certificate = _first(chain, ssl.SSLCertVerificationError)
    if certificate is not None:
        return BackendError(
            f"The TLS certificate of {host} is not valid: {certificate.verify_message}. If your "
            "own proxy inspects the traffic, set REQUESTS_CA_BUNDLE to its certificate file."
        )
    if isinstance(error, requests.exceptions.SSLError) and not _first(chain, ssl.SSLEOFError):
        reason = getattr(_first(chain, ssl.SSLError), "reason", None) or "unknown reason"
        return BackendError(
            f"No TLS connection to {host} is possible: {reason}. Check that this port of the "
            "endpoint serves https."
        )
    if isinstance(error, requests.ConnectTimeout):
        return BackendTimeoutError(
            f"There was no connection to {host} within {timeout:g} s. Check the network, or raise "
            "the option timeout."
        )
    if isinstance(error, _TIMEOUTS):
        return BackendTimeoutError(
            f"{host} sent no complete response within {timeout:g} s. "
            "Raise the option timeout if the network is slow."
        )
    if isinstance(error, _BROKEN):
        return TransientError(f"The connection to {host} failed: {_cause(chain)}.")
    # the remaining errors of requests are OSErrors, raised before there is a connection
    return BackendError(
        f"The request to {host} cannot be sent ({type(error).__name__}). Check the endpoint and "
        "the credentials for stray characters, and the variables HTTPS_PROXY, ALL_PROXY and "
        "REQUESTS_CA_BUNDLE if they are set."
    )


def _proxy_failure(chain: list[BaseException], host: str, proxy: str) -> BackendError:
    status = next((found[1] for one in chain if (found := _TUNNEL.search(str(one)))), None)
    if status is None:
        return TransientError(
            f"The connection to {host} failed at the proxy {proxy}: {_cause(chain)}. Check the "
            "variables HTTPS_PROXY and ALL_PROXY."
        )
    message = f"The proxy {proxy} refuses to connect to {host}: it responded with HTTP {status}."
    if status == "407":
        return BackendError(f"{message} Put its user name and password into HTTPS_PROXY.")
    return TransientError(message) if status >= "500" else BackendError(message)


def _cause(chain: list[BaseException]) -> str:
    """Return the innermost known cause in words that have nothing of the request."""
    if _first(chain, socket.gaierror):
        return "the name of the host cannot be resolved (DNS)"
    if _first(chain, ConnectionRefusedError):
        return "the connection is refused; no program listens at this address and port"
    if _first(chain, http.client.RemoteDisconnected):
        return "it was closed without a response"
    if _first(chain, urllib3.exceptions.DecodeError):
        return "the response is not compressed as its header states"
    if _first(chain, (http.client.IncompleteRead, ssl.SSLEOFError)):
        return "it was closed before the end of the response"
    if _first(chain, http.client.HTTPException):
        return "the response is not HTTP"
    # the errors of requests are OSErrors without a number
    reasons = [one.strerror for one in chain if isinstance(one, OSError) and one.errno is not None]
    if reasons:
        return str(reasons[0]).lower()
    return "no connection in time" if _first(chain, _TIMEOUTS) else type(chain[0]).__name__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those behind it: causes, contexts, and errors that it holds."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _LONGEST_CHAIN:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _first(chain: list[BaseException], kinds: type[E] | tuple[type[E], ...]) -> E | None:
    return next((one for one in chain if isinstance(one, kinds)), None)
