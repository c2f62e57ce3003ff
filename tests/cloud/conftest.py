"""Time that a test controls, and a loopback server that sends exactly the bytes a test gives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from posehub.cloud.clock import Clock

CERTIFICATE = Path(__file__).parent / "tls" / "self-signed.pem"


class Time:
    """Time that passes only in waits, and by `pass_by`.

    Attributes:
        clock: the clock to inject.
        now: its time.
        waits: the seconds of each wait.
    """

    def __init__(self):
        self.now = 1000.0
        self.waits = []
        self.clock = Clock(now=lambda: self.now, wait=self._wait)

    def pass_by(self, seconds):
        self.now += seconds

    def _wait(self, seconds):
        assert seconds > 0
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time():
    return Time()


class Server:
    """Calls `respond(connection)` each time it has read a whole request.

    Attributes:
        requests: (head, body) of every request, as bytes.
        connections: number of accepted connections.
    """

    def __init__(self, respond, tls=False):
        self.respond = respond
        self.requests = []
        self.connections = 0
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(CERTIFICATE)
        self.closing = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self._accept)]
        self.open = []
        self.threads[0].start()

    @property
    def url(self):
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self.socket.getsockname()[1]}"

    def close(self):
        self.closing.set()
        # ends the wait of the thread that accepts connections
        with contextlib.suppress(OSError):
            socket.create_connection(self.socket.getsockname()).close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(30)
        self.socket.close()

    def _accept(self):
        while True:
            connection, _ = self.socket.accept()
            if self.closing.is_set():
                connection.close()
                return
            self.connections += 1
            self.open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as file:
                while head := self._read(file):
                    self.requests.append(head)
                    if not self.respond(connection):
                        return

    def _read(self, file):
        head = b""
        while line := file.readline():
            head += line
            if line == b"\r\n":
                break
        if not head:
            return None
        lengths = [x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")]
        return head, file.read(int(lengths[0].split(b":")[1])) if lengths else b""


@pytest.fixture
def serve():
    """A factory of servers, closed afterwards.

    `respond(connection)` responds to one request; if it returns true, the connection stays open.
    """
    servers = []

    def start(respond, **options):
        servers.append(Server(respond, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def _response(body=b"", status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture
def response():
    """A factory of whole HTTP responses as bytes."""
    return _response


@pytest.fixture
def certificate():
    """The self-signed certificate of the TLS servers."""
    return CERTIFICATE
