"""Decompressing recorded response bodies, in bounded memory."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from posehub.backends.transport import MAX_BODY
from posehub.errors import CassetteError, MissingDependencyError

_PIECE = 8  # bytes of Brotli at a time; each may stand for megabytes
_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


def decompressed(body: bytes, encoding: str) -> bytes:
    """Return a body without the encodings that its Content-Encoding lists.

    Recorders that decompress a body often keep the header. A body that does not begin like its
    encoding is taken as decompressed.

    Raises:
        CassetteError: the body is cut or damaged, or becomes too long.
        MissingDependencyError: a package for this encoding is not installed.
    """
    for name in reversed(encoding.lower().split(",")):
        decompress = _DECOMPRESS.get(name.strip())
        if decompress is not None:
            body = decompress(body)
    return body


def _gunzip(body: bytes) -> bytes:
    # a file of gzip may have several members
    parts: list[bytes] = []
    while body.startswith(_GZIP):
        part, body = _inflated(body, 16 + zlib.MAX_WBITS, MAX_BODY - sum(map(len, parts)))
        parts.append(part)
    return b"".join(parts) if parts else body


def _inflate(body: bytes) -> bytes:
    # by the standard deflate has a header; many servers leave it out
    with_header = len(body) >= 2 and body[0] & 15 == zlib.DEFLATED
    if with_header and (body[0] * 256 + body[1]) % 31 == 0:
        return _whole(body, zlib.MAX_WBITS)
    if _is_text(body):
        return body
    try:
        return _whole(body, -zlib.MAX_WBITS)
    except CassetteError:
        return body


def _whole(body: bytes, bits: int) -> bytes:
    data, rest = _inflated(body, bits, MAX_BODY)
    if rest:
        raise CassetteError("there is other data behind its end")
    return data


def _inflated(body: bytes, bits: int, limit: int) -> tuple[bytes, bytes]:
    """Return the decompressed data and what follows its end."""
    stream = zlib.decompressobj(bits)
    try:
        data = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise CassetteError(str(error)) from None
    _check_length(len(data), limit)
    if not stream.eof:
        raise CassetteError("the data is cut")
    return data, stream.unused_data


def _unbrotli(body: bytes) -> bytes:
    if _is_text(body):
        return body
    brotli = _package("brotli", "Brotli")
    stream, parts, length = brotli.Decompressor(), [], 0
    try:
        for start in range(0, len(body), _PIECE):
            parts.append(stream.process(body[start : start + _PIECE]))
            length += len(parts[-1])
            _check_length(length, MAX_BODY)
    except brotli.error as error:
        raise CassetteError(str(error)) from None
    if not stream.is_finished():
        raise CassetteError("the data is cut")
    return b"".join(parts)


def _unzstandard(body: bytes) -> bytes:
    if not body.startswith(_ZSTANDARD):
        return body
    zstandard = _package("zstandard", "Zstandard")
    try:
        stream = zstandard.ZstdDecompressor().stream_reader(body)
        data = stream.read(MAX_BODY + 1)
    except zstandard.ZstdError as error:
        raise CassetteError(str(error)) from None
    _check_length(len(data), MAX_BODY)
    return bytes(data)


def _check_length(length: int, limit: int) -> None:
    if length > limit:
        raise CassetteError(f"it is longer than {MAX_BODY >> 20} MiB, and no pose response is")


def _is_text(body: bytes) -> bool:
    """Return whether a body is text already; compressed data is hardly ever valid UTF-8."""
    try:
        return body.decode().isprintable() or body.lstrip()[:1] in (b"{", b"[", b"<", b"")
    except UnicodeDecodeError:
        return False


def _package(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingDependencyError(
            f"it is compressed with {what}, which needs the package {name}: pip install {name}"
        ) from None


_DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstandard,
}
