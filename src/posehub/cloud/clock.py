"""Time as a value, so that a cassette need not wait and a test need not sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import frozen

from posehub.backends.executor import pause


@frozen
class Clock:
    """Two functions that read the time and wait.

    Attributes:
        now: returns seconds since a fixed moment; never goes back.
        wait: waits for a number of seconds. It may end earlier with an exception, if the consumer
            of the results has stopped.
    """

    now: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = pause


CLOCK = Clock()
"""The real time."""

NO_WAITING = Clock(wait=lambda seconds: None)
"""The real time, without waiting: for requests that do not reach a service."""
