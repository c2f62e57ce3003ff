"""Whether an image file is complete, read from headers and end markers without decoding."""

from __future__ import annotations

import struct
from collections.abc import Callable

from attrs import frozen

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_JPEG_FILL = 0xFF
_JPEG_STUFFED = 0x00
_JPEG_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}  # TEM, RST0 to RST7
_JPEG_START_OF_IMAGE = 0xD8
_JPEG_END_OF_IMAGE = 0xD9
_JPEG_START_OF_SCAN = 0xDA
_JPEG_READ_AHEAD = 16  # bytes behind the pixels that the decoder may need
_BMP_FILE_HEADER = 14
_BMP_CORE_HEADER = 12
_BMP_UNCOMPRESSED = (0, 3)  # BI_RGB, BI_BITFIELDS


@frozen
class Ending:
    """What is known from the end of a file.

    Attributes:
        complete: whether the file surely goes on to its end; if not, only decoding decides.
        fault: how the file is truncated if it cannot be decoded either, or "" if unknown.
        exif: an EXIF block behind the pixels, where readers of headers miss it, or None.
    """

    complete: bool
    fault: str = ""
    exif: bytes | None = None


def read_ending(format: str | None, data: bytes) -> Ending:
    """Return what the end of `data` says; of other formats than JPEG, PNG and BMP nothing."""
    reader = _READERS.get(format or "")
    if reader is None:
        return Ending(complete=False)
    try:
        return reader(data)
    except (struct.error, IndexError, ValueError):
        return Ending(complete=False, fault=f"its {format} data stops within the headers")


def without_padding(data: bytes) -> bytes:
    """Return a JPEG without the bytes it is padded with at its end, but for a few.

    The decoder would take the padding for pixels if the file was cut off before.
    """
    end = len(data.rstrip(data[-1:]))
    return data[: end + _JPEG_READ_AHEAD]


def _jpeg(data: bytes) -> Ending:
    """Find the end-of-image marker behind the first scan (ITU T.81, annex B).

    Behind the scan's start, because the EXIF thumbnail in front of it is a JPEG of its own. Bytes
    between the segments are skipped, as libjpeg and Pillow do.
    """
    position = 2
    while True:
        if data[position] != _JPEG_FILL:
            position = data.index(_JPEG_FILL, position)
        marker = data[position + 1]
        if marker == _JPEG_FILL:
            position += 1
            continue
        position += 2
        if marker == _JPEG_START_OF_SCAN:
            if data.rfind(b"\xff\xd9", position) >= 0:
                return Ending(complete=True)
            return Ending(complete=False, fault="its JPEG data stops before the end marker")
        if marker in (_JPEG_START_OF_IMAGE, _JPEG_END_OF_IMAGE):
            return Ending(complete=False)  # out of place
        if marker != _JPEG_STUFFED and marker not in _JPEG_WITHOUT_LENGTH:
            position += struct.unpack_from(">H", data, position)[0]


def _png(data: bytes) -> Ending:
    """Walk the chunks to IEND (PNG specification, 5.3)."""
    position = len(PNG_SIGNATURE)
    exif = None
    while len(data) >= position + 8:
        length, kind = struct.unpack_from(">I4s", data, position)
        body = position + 8
        position = body + length + 4
        if position > len(data):
            where = f"within the chunk {kind.decode('ascii', 'replace')!r}"
            return Ending(complete=False, fault=f"its PNG data stops {where}", exif=exif)
        if kind == b"eXIf":
            exif = data[body : body + length]
        if kind == b"IEND":
            return Ending(complete=True, exif=exif)
    return Ending(complete=False, fault="its PNG data stops before the chunk 'IEND'", exif=exif)


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
    missing = offset + size - len(data)
    if missing > 0:
        return Ending(complete=False, fault=f"{missing:,} bytes of its BMP data are missing")
    # without offset or size, where the pixels end is not known
    return Ending(complete=size > 0 and offset >= _BMP_FILE_HEADER + header)


_READERS: dict[str, Callable[[bytes], Ending]] = {"JPEG": _jpeg, "PNG": _png, "BMP": _bmp}
