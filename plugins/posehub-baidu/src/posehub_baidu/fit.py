"""Making an image fit the limits of the service, with as little change as possible."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

from attrs import field, frozen
from PIL import Image as PILImage

from posehub import Image
from posehub.errors import ImageError
from posehub_baidu.request import encode_form, encoded_length

# The limits of the vendor's body_analysis page (cloud.baidu.com/doc/BODY).
FORMATS = ("JPEG", "PNG", "BMP")
MAX_SIDE = 4096
MIN_SIDE = 50
MAX_ENCODED = 4 * 1024 * 1024

_QUALITIES = (95, 88, 80)
_SHRINK_MARGIN = 0.97  # because the length of the smaller file is only estimated


@frozen
class Upload:
    """An image as it is sent.

    Attributes:
        form: body of the request.
        size: (width, height) of the image that is sent.
    """

    form: bytes = field(repr=False)
    size: tuple[int, int]


def fit(image: Image) -> Upload:
    """Return `image` in a form that the service accepts: the file itself if possible, else a JPEG.

    The JPEG is upright, is shrunk to the longest side allowed, and has the best of three qualities
    whose file is short enough. If none is, the image is shrunk further.

    Raises:
        ImageError: the image is too small, or cannot be made to fit.
    """
    target = target_size(image.size, image.name)
    if image.encoded is not None and _is_sent_unchanged(image, target):
        form = encode_form(image.encoded)
        if encoded_length(form) <= MAX_ENCODED:
            return Upload(form, image.size)
    upright = PILImage.fromarray(image.pixels())
    for candidate, quality in _attempts(upright, target, image.name):
        form = encode_form(_jpeg(candidate, quality))
        if encoded_length(form) <= MAX_ENCODED:
            return Upload(form, candidate.size)
    raise AssertionError("the attempts end with an ImageError")


def target_size(size: tuple[int, int], name: str = "image") -> tuple[int, int]:
    """Return the size of the image to send: its own, or shrunk to the longest side allowed.

    Raises:
        ImageError: a side is too short, as it is or after shrinking.
    """
    width, height = size
    if min(size) < MIN_SIDE:
        raise ImageError(
            f"{name} is {width} x {height}; Baidu requires at least {MIN_SIDE} px a side. "
            "Enlarge the image."
        )
    scale = min(1.0, MAX_SIDE / max(size))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(target) < MIN_SIDE:
        raise ImageError(
            f"{name} is {width} x {height}; shrunk to Baidu's limit of {MAX_SIDE} px, its shorter "
            f"side would be less than the required {MIN_SIDE} px. Cut the image into parts."
        )
    return target


def _is_sent_unchanged(image: Image, target: tuple[int, int]) -> bool:
    # It is not documented whether the service applies the EXIF orientation. An image with one is
    # sent upright, so that the response cannot depend on it.
    assert image.encoded is not None
    upright = image.orientation == 1
    short_enough = len(image.encoded) * 4 / 3 <= MAX_ENCODED
    return image.format in FORMATS and upright and target == image.size and short_enough


def _attempts(
    upright: PILImage.Image, target: tuple[int, int], name: str
) -> Iterator[tuple[PILImage.Image, int]]:
    candidate = _resized(upright, target)
    for quality in _QUALITIES:
        yield candidate, quality
    while True:
        length = len(_jpeg(candidate, _QUALITIES[-1])) * 4 / 3
        shrink = min(_SHRINK_MARGIN, math.sqrt(MAX_ENCODED / length) * _SHRINK_MARGIN)
        size = (round(candidate.width * shrink), round(candidate.height * shrink))
        if min(size) < MIN_SIDE:
            raise ImageError(f"{name} cannot be shrunk to Baidu's limit of {MAX_ENCODED} bytes.")
        candidate = _resized(upright, size)
        yield candidate, _QUALITIES[-1]


def _resized(image: PILImage.Image, size: tuple[int, int]) -> PILImage.Image:
    if size == image.size:
        return image
    return image.resize(size, PILImage.Resampling.LANCZOS, reducing_gap=3.0)


def _jpeg(image: PILImage.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
