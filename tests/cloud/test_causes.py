"""Why a request got no response, in words that a user can act on."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest
import requests
import urllib3

from posehub.cloud.causes import failure_of
from posehub.errors import BackendError, BackendTimeoutError, TransientError

URL = "https://service.example/?access_token=s3cr3t-value"


def _refused():
    return ConnectionRefusedError(111, "Connection refused")


def _certificate():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: s3cr3t-value")
    error.verify_message = "certificate has expired"
    return error


def _tls(reason):
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


def _behind(error, kind=requests.ConnectionError):
    """Return an error of requests as it holds the error of a socket."""
    new = urllib3.exceptions.NewConnectionError(None, f"failed: {URL}")
    new.__cause__ = error
    return kind(urllib3.exceptions.MaxRetryError(None, URL, new))


def _through_proxy(error):
    reason = urllib3.exceptions.ProxyError("cannot connect to proxy", error)
    return requests.exceptions.ProxyError(urllib3.exceptions.MaxRetryError(None, URL, reason))


CASES = {
    "dns": (_behind(socket.gaierror(-2, "unknown")), TransientError, "cannot be resolved (DNS)"),
    "refused": (_behind(_refused()), TransientError, "refused"),
    "unreachable": (
        _behind(OSError(101, "Network is unreachable")),
        TransientError,
        "network is unreachable",
    ),
    "reset": (
        urllib3.exceptions.ProtocolError("broken", ConnectionResetError(104, "Reset by peer")),
        TransientError,
        "reset by peer",
    ),
    "closed": (
        requests.ConnectionError(http.client.RemoteDisconnected("closed")),
        TransientError,
        "closed without a response",
    ),
    "cut": (
        urllib3.exceptions.ProtocolError("cut", http.client.IncompleteRead(b"s3cr3t-value")),
        TransientError,
        "before the end",
    ),
    "garbage": (
        requests.ConnectionError(http.client.BadStatusLine("s3cr3t-value")),
        TransientError,
        "not HTTP",
    ),
    "bad gzip": (urllib3.exceptions.DecodeError("bad"), TransientError, "not compressed"),
    "unknown": (requests.exceptions.ChunkedEncodingError(URL), TransientError, "ChunkedEncoding")
    if issubclass(requests.exceptions.ChunkedEncodingError, requests.ConnectionError)
    else (requests.ConnectionError(URL), TransientError, "ConnectionError"),
    "certificate": (
        _behind(_certificate(), requests.exceptions.SSLError),
        BackendError,
        "certificate has expired",
    ),
    "no TLS": (
        _behind(_tls("WRONG_VERSION_NUMBER"), requests.exceptions.SSLError),
        BackendError,
        "WRONG_VERSION_NUMBER",
    ),
    "TLS closed": (
        _behind(ssl.SSLEOFError(8, "eof"), requests.exceptions.SSLError),
        TransientError,
        "closed before",
    ),
    "connecting": (requests.ConnectTimeout(URL), BackendTimeoutError, "no connection to"),
    "reading": (requests.ReadTimeout(URL), BackendTimeoutError, "no complete response"),
    "watchdog": (TimeoutError(), BackendTimeoutError, "no complete response"),
    "URL": (requests.exceptions.InvalidURL(URL), BackendError, "InvalidURL"),
    "proxy refused": (_through_proxy(_refused()), TransientError, "proxy squid:3128: the conn"),
    "proxy name": (
        _through_proxy(socket.gaierror(-2, "unknown")),
        TransientError,
        "proxy squid:3128: the name",
    ),
    "proxy key": (
        _through_proxy(OSError("Tunnel connection failed: 407 s3cr3t-value")),
        BackendError,
        "407. Put its user name",
    ),
    "proxy forbids": (
        _through_proxy(OSError("Tunnel connection failed: 403 Forbidden")),
        BackendError,
        "HTTP 403",
    ),
    "proxy fails": (
        _through_proxy(OSError("Tunnel connection failed: 503 s3cr3t-value")),
        TransientError,
        "HTTP 503",
    ),
}


@pytest.mark.parametrize(("error", "kind", "words"), CASES.values(), ids=CASES)
def test_each_cause_has_its_error_and_words(error, kind, words):
    failure = failure_of(error, "service.example", 5.0, "squid:3128")
    assert type(failure) is kind
    assert words in str(failure)
    assert "service.example" in str(failure)
    assert "s3cr3t" not in str(failure)


def test_errors_that_refer_to_each_other_end():
    first, second = requests.ConnectionError("a"), OSError("b")
    first.__cause__, second.__context__ = second, first
    assert type(failure_of(first, "service.example", 5.0, None)) is TransientError
