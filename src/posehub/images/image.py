"""One upright image, decoded only when its pixels are needed."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

import attrs
from attrs import field, frozen

from posehub.images.decoding import Pixels, decode_file


@frozen(slots=False, eq=False, repr=False)
class Image:
    """One upright image.

    Attributes:
        size: (width, height) in pixels, after the EXIF orientation is applied.
        format: Pillow's name of the file format ("JPEG", "PNG", ...), or None for bare pixels.
        encoded: the file's bytes exactly as given, or None for bare pixels.
        orientation: EXIF orientation of `encoded`, 1 to 8; 1 is upright.
        name: what to call the image in messages.
        borrowed: whether the pixels are an array of the caller, who may change it after the call.
    """

    size: tuple[int, int]
    format: str | None = None
    encoded: bytes | None = None
    orientation: int = 1
    name: str = "image"
    _pixels: Pixels | None = field(default=None)
    borrowed: bool = False

    def pixels(self) -> Pixels:
        """Return the image as uint8 RGB of shape (height, width, 3), C-contiguous, upright.

        Decoded on the first call and kept.

        Raises:
            ImageError: the file turns out to be damaged.
        """
        return self._decoded

    def owned(self) -> Image:
        """Return this image with pixels of its own: what must outlive the call is copied."""
        if not self.borrowed:
            return self
        return attrs.evolve(self, pixels=self.pixels().copy(), borrowed=False)

    @cached_property
    def _decoded(self) -> Pixels:
        if self._pixels is not None:
            return self._pixels
        assert self.encoded is not None, "an Image has pixels or a file"
        return decode_file(self.encoded, self.name, self.orientation)

    @cached_property
    def digest(self) -> str:
        """Return "sha256:<hex>" of the file's bytes, or of size and pixels where there is no file.

        It identifies the image in caches and cassettes.
        """
        if self.encoded is not None:
            return "sha256:" + hashlib.sha256(self.encoded).hexdigest()
        width, height = self.size
        hasher = hashlib.sha256(f"RGB {width}x{height}\n".encode())
        hasher.update(self.pixels().data)
        return "sha256:" + hasher.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the file's bytes, or the pixels where there is no file; never both."""
        pixels = self._pixels if self.encoded is None else None
        return Image, (
            self.size,
            self.format,
            self.encoded,
            self.orientation,
            self.name,
            pixels,
        )

    def __repr__(self) -> str:
        width, height = self.size
        return f"Image({self.name!r}, {width}x{height}, {self.format or 'pixels'})"
