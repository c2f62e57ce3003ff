"""One call at a time, for a backend that is not thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from posehub.backends.base import Backend
from posehub.backends.calling import call
from posehub.backends.wrapper import Wrapper
from posehub.images.image import Image
from posehub.poses.checks import Float32Array
from posehub.poses.result import PoseResult


class Serialize(Wrapper):
    """Calls the backend inside from one thread at a time."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._lock = threading.Lock()

    def detect_batch(
        self, images: Sequence[Image], boxes: Sequence[Float32Array] | None = None
    ) -> list[PoseResult]:
        """Wait until no other thread calls, then call."""
        with self._lock:
            return call(self.inner, images, boxes)
