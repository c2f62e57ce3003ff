"""From an image file to upright RGB pixels: the one module that decodes with Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image as PILImage

Pixels = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112  # EXIF 2.32, tag "Orientation"
_TURNS = {  # how to undo each EXIF orientation, named as in PIL.Image.Transpose
    1: None,
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
SIDEWAYS = (5, 6, 7, 8)
_SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def open_image(data: bytes, name: str) -> PILImage.Image:
    """Return the image in `data` with its headers read and its pixels not yet decoded.

    Raises:
        ImageError: it is not an image, or larger than Pillow's own safety limit.
    """
    from PIL import Image as PILImage

    try:
        return PILImage.open(io.BytesIO(data))
    except (PILImage.DecompressionBombError, PILImage.DecompressionBombWarning) as error:
        raise ImageError(
            f"{name} is too large to decode safely: {error} "
            "Shrink it, or raise max_pixels and PIL.Image.MAX_IMAGE_PIXELS."
        ) from error
    except Exception as error:  # Pillow's parsers raise almost anything on a damaged header
        raise ImageError(
            f"{name} ({len(data)} bytes, starting {data[:8]!r}) is not an image Pillow can read."
        ) from error


def header_orientation(image: PILImage.Image, late_exif: bytes | None = None) -> int:
    """Return the EXIF orientation from the headers; anything outside 1 to 8 counts as upright."""
    from PIL import Image as PILImage

    try:
        # the base method, because that of PNG files decodes the whole image first
        exif = PILImage.Image.getexif(image)
        if late_exif is not None:
            exif.load(late_exif)
        orientation = exif.get(_ORIENTATION_TAG, 1)
    except Exception:  # a damaged EXIF block raises almost anything, and the pixels are still good
        return 1
    return orientation if orientation in _TURNS else 1


def decode_upright(image: PILImage.Image, name: str, orientation: int | None = None) -> Pixels:
    """Return uint8 RGB pixels of shape (height, width, 3), upright.

    Args:
        image: as `open_image` returns it, or any PIL image.
        name: what to call it in messages.
        orientation: EXIF orientation, or None to take it from the image itself.

    Raises:
        ImageError: the data is damaged, or of a mode without a defined conversion to RGB.
    """
    from PIL import Image as PILImage

    try:
        image.load()
        if orientation is None:
            orientation = image.getexif().get(_ORIENTATION_TAG, 1)
        turn = _TURNS.get(orientation)
        rgb = _to_rgb(image, name)
        if turn is not None:
            rgb = rgb.transpose(PILImage.Transpose[turn])
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise almost anything on damaged data
        raise ImageError(f"{name} is damaged and cannot be decoded: {error}.") from error
    return np.ascontiguousarray(rgb)


def _to_rgb(image: PILImage.Image, name: str) -> PILImage.Image:
    """Return `image` as 8-bit RGB; of 16 bits the upper 8 are kept, transparency becomes white."""
    from PIL import Image as PILImage

    if image.mode in _SIXTEEN_BIT_MODES:
        deep = np.asarray(image).astype(np.int64)
        image = PILImage.fromarray((deep.clip(0, 0xFFFF) >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise ImageError(
            f"{name} has 32-bit float pixels, whose range is unknown; convert it to 8 bits."
        )
    if image.has_transparency_data:
        white = PILImage.new("RGBA", image.size, "white")
        image = PILImage.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")
