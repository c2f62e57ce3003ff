"""The HTTP server of the stub, on a loopback address; its responses can fail in many ways."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import field, frozen


@frozen
class Fault:
    """How one response differs from a good one.

    Attributes:
        code: respond with this `error_code`.
        status: respond with this HTTP status.
        body: respond with these bytes.
        headers: add these headers.
        delay: seconds to wait before the first byte.
        trickle: seconds to wait between two bytes.
        cut: close the connection after half of the response.
        hang_up: close the connection after the response, without a header that announces it.
    """

    code: int | None = None
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(factory=dict)
    delay: float = 0.0
    trickle: float = 0.0
    cut: bool = False
    hang_up: bool = False


Respond = Callable[[str, dict[str, list[str]], dict[str, str], bytes], tuple[bytes, Fault]]
"""Returns the body and the fault of a response, from the path, query, headers and body of a
request. Names of headers are in lower case."""


class StubServer(ThreadingHTTPServer):
    """A server that calls a function for each response.

    Args:
        respond: returns the response.
        tls: context of a server certificate; None for plain HTTP.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, respond: Respond, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: some tests close the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: StubServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        good, fault = self.server.respond(url.path, parse_qs(url.query), headers, body)
        self._send(good if fault.body is None else fault.body, fault)

    # the vendor's own SDK requests its token with GET
    do_GET = do_POST  # noqa: N815  # the name is given by http.server

    def _send(self, body: bytes, fault: Fault) -> None:
        time.sleep(fault.delay)
        head = [f"HTTP/1.1 {fault.status} Stub", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in fault.headers.items()]
        data = "\r\n".join([*head, "", ""]).encode()
        if fault.cut:
            self.wfile.write(data + body[: len(body) // 2])
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault.trickle:
            self.wfile.write(data)
            for byte in body:
                time.sleep(fault.trickle)
                self.wfile.write(bytes([byte]))
        else:
            self.wfile.write(data + body)
            self.close_connection = fault.hang_up

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
