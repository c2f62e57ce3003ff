"""Image files opened by Pillow: their headers are read, their pixels are not decoded yet.

Only the formats listed here are opened, whatever a file is called. Pillow's other readers are for
formats that are not images of people, and some of them start programs: PostScript an interpreter,
metafiles and scientific formats whatever is registered for them.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from posehub.errors import ImageError
from posehub.images.endings import PNG_SIGNATURE, read_ending
from posehub.images.quiet import NoPillowWarnings
from posehub.images.reading import reason_of
from posehub.images.recognition import is_avif, is_heif, kind_of

if TYPE_CHECKING:
    from PIL import Image as PILImage

_COMMON = ("JPEG", "PNG", "BMP", "GIF", "PPM")
"""What Pillow imports at once; MPO, of phones, is opened as JPEG."""

_OTHERS = ("WEBP", "TIFF", "AVIF", "JPEG2000", "QOI", "DIB", "ICO", "TGA")
"""What takes Pillow an import of all its readers; TGA is last because it has no signature."""

FORMATS = (*_COMMON, *_OTHERS, "HEIF")
"""Names of the formats that are opened, as in `Image.format`."""

_SIGNATURE_LENGTH = 16  # bytes that Pillow gives to a reader to accept
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND")


def open_image(data: bytes, name: str) -> PILImage.Image:
    """Return the image in `data` with its headers read and its pixels not yet decoded.

    Raises:
        ImageError: it is not an image of one of `FORMATS`, its headers are damaged, it is larger
            than Pillow's own safety limit, or it is HEIF and pillow-heif is not installed.
    """
    from PIL import Image as PILImage

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
    """Return whether a PIL image is still to be decoded, and starts another program for it."""
    from PIL.ImageFile import StubImageFile

    is_postscript = image.format == "EPS" and bool(getattr(image, "tile", None))
    return is_postscript or isinstance(image, StubImageFile)


def pixels_only(data: bytes) -> bytes | None:
    """Return a PNG file with nothing but its pixels and what they need, or None if it is that.

    Pillow refuses a file whose texts or colour profile unpack to more than its limits, or have a
    wrong checksum or length. The pixels do not need them.
    """
    if not data.startswith(PNG_SIGNATURE):
        return None
    kept = [PNG_SIGNATURE]
    position = len(PNG_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if kind in _PNG_NEEDED:
            kept.append(data[position:end])
        position = end
    lean = b"".join(kept)
    return lean if lean != data else None


def _opened(data: bytes) -> PILImage.Image:
    from PIL import Image as PILImage

    if data.startswith(PNG_SIGNATURE):
        return _opened_png(data)
    image = _identified(data, _COMMON)
    if image is not None:
        return image
    if is_heif(data):
        from pillow_heif import HeifImageFile

        # made directly: registering it would change what the caller's own code opens
        return HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]  # not annotated
    PILImage.init()
    # an older Pillow, or one built without a library, has fewer
    present = [format for format in _OTHERS if format in PILImage.OPEN]
    return PILImage.open(io.BytesIO(data), formats=present)


def _opened_png(data: bytes) -> PILImage.Image:
    from PIL import Image as PILImage

    try:
        return PILImage.open(io.BytesIO(data), formats=("PNG",))
    except PILImage.DecompressionBombError:
        raise
    except Exception:  # on a damaged header almost any
        lean = pixels_only(data)
        if lean is None:
            raise
    return PILImage.open(io.BytesIO(lean), formats=("PNG",))


def _identified(data: bytes, formats: tuple[str, ...]) -> PILImage.Image | None:
    from PIL import Image as PILImage
    from PIL import UnidentifiedImageError

    try:
        return PILImage.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        return None


def _fault(data: bytes, name: str, error: Exception) -> str:
    """Return the message for data that cannot be opened."""
    if is_heif(data) and isinstance(error, ModuleNotFoundError):
        return (
            f"{name} is a HEIF image (HEIC), which Pillow alone does not read. "
            "Install what reads it: pip install pillow-heif. Or convert it to JPEG."
        )
    format = _format_of(data)
    if fault := read_ending(format, data).fault:
        return f"{name} is truncated: {fault}."
    start = f"{name} ({len(data)} bytes, starting {data[:8]!r})"
    if kind := kind_of(data):
        return f"{start} is not an image but {kind.what}. {kind.cure}"
    if format:
        reason = _reason(data, format) or reason_of(error)
        return (
            f"{start} is a file of format {format} that is damaged, or of a kind that Pillow "
            f"does not read: {reason}."
        )
    return f"{start} is not an image in one of the formats {', '.join(FORMATS)}."


def _format_of(data: bytes) -> str:
    """Return the format whose signature `data` has, or ""."""
    from PIL import Image as PILImage

    if is_heif(data):
        return "HEIF"
    if is_avif(data):
        return "AVIF"
    for format in (*_COMMON, *_OTHERS):
        _, accept = PILImage.OPEN.get(format, (None, None))
        if accept and len(data) >= _SIGNATURE_LENGTH and accept(data[:_SIGNATURE_LENGTH]):
            return format
    return ""


def _reason(data: bytes, format: str) -> str:
    """Return why Pillow does not open a file of a format, or "" if unknown.

    `PIL.Image.open` only says that no format fits.
    """
    from PIL import Image as PILImage

    if format == "HEIF":
        return ""
    if format not in PILImage.OPEN:
        return f"this Pillow reads no {format}; a newer one does"
    reader, _ = PILImage.OPEN[format]
    try:
        with NoPillowWarnings():
            reader(io.BytesIO(data), "")
    except Exception as error:
        return reason_of(error)
    return ""
