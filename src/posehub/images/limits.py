"""The default bound on an image's size, apart so that reading it imports no image code."""

from __future__ import annotations

DEFAULT_MAX_PIXELS = 100_000_000
"""Width x height. More than the sensors of common cameras have; 300 MB once decoded."""
