"""Making a picture fit the service's limits, only as far as needed."""

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
_SHRINK_MARGIN = 0.97  # the length after shrinking is only estimated


@frozen
class Upload:
    """A picture ready to send.

    Attributes:
        form: the request's body.
        size: (width, height) of the picture as sent.
    """

    form: bytes = field(repr=False)
    size: tuple[int, int]


def fit(image: Image) -> Upload:
    """Return `image` as the service takes it: byte for byte if it can, else as a JPEG.

    A JPEG is turned upright, shrunk to the longest side allowed, and saved with the best quality
    whose length is allowed; if none is, it is shrunk further.

    Raises:
        ImageError: it is too small, or cannot be made to fit.
    """
    target = target_size(image.size, image.name)
    if image.encoded is not None and _goes_as_it_is(image, target):
        form = encode_form(image.encoded)
        if encoded_length(form) <= MAX_ENCODED:
            return Upload(form, image.size)
    picture = PILImage.fromarray(image.pixels())
    for candidate, quality in _attempts(picture, target, image.name):
        form = encode_form(_jpeg(candidate, quality))
        if encoded_length(form) <= MAX_ENCODED:
            return Upload(form, candidate.size)
    raise AssertionError("a picture that only gets smaller fits at some size, or is refused")


def target_size(size: tuple[int, int], name: str = "image") -> tuple[int, int]:
    """Return the size to send a picture at: its own, or shrunk to the longest side allowed.

    Raises:
        ImageError: a side is shorter than allowed, as it is or after shrinking.
    """
    width, height = size
    if min(size) < MIN_SIDE:
        raise ImageError(
            f"{name} is {width} x {height}; Baidu takes no side under {MIN_SIDE} px. "
            "Enlarge the picture."
        )
    scale = min(1.0, MAX_SIDE / max(size))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(target) < MIN_SIDE:
        raise ImageError(
            f"{name} is {width} x {height}; shrunk to Baidu's longest side of {MAX_SIDE} px, its "
            f"shorter side is under the least of {MIN_SIDE}. Cut the picture into parts."
        )
    return target


def _goes_as_it_is(image: Image, target: tuple[int, int]) -> bool:
    # Whether the service obeys the EXIF orientation is not documented: a turned picture is sent
    # upright, so that the answer cannot depend on it.
    upright = image.orientation == 1
    assert image.encoded is not None
    short_enough = len(image.encoded) * 4 / 3 <= MAX_ENCODED
    return image.format in FORMATS and upright and target == image.size and short_enough


def _attempts(
    picture: PILImage.Image, target: tuple[int, int], name: str
) -> Iterator[tuple[PILImage.Image, int]]:
    candidate = _resized(picture, target)
    for quality in _QUALITIES:
        yield candidate, quality
    while True:
        length = len(_jpeg(candidate, _QUALITIES[-1])) * 4 / 3
        shrink = min(_SHRINK_MARGIN, math.sqrt(MAX_ENCODED / length) * _SHRINK_MARGIN)
        size = (round(candidate.width * shrink), round(candidate.height * shrink))
        if min(size) < MIN_SIDE:
            raise ImageError(f"{name} cannot be made to fit into Baidu's {MAX_ENCODED} bytes.")
        candidate = _resized(picture, size)
        yield candidate, _QUALITIES[-1]


def _resized(picture: PILImage.Image, size: tuple[int, int]) -> PILImage.Image:
    if size == picture.size:
        return picture
    return picture.resize(size, PILImage.Resampling.LANCZOS, reducing_gap=3.0)


def _jpeg(picture: PILImage.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
