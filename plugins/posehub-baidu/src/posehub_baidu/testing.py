"""A stub of Baidu's service on a loopback address: real HTTP, with behaviour set by the test.

    with BaiduStub(qps=2) as stub:
        with posehub.open_backend("baidu", endpoint=stub.url, **stub.keys) as backend:
            backend.detect("photo.jpg")

It follows the vendor's published pages; it was not compared with the live service.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from attrs import field, frozen
from PIL import Image as PILImage

from posehub.poses.skeletons import BAIDU21
from posehub_baidu.auth import TOKEN_PATH
from posehub_baidu.fit import FORMATS, MAX_ENCODED, MAX_SIDE, MIN_SIDE
from posehub_baidu.request import PATH, encoded_length

API_KEY = "stub-api-key-7f3a9c"
SECRET_KEY = "stub-secret-key-b81e44d0"  # noqa: S105  # only valid for this stub
BEARER_KEY = "bce-v3/ALTAK-stub5d21/0c9fe77a31"
IAM_ACCESS_KEY = "stub-iam-access-key-2e6b"
IAM_SECRET_KEY = "stub-iam-secret-key-94d7"  # noqa: S105  # only valid for this stub


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


@frozen
class Call:
    """One detection request that the stub received.

    Attributes:
        time: time of arrival, from `time.monotonic`.
        digest: "sha256:<hex>" of the uploaded image; "" if the stub does not inspect images.
        size: (width, height) of the uploaded image, or None.
        headers: headers of the request.
        query: query of the URL.
        succeeded: whether the response was a good one.
    """

    time: float
    digest: str
    size: tuple[int, int] | None
    headers: dict[str, str] = field(repr=False)
    query: dict[str, list[str]] = field(repr=False)
    succeeded: bool


class BaiduStub:
    """A server with Baidu's token endpoint and body_analysis.

    Args:
        latency: seconds that each good response takes.
        qps: requests allowed in any second; further ones get error 18.
        daily: requests allowed in total; further ones get error 17.
        token_lifetime: seconds until a token expires.
        fault: returns the fault of the n-th detection request, from 0, or None.
        respond: returns the response to an image's digest and size, in place of `person_at`.
        inspect: whether to decode and check every image; without it, the stub is fast and accepts
            everything.
        tls: context of a server certificate; None for plain HTTP.

    Attributes:
        calls: the detection requests so far.
        tokens: token -> time at which it expires, from `time.monotonic`.
    """

    keys = {"api_key": API_KEY, "secret_key": SECRET_KEY}  # noqa: RUF012  # read only

    def __init__(
        self,
        *,
        latency: float = 0.0,
        qps: int | None = None,
        daily: int | None = None,
        token_lifetime: float = 2592000,
        fault: Callable[[int], Fault | None] = lambda number: None,
        respond: Callable[[str, tuple[int, int]], dict[str, Any]] | None = None,
        inspect: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.latency = latency
        self.qps = qps
        self.daily = daily
        self.token_lifetime = token_lifetime
        self.fault = fault
        self.respond = respond or person_at
        self.inspect = inspect
        self.calls: list[Call] = []
        self.tokens: dict[str, float] = {}
        self.revoked: set[str] = set()
        self._recent: deque[float] = deque()
        self._number = 0
        self._lock = threading.Lock()
        self._scheme = "http"
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """The endpoint for the backend."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def revoke_tokens(self) -> None:
        """Make all issued tokens invalid."""
        with self._lock:
            self.revoked.update(self.tokens)

    def token_response(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Return status and body of the response to a token request."""
        if form.get("client_id") != [API_KEY]:
            return 401, {"error": "invalid_client", "error_description": "unknown client id"}
        if form.get("client_secret") != [SECRET_KEY]:
            description = "Client authentication failed"
            return 401, {"error": "invalid_client", "error_description": description}
        with self._lock:
            value = f"24.stub-token-{len(self.tokens)}-c41fd0a7"
            self.tokens[value] = time.monotonic() + self.token_lifetime
        return 200, {
            "access_token": value,
            "expires_in": self.token_lifetime,
            "refresh_token": "25.stub-refresh",
            "scope": "public brain_all_scope",
            "session_key": "stub-session",
            "session_secret": "stub-session-secret",
        }

    def detection_response(
        self, form: bytes, query: dict[str, list[str]], headers: dict[str, str]
    ) -> tuple[Fault | None, dict[str, Any]]:
        """Return the fault of the response to a detection request, if any, and its body."""
        arrival = time.monotonic()
        digest, size, refusal = self._inspected(form) if self.inspect else ("", (640, 480), None)
        with self._lock:
            number, self._number = self._number, self._number + 1
            code = self._auth_code(query, headers) or self._limit_code(arrival) or refusal
            fault = self.fault(number) if code is None else None
            if fault is not None and fault.code is not None:
                code = fault.code
            bad = fault is not None and (fault.status != 200 or fault.cut or fault.body)
            good = code is None and not bad
            self.calls.append(Call(arrival, digest, size, headers, query, good))
        if code is not None:
            return fault, {"error_code": code, "error_msg": f"stub {code}", "log_id": number}
        time.sleep(self.latency)
        assert size is not None
        return fault, {**self.respond(digest, size), "log_id": 2**60 + number}

    def _auth_code(self, query: dict[str, list[str]], headers: dict[str, str]) -> int | None:
        authorization = headers.get("authorization", "")
        if authorization.startswith("bce-auth-v1/"):
            return None if authorization.split("/")[1] == IAM_ACCESS_KEY else 14
        if authorization:
            return None if authorization == f"Bearer {BEARER_KEY}" else 110
        token = query.get("access_token", [""])[0]
        if not token:
            return 100
        if token not in self.tokens or token in self.revoked:
            return 110
        return 111 if time.monotonic() > self.tokens[token] else None

    def _limit_code(self, arrival: float) -> int | None:
        if self.daily is not None and sum(call.succeeded for call in self.calls) >= self.daily:
            return 17
        if self.qps is not None:
            while self._recent and self._recent[0] <= arrival - 1.0:
                self._recent.popleft()
            if len(self._recent) >= self.qps:
                return 18
            self._recent.append(arrival)
        return None

    def _inspected(self, form: bytes) -> tuple[str, tuple[int, int] | None, int | None]:
        try:
            file = base64.b64decode(parse_qs(form.decode())["image"][0], validate=True)
        except (KeyError, ValueError):
            return "", None, 216101
        digest = "sha256:" + hashlib.sha256(file).hexdigest()
        if encoded_length(form) > MAX_ENCODED:
            return digest, None, 216202
        try:
            opened = PILImage.open(io.BytesIO(file))
        except OSError:
            return digest, None, 216201
        if opened.format not in (*FORMATS, "MPO"):
            return digest, opened.size, 216201
        fits = max(opened.size) <= MAX_SIDE and min(opened.size) >= MIN_SIDE
        return digest, opened.size, None if fits else 216202


def person_at(digest: str, size: tuple[int, int]) -> dict[str, Any]:
    """Return a response with one person that identifies the image.

    All keypoints are in the middle of the image; their score is made from the image's digest.
    """
    width, height = size
    score = digest_score(digest)
    point = {"x": width * 0.5, "y": height * 0.5, "score": score}
    return {
        "person_num": 1,
        "person_info": [
            {
                "body_parts": {name: dict(point) for name in BAIDU21.keypoints},
                "location": {
                    "left": width * 0.25,
                    "top": height * 0.25,
                    "width": width * 0.5,
                    "height": height * 0.5,
                    "score": 0.9,
                },
            }
        ],
    }


def digest_score(digest: str) -> float:
    """Return the score that `person_at` gives for an image, in [0, 1)."""
    return int(digest.removeprefix("sha256:")[:6] or "0", 16) / 2**24


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: some tests close the connection."""


def _handler_for(stub: BaiduStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            url = urlsplit(self.path)
            query = parse_qs(url.query)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if url.path == TOKEN_PATH:
                status, data = stub.token_response({**query, **parse_qs(body.decode())})
                self._send(status, json.dumps(data).encode(), Fault())
            elif url.path == PATH:
                fault, data = stub.detection_response(body, query, headers)
                good = json.dumps(data).encode()
                fault = fault or Fault()
                self._send(fault.status, good if fault.body is None else fault.body, fault)
            else:
                self._send(404, b"<html>not found</html>", Fault())

        # the vendor's own SDK requests its token with GET
        do_GET = do_POST  # noqa: N815  # the name is given by http.server

        def _send(self, status: int, body: bytes, fault: Fault) -> None:
            time.sleep(fault.delay)
            head = [f"HTTP/1.1 {status} Stub", f"Content-Length: {len(body)}"]
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

    return Handler
