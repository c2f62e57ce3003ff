"""Cassettes of any form: they play, or are a `PosehubError`, in bounded time."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import posehub
from posehub.errors import PosehubError
from posehub.recording.cassette import read_cassette
from posehub.recording.secrets import find_secrets
from posehub_baidu.testing import person_at

IMAGE = np.zeros((60, 60, 3), np.uint8)
URL = "https://aip.baidubce.com/rest/2.0/image-classify/v1/body_analysis"
BODY = json.dumps(person_at("sha256:0", (60, 60)))

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**300)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.dates()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
encodings = st.sampled_from(["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity", "a, b"])
recorded_bodies = st.sampled_from(
    [BODY, BODY.encode(), gzip.compress(BODY.encode()), zlib.compress(BODY.encode()), "", b"\xff"]
)


@st.composite
def entries(draw):
    """Draw an interaction, most parts of it valid."""
    entry = {
        "request": {"method": "POST", "uri": URL, "headers": {}, "body": "image=sha256:0"},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-encoding": [draw(encodings)]},
            "body": {"string": draw(recorded_bodies)},
        },
    }
    for _ in range(draw(st.integers(0, 2))):
        part = entry[draw(st.sampled_from(["request", "response"]))]
        part[draw(st.sampled_from([*part, "other"]))] = draw(values)
    return entry


pieces = st.sampled_from(
    [
        *("interactions:\n", "- ", "request:", "response: ", "{", "}", "[", "]", ": ", "\n", "  "),
        *("&a ", "*a", "<<: ", "!!int ", "!!binary ", "!!timestamp ", "!!set ", "!!omap ", "!x "),
        *("0x", "1:1", ".inf", "~", '"', "'", "|\n", ">\n", "%YAML 1.1\n", "---\n", "...\n", "#"),
        *("\\ud800", "\\0", "\t", "é", "2026-01-01", "uri: u\n", "body: {}"),
    ]
)
texts = st.one_of(
    st.lists(entries(), max_size=3).map(lambda all: yaml.safe_dump({"interactions": all})),
    values.map(lambda value: yaml.safe_dump({"interactions": value})),
    st.lists(pieces, max_size=30).map("".join),
    st.builds(lambda piece, count: piece * count, pieces, st.integers(1, 20_000)),
)


def failure(use):
    try:
        use()
    except PosehubError as error:
        return str(error)
    return ""


def check(path):
    """Read, play and search a cassette; only errors of posehub are allowed."""
    start = time.process_time()
    for use in (
        lambda: read_cassette(path),
        lambda: posehub.open_backend("replay", cassette=path, match="sequence").detect(IMAGE),
        lambda: find_secrets(path.read_text(errors="replace")),
    ):
        assert "fault of the plugin" not in failure(use)
    assert time.process_time() - start < 5


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "cassette.yaml"


@given(text=texts)
def test_any_cassette_plays_or_is_refused(path, text):
    path.write_bytes(text.encode(errors="surrogatepass"))
    check(path)


@given(data=st.data())
def test_a_damaged_cassette_plays_or_is_refused(path, data):
    text = yaml.safe_dump({"interactions": [data.draw(entries())], "version": 1}).encode()
    at = data.draw(st.integers(0, len(text)))
    drop = data.draw(st.integers(0, 20))
    path.write_bytes(text[:at] + data.draw(st.binary(max_size=8)) + text[at + drop :])
    check(path)
