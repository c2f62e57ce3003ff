"""Recorded bodies: compressed in every usual way, or decompressed with the header kept."""

from __future__ import annotations

import gzip
import sys
import zlib

import pytest

from posehub.backends.transport import MAX_BODY
from posehub.errors import CassetteError, MissingDependencyError
from posehub.recording.encodings import decompressed

TEXT = b'{"person_num": 0, "person_info": [], "log_id": 1}'


def _raw_deflate(data):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


COMPRESSED = {
    "gzip": gzip.compress(TEXT),
    "GZIP": gzip.compress(TEXT),
    " gzip ": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:10]) + gzip.compress(TEXT[10:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": _raw_deflate(TEXT),
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
    "gzip, identity": gzip.compress(TEXT),
}


@pytest.mark.parametrize(("encoding", "body"), COMPRESSED.items(), ids=COMPRESSED)
def test_a_compressed_body_is_decompressed(encoding, body):
    assert decompressed(body, encoding) == TEXT


@pytest.mark.parametrize(
    "encoding", ["", "identity", "gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br", "unknown"]
)
@pytest.mark.parametrize("body", [TEXT, b"", b"<html>", b"OK", "图".encode()])
def test_a_body_that_is_decompressed_already_stays(encoding, body):
    assert decompressed(body, encoding) == body


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)[:-10]),
        ("gzip", b"\x1f\x8b" + bytes(50)),
        ("gzip", gzip.compress(TEXT)[:-4] + b"\xff" * 4),
        ("deflate", zlib.compress(TEXT)[:-5]),
    ],
    ids=["cut gzip", "zeros", "wrong checksum", "cut deflate"],
)
def test_a_cut_or_damaged_body_is_an_error(encoding, body):
    with pytest.raises(CassetteError):
        decompressed(body, encoding)


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_body_that_grows_without_bound_is_an_error(encoding, compress):
    with pytest.raises(CassetteError, match="16 MiB"):
        decompressed(compress(bytes(4 * MAX_BODY)), encoding)


def test_deflate_without_a_header_is_bounded_too():
    assert len(decompressed(_raw_deflate(bytes(4 * MAX_BODY)), "deflate")) <= MAX_BODY


@pytest.mark.parametrize(
    ("encoding", "body", "package"),
    [("br", b"\x0b\x02\x80\xff\x03", "brotli"), ("zstd", b"\x28\xb5\x2f\xfd\x00", "zstandard")],
)
def test_a_missing_package_is_named(encoding, body, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=f"pip install {package}"):
        decompressed(body, encoding)
