"""What data is that is not an image in a format posehub reads, so that a message can say it."""

from __future__ import annotations

import re
from base64 import b64decode
from urllib.parse import unquote_to_bytes

from attrs import frozen

LOOKED_AT = 4096
"""Bytes from the start of data that are enough for each of the decisions here."""

_HEIF_BRANDS = frozenset(  # ISO 23008-12, annexes B and C
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))  # AV1 Image File Format, 6 and 7


@frozen
class Kind:
    """What data is, and what to do about it."""

    what: str
    cure: str


_CONVERT = "Convert it to PNG or JPEG."
_BASE64 = Kind("base64 text", "Decode it first: base64.b64decode(text).")
_DATA_URI = Kind(
    "a data URI",
    "Decode what is after the comma and pass the bytes: base64.b64decode(uri.partition(',')[2]).",
)
_URL = Kind("a URL", "Download it first and pass its bytes.")
_TEXT = Kind("text", "A path is given as str or PathLike; bytes are the content of a file.")
_VIDEO = Kind("a video", "Pass its frames as images.")

_BY_START = (
    (b"%!PS", Kind("a PostScript file", _CONVERT)),
    (b"\xc5\xd0\xd3\xc6", Kind("a PostScript file", _CONVERT)),
    (b"%PDF", Kind("a PDF file", _CONVERT)),
    (b"\xd7\xcd\xc6\x9a", Kind("a Windows metafile", _CONVERT)),
    (b"8BPS", Kind("a Photoshop file", _CONVERT)),
    (b"\xff\x0a", Kind("a JPEG XL image", _CONVERT)),
    (b"\x00\x00\x00\x0cJXL ", Kind("a JPEG XL image", _CONVERT)),
    (b"\x1aE\xdf\xa3", _VIDEO),
    (b"<svg", Kind("an SVG drawing", _CONVERT)),
    (b"<?xml", Kind("an XML text, such as an SVG drawing", _CONVERT)),
    (b"<!doctype html", Kind("an HTML page", "Check the address that it was downloaded from.")),
    (b"<html", Kind("an HTML page", "Check the address that it was downloaded from.")),
    (
        b"version https://git-lfs",
        Kind("the pointer to a file in Git LFS", "Fetch the file with `git lfs pull`."),
    ),
)

_IMAGE_STARTS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"II*\x00",  # TIFF
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP  ",  # JPEG 2000
)

_DATA_START = re.compile(rb"b?['\"]?data:", re.IGNORECASE)
_URL_START = re.compile(rb"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BASE64_TEXT = re.compile(rb"(?:b?['\"])?((?:[A-Za-z0-9+/_-]\s*){24,})[=\s]*['\"]?\s*")


def is_heif(data: bytes) -> bool:
    """Return whether the brands of a `ftyp` box are those of HEIF with other coding than AV1."""
    brands = _brands(data)
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def is_avif(data: bytes) -> bool:
    """Return whether the brands of a `ftyp` box are those of AVIF."""
    return bool(_brands(data) & _AVIF_BRANDS)


def text_kind(data: bytes) -> Kind | None:
    """Return of which kind text is that holds an image or the address of one, or None."""
    start = data[:LOOKED_AT].lstrip()
    if _DATA_START.match(start):
        return _DATA_URI
    if _URL_START.match(start):
        return _URL
    # nearly every path has a dot, and base64 has none
    return _BASE64 if b"." not in start and _holds_base64_image(start) else None


def kind_of(data: bytes) -> Kind | None:
    """Return of which known kind `data` is that is not an image, or None."""
    if kind := text_kind(data):
        return kind
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()  # byte order mark and white space
    for signature, kind in _BY_START:
        if start.startswith(signature.lower()):
            return kind
    is_film = data[4:8] == b"ftyp" and not _brands(data) & (_HEIF_BRANDS | _AVIF_BRANDS)
    if is_film or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        return _VIDEO
    if len(data) <= LOOKED_AT and data.isascii() and data.decode("ascii").isprintable():
        return _TEXT
    return None


def _brands(data: bytes) -> frozenset[bytes]:
    """Return the brands in the `ftyp` box at the start, the major one too (ISO 14496-12, 4.3)."""
    if data[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(data[:4], "big"), LOOKED_AT)
    places = (8, *range(16, end, 4))  # the four bytes at 12 are the minor version
    return frozenset(data[place : place + 4] for place in places)


def _holds_base64_image(start: bytes) -> bool:
    """Return whether text is base64 (RFC 4648, both alphabets) of what starts as an image does.

    Also in line breaks, in quotes, or encoded for a form.
    """
    if b"%" in start:
        start = unquote_to_bytes(start).partition(b"%")[0]  # one cut off at the end is left
    text = _BASE64_TEXT.fullmatch(start)
    if text is None:
        return False
    head = b64decode(b"".join(text[1].split())[:24], altchars=_alphabet(text[1]))
    return (
        head.startswith(_IMAGE_STARTS)
        or head[4:8] == b"ftyp"
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[:2] == b"BM" and head[6:10] == bytes(4))
    )


def _alphabet(text: bytes) -> bytes:
    """Return the last two characters of the alphabet that `text` is in."""
    return b"-_" if b"-" in text or b"_" in text else b"+/"
