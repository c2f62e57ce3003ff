"""The default bounds on images, apart so that reading them imports no image code."""

from __future__ import annotations

DEFAULT_MAX_PIXELS = 100_000_000
"""Width x height. More than the sensors of common cameras have; 300 MB once decoded."""

_BYTES_PER_PIXEL = 8  # RGBA of 16 bits, the most that a file holds for a pixel
_BYTES_BESIDE = 64 * 2**20  # metadata, thumbnails, a film beside the photo, further frames


def max_bytes(max_pixels: int) -> int:
    """Return how many bytes of a file are read: what an uncompressed image of `max_pixels` takes,
    and 64 MiB for what is not pixels. Without a bound, a file without an end would fill the memory.
    """
    return _BYTES_PER_PIXEL * max_pixels + _BYTES_BESIDE
