"""Damaged files of every format: a PosehubError or records, in bounded time and memory."""

from __future__ import annotations

import json
import time
import tracemalloc

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import posehub
from posehub.errors import PosehubError
from posehub.formats.notes import Notes
from posehub.testing import random_people

SECONDS = 5  # of processor time for a file of a few kB
BYTES = 64 << 20

FORMATS = ["jsonl", "coco", "coco-results", "openpose", "pose", "parquet", "arrow", "baidu"]
SKELETONS = {"openpose": "openpose_body25", "baidu": "baidu21"}
BITS = [
    *(
        b"null",
        b"-1",
        b"1e999",
        b"[]",
        b"{}",
        b'"x"',
        b"true",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\\",
        b'"',
    ),
    *(b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"0" * 40, b"\0" * 9, b"\xff\xff\xff\xff"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the content of a good file of each format, and the name of the file."""
    folder = tmp_path_factory.mktemp("whole")
    files = {}
    for format in FORMATS:
        skeleton = posehub.get_skeleton(SKELETONS.get(format, "coco17"))
        people = attrs.evolve(random_people(2, seed=0, skeleton=skeleton), ids=[1, 2])
        records = [posehub.Record("a.jpg", people, 1)]
        path = folder / (f"{format}.json" if format in ("openpose", "baidu") else format)
        posehub.write(records, path, format)
        files[format] = path.read_bytes()
    return files


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_within_bounds(format, data, whole, tmp_path):
    content = bytearray(whole[format])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 12))
        content[place : place + length] = data.draw(st.sampled_from(BITS) | st.binary(max_size=8))
    cut = data.draw(st.none() | st.integers(0, len(content)))
    check(bytes(content[:cut]), format, tmp_path)


TEXTS = st.text(max_size=5)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.just([1, 2, 2] * 17),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("format", ["jsonl", "coco", "coco-results", "openpose", "baidu"])
@given(data=st.data())
def test_any_value_in_any_place_is_refused_or_read(format, data, whole, tmp_path):
    content = json.loads(whole[format])
    for _ in range(data.draw(st.integers(1, 3))):
        content = replaced(content, data)
    check(json.dumps(content).encode(), format, tmp_path)


def replaced(value, data):
    """Return a value in which one part, at any depth, is another value."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(VALUES)
    keys = sorted(value) if isinstance(value, dict) else list(range(min(len(value), 4)))
    key = data.draw(st.sampled_from(keys))
    copy = value.copy()
    copy[key] = replaced(value[key], data)
    return copy


def check(content, format, folder):
    path = folder / "damaged"
    path.write_bytes(content)
    skeleton = "coco17" if format == "coco-results" else None
    start = time.process_time()
    tracemalloc.start()
    try:
        for strict in (False, True):
            try:
                for record in posehub.read(
                    path, format, skeleton=skeleton, notes=Notes(strict=strict)
                ):
                    assert isinstance(record, posehub.Record)
            except PosehubError as error:
                assert str(path) in str(error)  # noqa: PT017  # only some files are refused
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < SECONDS
    assert most < BYTES
