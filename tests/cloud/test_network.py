"""HTTP against loopback servers, well-behaved and broken ones."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from posehub.backends.transport import HttpRequest
from posehub.cloud.network import Credentials, Network
from posehub.errors import (
    BackendError,
    BackendTimeoutError,
    InvalidResponseError,
    PosehubError,
    TransientError,
)

SECRET = "s3cr3t-value-9a1b"
CREDENTIALS = Credentials(
    query={"access_token": SECRET}, headers={"Authorization": SECRET}, form={"key": SECRET}
)


@pytest.fixture
def network():
    """A network with a short timeout."""
    network = Network(timeout=0.5)
    yield network
    network.close()


@pytest.fixture
def patient():
    """A network with a timeout that no working server reaches."""
    network = Network(timeout=60)
    yield network
    network.close()


def _request(server, **fields):
    return HttpRequest("POST", f"{server.url}/v1/pose", **fields)


def _sending(data, stay=False):
    def respond(connection):
        connection.sendall(data)
        return stay

    return respond


# --- requests and responses ------------------------------------------------------------------


def test_a_request_arrives_with_its_credentials_in_their_places(serve, patient, response):
    server = serve(_sending(response(b"{}")))
    request = _request(server, headers={"X-Own": "1"}, body=b"image=abc&")
    credentials = Credentials(
        query={"access_token": "t/1"}, headers={"Authorization": "Bearer b"}, form={"k": "ä&"}
    )
    patient.send(request, credentials)
    [(head, body)] = server.requests
    assert head.startswith(b"POST /v1/pose?access_token=t%2F1 HTTP/1.1\r\n")
    assert b"\r\nX-Own: 1\r\n" in head
    assert b"\r\nAuthorization: Bearer b\r\n" in head
    assert body == b"image=abc&k=%C3%A4%26"


def test_a_response_comes_back_whole_whatever_its_status(serve, patient, response):
    data = response(b'{"error_code": 18}', "503 Service Unavailable", ["Retry-After: 7"])
    received = patient.send(_request(serve(_sending(data))))
    assert (received.status, received.body) == (503, b'{"error_code": 18}')
    assert received.headers["retry-after"] == "7"


def test_a_compressed_response_is_decompressed(serve, patient, response):
    packed = response(gzip.compress(b"hello" * 1000), headers=["Content-Encoding: gzip"])
    assert patient.send(_request(serve(_sending(packed)))).body == b"hello" * 1000


def test_a_chunked_response_is_joined(serve, patient):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server = serve(_sending(head + b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"))
    assert patient.send(_request(server)).body == b"hello!"


def test_a_response_without_a_length_ends_with_the_connection(serve, patient):
    server = serve(_sending(b"HTTP/1.1 200 OK\r\n\r\nhello"))
    assert patient.send(_request(server)).body == b"hello"


def test_a_connection_is_reused(serve, patient, response):
    server = serve(_sending(response(b"{}"), stay=True))
    for _ in range(5):
        patient.send(_request(server))
    assert (len(server.requests), server.connections) == (5, 1)


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints"])
@pytest.mark.parametrize("times", [1, 3])
def test_interim_responses_are_skipped(interim, times, serve, patient, response):
    data = f"HTTP/1.1 {interim}\r\nLink: x\r\n\r\n".encode() * times
    server = serve(_sending(data + response(b"{}"), stay=True))
    for _ in range(2):
        received = patient.send(_request(server))
        assert (received.status, received.body) == (200, b"{}")
    assert server.connections == 1


def test_threads_share_the_connections(serve, patient, response):
    server = serve(_sending(response(b"{}"), stay=True))
    with ThreadPoolExecutor(4) as executor:
        received = list(executor.map(lambda _: patient.send(_request(server)), range(40)))
    assert {one.body for one in received} == {b"{}"}
    assert len(server.requests) == 40
    assert server.connections <= 4


def test_a_redirect_is_not_followed(serve, patient, response):
    other = serve(_sending(response(b"{}")))
    server = serve(_sending(response(status="302 Found", headers=[f"Location: {other.url}"])))
    assert patient.send(_request(server), CREDENTIALS).status == 302
    assert other.requests == []


def test_a_netrc_file_does_not_replace_the_credentials(
    serve, patient, response, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server = serve(_sending(response(b"{}")))
    patient.send(_request(server), Credentials(headers={"Authorization": "Bearer b"}))
    assert b"\r\nAuthorization: Bearer b\r\n" in server.requests[0][0]


def test_cookies_are_not_sent_with_the_next_request(serve, patient, response):
    # without "close", the second request might use the first connection while it closes
    headers = ["Set-Cookie: a=b; Path=/", "Connection: close"]
    server = serve(_sending(response(b"{}", headers=headers)))
    for _ in range(2):
        patient.send(_request(server))
    assert b"cookie" not in server.requests[1][0].lower()


# --- errors ----------------------------------------------------------------------------------


def _send_nothing(connection):
    connection.recv(1)


def _send_half_a_body(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    connection.recv(1)


def _trickle(connection):
    # each byte arrives within the timeout, all of them together take many times as long
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n")
    connection.settimeout(0.05)
    for _ in range(400):
        connection.sendall(b" ")
        try:
            if not connection.recv(1):
                return
        except TimeoutError:
            continue


def _repeat(data):
    """Send `data` again and again, for many times the timeout."""

    def respond(connection):
        connection.settimeout(0.05)
        for _ in range(400):
            connection.sendall(data)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    return respond


def _send_a_slow_header(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Pad: ")
    _repeat(b"y")(connection)


def _send_many_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    _repeat(b"X-Pad: 1\r\n")(connection)


def _trickle_without_length(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _repeat(b" ")(connection)


def _nothing_without_length(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    connection.recv(1)


def _trickle_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    _repeat(b"1\r\na\r\n")(connection)


SLOW = {
    "nothing": _send_nothing,
    "half a body": _send_half_a_body,
    "a body byte by byte": _trickle,
    "a body without length": _trickle_without_length,
    "half a body without length": _nothing_without_length,
    "chunks": _trickle_chunks,
    "a header byte by byte": _send_a_slow_header,
    "header after header": _send_many_headers,
    "continue for ever": _repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "processing for ever": _repeat(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "early hints for ever": _repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("respond", SLOW.values(), ids=SLOW)
def test_a_request_ends_at_its_timeout(respond, tls, serve, network, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = serve(respond, tls=tls)
    start = time.monotonic()
    with pytest.raises(BackendTimeoutError, match=r"127\.0\.0\.1:\d+ sent no .* within 0\.5 s"):
        network.send(_request(server), CREDENTIALS)
    assert time.monotonic() - start < 2  # without the watchdog: 20 s


def test_a_connection_that_was_ended_is_not_used_again(serve, network, response):
    def respond(connection):
        if len(server.requests) == 1:
            return connection.recv(1)
        return connection.sendall(response(b"{}"))

    server = serve(respond)
    with pytest.raises(BackendTimeoutError):
        network.send(_request(server))
    assert network.send(_request(server)).body == b"{}"
    assert server.connections == 2


def test_a_tls_handshake_that_does_not_end_is_a_timeout(serve, network):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BackendTimeoutError, match="within 0\\.5 s"):
            network.send(HttpRequest("POST", url), CREDENTIALS)


def test_the_thread_of_the_watchdog_ends_with_the_network(serve, response):
    network = Network(timeout=60)
    network.send(_request(serve(_sending(response(b"{}")))))
    assert "posehub-watchdog" in {thread.name for thread in threading.enumerate()}
    network.close()
    assert "posehub-watchdog" not in {thread.name for thread in threading.enumerate()}


def test_a_network_can_be_used_after_it_was_closed(serve, network, response):
    # without "close", the second request might use the first connection while it closes
    server = serve(_sending(response(b"{}", headers=["Connection: close"])))
    network.close()
    for _ in range(2):
        assert network.send(_request(server)).body == b"{}"


@pytest.mark.parametrize("respond", [_send_nothing, _send_half_a_body, _trickle])
def test_a_response_that_is_not_complete_in_time_is_a_timeout(respond, serve, network):
    server = serve(respond)
    with pytest.raises(BackendTimeoutError, match=r"127\.0\.0\.1:\d+ sent no .* within 0\.5 s"):
        network.send(_request(server), CREDENTIALS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhel",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x00\xff" * 50,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello",
    ],
)
def test_a_cut_or_garbled_response_is_a_transient_error(data, serve, patient):
    server = serve(_sending(data))
    with pytest.raises(TransientError, match=r"The connection to 127\.0\.0\.1:\d+ failed"):
        patient.send(_request(server), CREDENTIALS)


def test_a_refused_connection_is_a_transient_error(serve, patient, response):
    server = serve(_sending(response()))
    request = _request(server)
    server.close()
    with pytest.raises(TransientError, match="failed"):
        patient.send(request, CREDENTIALS)


def test_a_response_that_is_too_long_is_refused_before_its_end(serve, patient):
    def flood(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(1 << 20))

    with pytest.raises(InvalidResponseError, match="longer than 16 MiB"):
        patient.send(_request(serve(flood)), CREDENTIALS)


def test_a_small_response_that_decompresses_to_a_huge_one_is_refused(serve, patient, response):
    packed = response(gzip.compress(bytes(64 << 20)), headers=["Content-Encoding: gzip"])
    with pytest.raises(InvalidResponseError, match="longer than 16 MiB"):
        patient.send(_request(serve(_sending(packed))), CREDENTIALS)


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "ftp://127.0.0.1/", "http://[::1"])
def test_an_invalid_url_is_an_error_that_is_not_repeated(url, patient):
    with pytest.raises(BackendError, match="cannot be sent") as caught:
        patient.send(HttpRequest("POST", url), CREDENTIALS)
    assert not isinstance(caught.value, TransientError)


def test_a_secret_that_is_not_valid_in_a_header_is_an_error_without_the_secret(serve, patient):
    server = serve(_sending(b""))
    credentials = Credentials(headers={"Authorization": f"{SECRET}\n"})
    with pytest.raises(BackendError, match="cannot be sent") as caught:
        patient.send(_request(server), credentials)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert server.requests == []


def test_an_untrusted_certificate_is_refused_before_anything_is_sent(serve, patient, response):
    server = serve(_sending(response(b"{}")), tls=True)
    with pytest.raises(BackendError, match=r"certificate of 127\.0.*REQUESTS_CA_BUNDLE") as caught:
        patient.send(_request(server), CREDENTIALS)
    assert not isinstance(caught.value, TransientError)
    assert server.requests == []


def test_a_certificate_that_the_user_trusts_is_accepted(
    serve, patient, response, certificate, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = serve(_sending(response(b"{}")), tls=True)
    assert patient.send(_request(server), CREDENTIALS).body == b"{}"


def test_a_missing_certificate_file_is_an_error_that_is_not_repeated(
    patient, tmp_path, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(BackendError, match="REQUESTS_CA_BUNDLE") as caught:
        patient.send(HttpRequest("POST", "https://127.0.0.1:9/"), CREDENTIALS)
    assert not isinstance(caught.value, TransientError)


# --- proxies ---------------------------------------------------------------------------------

PROXY_USER, PROXY_PASSWORD = "proxy-user", "proxy-password-77"


@pytest.fixture
def proxy(serve, response, monkeypatch):
    """A proxy of the environment; it refuses every request."""
    server = serve(_sending(response(status="407 Proxy Authentication Required")))
    url = server.url.replace("//", f"//{PROXY_USER}:{PROXY_PASSWORD}@")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, url)
    return server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "pose.localhost"])
def test_a_loopback_address_is_not_reached_through_a_proxy(host, proxy, serve, patient, response):
    server = serve(_sending(response(b"{}")))
    url = server.url.replace("127.0.0.1", host)
    assert patient.send(HttpRequest("POST", url), CREDENTIALS).body == b"{}"
    assert proxy.requests == []
    assert f"\r\nHost: {url.removeprefix('http://')}\r\n".encode() in server.requests[0][0]


def test_a_refusal_of_the_proxy_names_it_without_its_password(proxy, patient):
    with pytest.raises(BackendError, match=r"proxy 127\.0\.0\.1:\d+ .*407.*HTTPS_PROXY") as caught:
        patient.send(HttpRequest("POST", "https://service.example/"), CREDENTIALS)
    assert not isinstance(caught.value, TransientError)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [one for one in (SECRET, PROXY_USER, PROXY_PASSWORD) if one in shown]


def test_a_proxy_that_does_not_listen_is_named(proxy, patient):
    proxy.close()
    with pytest.raises(TransientError, match=r"at the proxy 127\.0\.0\.1:\d+: .*refused") as caught:
        patient.send(HttpRequest("POST", "https://service.example/"), CREDENTIALS)
    assert PROXY_PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("proxy_url", ["http://", "user:password-77@", "http://[::1", "socks5://x"])
def test_a_proxy_that_is_no_url_is_an_error_without_its_password(proxy_url, patient, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy_url)
    with pytest.raises(BackendError) as caught:
        patient.send(HttpRequest("POST", "https://127.0.0.2.example/"), CREDENTIALS)
    assert "password-77" not in "".join(traceback.format_exception(caught.value))


# --- secrets ---------------------------------------------------------------------------------

RESPONSES = {
    "a timeout": _send_half_a_body,
    "a cut connection": _sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    "no response": _sending(b""),
    "garbage": _sending(b"\x00\xff" * 50),
    "bad headers": _sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nnonsense\r\n\r\n{}"),
    "a redirect": _sending(b"HTTP/1.1 302 Found\r\nLocation: /?x\r\nContent-Length: 0\r\n\r\n"),
    "a good response": _sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
}


def _outcome(network, server):
    try:
        return network.send(_request(server), CREDENTIALS), None
    except PosehubError as error:
        return None, error


@pytest.mark.parametrize("respond", RESPONSES.values(), ids=RESPONSES)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_no_message_traceback_or_debug_log_has_a_secret(respond, tls, serve, network, caplog):
    caplog.set_level(logging.DEBUG)
    received, error = _outcome(network, serve(respond, tls=tls))
    shown = repr(received)
    if error is not None:
        assert error.__cause__ is error.__context__ is None
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown = f"{error!r} {vars(error)} {''.join(trace.format())}"
    assert "127.0.0.1" in caplog.text
    assert SECRET not in shown
    assert SECRET not in caplog.text
    assert not any(SECRET in repr(record.args) for record in caplog.records)


def test_the_repr_of_credentials_and_requests_has_no_secret():
    assert repr(CREDENTIALS) == "Credentials()"
    assert repr(HttpRequest("POST", "http://x", body=b"abc")).count("<3 bytes>") == 1


def test_closing_twice_is_allowed():
    network = Network(timeout=1)
    network.close()
    network.close()
