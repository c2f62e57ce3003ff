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
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs

from attrs import field, frozen
from PIL import Image as PILImage

from posehub.poses.skeletons import BAIDU21
from posehub_baidu.auth import TOKEN_PATH
from posehub_baidu.fit import FORMATS, MAX_ENCODED, MAX_SIDE, MIN_SIDE
from posehub_baidu.request import PATH, encoded_length
from posehub_baidu.stub_server import Fault as Fault
from posehub_baidu.stub_server import StubServer

API_KEY = "stub-api-key-7f3a9c"
SECRET_KEY = "stub-secret-key-b81e44d0"  # noqa: S105  # only valid for this stub
BEARER_KEY = "bce-v3/ALTAK-stub5d21/0c9fe77a31"
IAM_ACCESS_KEY = "stub-iam-access-key-2e6b"
IAM_SECRET_KEY = "stub-iam-secret-key-94d7"  # noqa: S105  # only valid for this stub


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
        self._server = StubServer(self._respond, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """The endpoint for the backend."""
        return self._server.url

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

    def _respond(
        self, path: str, query: dict[str, list[str]], headers: dict[str, str], body: bytes
    ) -> tuple[bytes, Fault]:
        if path == TOKEN_PATH:
            status, data = self.token_response({**query, **parse_qs(body.decode())})
            return json.dumps(data).encode(), Fault(status=status)
        if path == PATH:
            fault, data = self._detection_response(body, query, headers)
            return json.dumps(data).encode(), fault or Fault()
        return b"<html>not found</html>", Fault(status=404)

    def _detection_response(
        self, form: bytes, query: dict[str, list[str]], headers: dict[str, str]
    ) -> tuple[Fault | None, dict[str, Any]]:
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
