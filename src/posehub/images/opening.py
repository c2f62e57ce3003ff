"""Image files opened by Pillow: their headers are read, their pixels are not decoded yet.

Only the formats listed here are opened, whatever a file is called. Pillow's other readers are for
formats that are not images of people, and some of them start programs: PostScript an interpreter,
metafiles and scientific formats whatever is registered for them.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from posehub.errors import ImageError, described
from posehub.images.endings import PNG_SIGNATURE, read_ending
from posehub.images.quiet import NoPillowWarnings
from posehub.images.recognition import is_avif, is_heif, kind_of

if TYPE_CHECKING:
    from PIL import Image as PILImage

_COMMON = ("JPEG", "PNG", "BMP", "GIF", "PPM")
"""What Pillow imports at once; MPO, of phones, is opened as JPEG."""

_OTHERS = ("WEBP", "TIFF", "AVIF", "JPEG2000", "QOI", "DIB", "ICO", "TGA")
"""What takes Pillow an import of all its readers; TGA is last because it has no signature."""

FORMATS = (*_COMMON, *_OTHERS, "HEIF")
"""Names of the formats that are opened, as in `Image.format`."""

_RUNS_PROGRAMS = ("EPS", "WMF", "BUFR", "GRIB", "HDF5")
_PNG_TEXTS = (b"iCCP", b"iTXt", b"tEXt", b"zTXt")


def open_image(data: bytes, name: str) -> PILImage.Image:
    """Return the image in `data` with its headers read and its pixels not yet decoded.

    Raises:
        ImageError: it is not an image of one of `FORMATS`, its headers are damaged, it is larger
            than Pillow's own safety limit, or it is HEIF and pillow-heif is not installed.
    """
    from PIL import Image as PILImage

    with NoPillowWarnings(), suppress(Exception):  # on a damaged header almost any
        return PILImage.open(io.BytesIO(data), formats=_COMMON)
    if is_heif(data) and find_spec("pillow_heif") is None:
        raise ImageError(
            f"{name} is a HEIF image (HEIC), which Pillow alone does not read. "
            "Install what reads it: pip install pillow-heif. Or convert it to JPEG."
        )
    # errors are raised outside of `except`, so that they keep no error with its objects in memory
    try:
        with NoPillowWarnings():
            return _opened(data)
    except PILImage.DecompressionBombError as error:
        fault = (
            f"{name} is too large to decode safely: {error} "
            "Shrink it, or raise max_pixels and PIL.Image.MAX_IMAGE_PIXELS."
        )
    except Exception as error:
        fault = _fault(data, name, error)
    raise ImageError(fault)


def runs_programs(image: PILImage.Image) -> bool:
    """Return whether a PIL image would start another program to decode its pixels."""
    return image.format in _RUNS_PROGRAMS and bool(getattr(image, "tile", None))


def without_texts(data: bytes) -> bytes | None:
    """Return a PNG file without its texts and colour profile, or None if it has none.

    Pillow refuses a file whose texts or profile unpack to more than its limits, and the pixels do
    not need them.
    """
    if not data.startswith(PNG_SIGNATURE):
        return None
    kept = [PNG_SIGNATURE]
    found = False
    position = len(PNG_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind in _PNG_TEXTS:
            found = True
        else:
            kept.append(data[position:end])
        position = end
    return b"".join(kept) if found else None


def _opened(data: bytes) -> PILImage.Image:
    """Return the image in data that is not of a common format, or not to be opened as it is."""
    from PIL import Image as PILImage

    if is_heif(data):
        from pillow_heif import HeifImageFile

        # made directly: registering it would change what the caller's own code opens
        return HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]  # not annotated
    PILImage.init()
    # an older Pillow, or one built without a library, has fewer
    present = [format for format in (*_COMMON, *_OTHERS) if format in PILImage.OPEN]
    return PILImage.open(io.BytesIO(without_texts(data) or data), formats=present)


def _fault(data: bytes, name: str, error: Exception) -> str:
    """Return the message for data that cannot be opened."""
    start = f"{name} ({len(data)} bytes, starting {data[:8]!r})"
    if kind := kind_of(data):
        return f"{start} is not an image but {kind.what}. {kind.cure}"
    format, reason = _refusal(data, error)
    if fault := read_ending(format, data).fault:
        return f"{name} is truncated: {fault}."
    if format:
        return (
            f"{start} is a file of format {format} that is damaged, or of a kind that Pillow "
            f"does not read: {reason.rstrip('.')}."
        )
    return f"{start} is not an image in one of the formats {', '.join(FORMATS)}."


def _refusal(data: bytes, error: Exception) -> tuple[str, str]:
    """Return the format whose signature `data` has, or "", and why Pillow does not open it."""
    from PIL import Image as PILImage

    if is_heif(data):
        return "HEIF", described(error)
    for format in (*_COMMON, *_OTHERS):
        factory, accept = PILImage.OPEN.get(format, (None, None))
        accepted = accept(data[:16]) if accept and len(data) >= 16 else False
        if isinstance(accepted, str):
            return format, accepted
        if factory and accepted:
            try:
                with NoPillowWarnings():
                    factory(io.BytesIO(data), "")
            except Exception as refused:  # Pillow says it of no format, only that none fits
                return format, described(refused)
    if is_avif(data):
        return "AVIF", "this Pillow reads no AVIF; Pillow 11.3 does"
    return "", ""
