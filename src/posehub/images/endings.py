"""Whether an image file is complete, read from headers and end markers without decoding."""

from __future__ import annotations

import struct
from collections.abc import Callable

from attrs import frozen

_JPEG_START_OF_SCAN = 0xDA
_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_PNG_SIGNATURE_LENGTH = 8
_BMP_CORE_HEADER = 12
_BMP_UNCOMPRESSED = (0, 3)  # BI_RGB, BI_BITFIELDS


@frozen
class Ending:
    """What is known from the end of a file.

    Attributes:
        complete: whether the data goes on to its end marker.
        exif: an EXIF block behind the pixels, where readers of headers miss it, or None.
    """

    complete: bool
    exif: bytes | None = None


def read_ending(format: str | None, data: bytes) -> Ending | None:
    """Return how `data` ends, or None for a format whose ending is unknown without decoding."""
    reader = _READERS.get(format or "")
    if reader is None:
        return None
    try:
        return reader(data)
    except (struct.error, IndexError):
        return Ending(complete=False)


def _jpeg(data: bytes) -> Ending:
    """Find the end-of-image marker behind the first scan (ITU T.81, annex B).

    Behind the scan's start, because the EXIF thumbnail in front of it is a JPEG of its own.
    """
    position = 2
    while True:
        while data[position] == 0xFF and data[position + 1] == 0xFF:
            position += 1  # fill bytes
        if data[position] != 0xFF:
            return Ending(complete=False)
        marker = data[position + 1]
        position += 2
        if marker == _JPEG_START_OF_SCAN:
            return Ending(complete=data.rfind(b"\xff\xd9", position) >= 0)
        if marker not in _JPEG_WITHOUT_LENGTH:
            position += struct.unpack_from(">H", data, position)[0]


def _png(data: bytes) -> Ending:
    """Walk the chunks to IEND (PNG specification, 5.3)."""
    position = _PNG_SIGNATURE_LENGTH
    exif = None
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        body = position + 8
        position = body + length + 4
        if position > len(data):
            return Ending(complete=False)
        if kind == b"eXIf":
            exif = data[body : body + length]
        if kind == b"IEND":
            return Ending(complete=True, exif=exif)


def _bmp(data: bytes) -> Ending:
    """Compare the file's length with what its header announces (BITMAPFILEHEADER)."""
    offset, header = struct.unpack_from("<II", data, 10)
    if header == _BMP_CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = size = 0
    else:
        width, height, _, bits, compression, size = struct.unpack_from("<iiHHII", data, 18)
    if compression in _BMP_UNCOMPRESSED:
        row = (bits * width + 31) // 32 * 4
        # writers may omit the padding of the last row
        size = row * (abs(height) - 1) + (bits * width + 7) // 8
    return Ending(complete=len(data) >= offset + size)


_READERS: dict[str, Callable[[bytes], Ending]] = {"JPEG": _jpeg, "PNG": _png, "BMP": _bmp}
