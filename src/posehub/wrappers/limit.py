"""At most so many calls a second, over all threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from posehub.backend import Backend
from posehub.image import Image
from posehub.model import PoseResult
from posehub.parallel import pause
from posehub.wrappers.base import Wrapper

_SLACK = 0.015
"""Share by which calls are spaced wider than the rate asks, because calls that leave evenly
reach a service a little unevenly, and it counts arrivals."""


class Pacer:
    """Spaces turns evenly over all threads: a burst at the start of each second would look like
    an excess to a service that counts over a sliding second.
    """

    def __init__(self, qps: float) -> None:
        self._interval = (1 + _SLACK) / qps
        self._lock = threading.Lock()
        self._next = 0.0

    def wait_for_turn(self) -> None:
        """Wait until the next call may be made."""
        # the lock is held while waiting: the next turn counts from when this one really began
        with self._lock:
            delay = self._next - time.monotonic()
            if delay > 0:
                pause(delay)
            self._next = time.monotonic() + self._interval


class Limit(Wrapper):
    """Lets calls in at the pace of a `Pacer`."""

    def __init__(self, inner: Backend, *, qps: float) -> None:
        super().__init__(inner)
        self._pacer = Pacer(qps)

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Wait for this call's turn, then call."""
        self._pacer.wait_for_turn()
        return self.inner.detect_batch(images)
