"""Responses of any form, over real HTTP: a result or a `PosehubError`, in time, and sent once."""

from __future__ import annotations

import gzip
import json
import re
import socket
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import posehub
from posehub.errors import PosehubError
from posehub.poses.skeletons import BAIDU21
from posehub_baidu.testing import person_at

IMAGE = np.zeros((60, 60, 3), np.uint8)
GOOD = person_at("sha256:0", (60, 60))

names = st.sampled_from(
    [
        *BAIDU21.keypoints,
        *("person_num", "person_info", "body_parts", "location", "log_id", "error_code"),
        *("x", "y", "score", "left", "top", "width", "height", "error_msg"),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**400)
    | st.floats()
    | st.text(max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
changed = st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, values) | {"error_code": values})
nested = st.integers(1, 100_000).map(lambda depth: b'{"person_num": ' + b"[" * depth)
digits = st.integers(1, 20_000).map(lambda count: b'{"log_id": ' + b"7" * count + b"}")
bodies = st.one_of(
    values.map(lambda value: json.dumps(value).encode()),
    changed.map(lambda change: json.dumps({**GOOD, **change}).encode()),
    st.binary(max_size=200),
    st.integers(0, len(json.dumps(GOOD))).map(lambda end: json.dumps(GOOD).encode()[:end]),
    nested,
    digits,
)
statuses = st.sampled_from([200, 200, 200, 100, 103, 204, 301, 400, 401, 403, 404, 429, 500, 503])
headers = st.lists(
    st.sampled_from(
        [
            b"Content-Encoding: gzip",
            b"Content-Encoding: deflate",
            b"Content-Length: 5",
            b"Content-Length: -1",
            b"Content-Length: 99999999999999999999",
            b"Transfer-Encoding: chunked",
            b"Retry-After: 0",
            b"Location: /elsewhere",
            b"Set-Cookie: a=b",
            b"Connection: close",
            b"X: \xff\xfe",
            b"no colon",
            b": no name",
        ]
    ),
    max_size=3,
)


@st.composite
def responses(draw):
    """Draw the bytes of a response, most of them valid HTTP."""
    body = draw(bodies)
    if draw(st.booleans()):
        body = gzip.compress(body)
    lines = draw(headers)
    if not any(line.startswith((b"Content-Length", b"Transfer")) for line in lines):
        lines.append(b"Content-Length: %d" % len(body))
    head = b"\r\n".join([b"HTTP/1.1 %d Any" % draw(statuses), *lines, b"", b""])
    return draw(st.sampled_from([head + body, head + body, body]))


class Service:
    """A service that responds with the given bytes and closes the connection.

    Attributes:
        response: the bytes.
        requests: the requests so far.
    """

    def __init__(self):
        self.response = b""
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while True:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as file:
                head = b"".join(iter(file.readline, b"\r\n")) if file.peek(1) else b""
                if not head:
                    return
                length = re.search(rb"(?i)content-length: (\d+)", head)
                file.read(int(length[1]))
                self.requests += 1
                connection.sendall(self.response)


@pytest.fixture(scope="module")
def service():
    running = Service()
    yield running
    running.close()


def outcome(backend):
    try:
        return backend.detect(IMAGE)
    except PosehubError as error:
        return error


@given(response=responses())
def test_any_response_is_a_result_or_a_posehub_error(service, response):
    service.response = response
    before, start = service.requests, time.process_time()
    with posehub.open_backend(
        "baidu", endpoint=service.url, bearer_key="any-key-0123", max_retries=0, timeout=20
    ) as backend:
        found = outcome(backend)
    if isinstance(found, PosehubError):
        assert "fault of the plugin" not in str(found)
        assert len(str(found)) < 1000
    else:
        assert posehub.PoseResult.from_json(found.to_json()) == found
    assert service.requests == before + 1
    assert time.process_time() - start < 5
