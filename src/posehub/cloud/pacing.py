"""At most so many requests a second, over all threads of one backend."""

from __future__ import annotations

import threading
import time

from posehub.backends.executor import pause
from posehub.backends.transport import HttpRequest, HttpResponse, Transport

_SLACK = 0.015
"""Share by which requests are spaced wider than the rate asks, because requests that leave evenly
reach a service a little unevenly, and it counts arrivals."""


class Pacer:
    """Spaces turns evenly over all threads.

    A burst at the start of each second would exceed the limit of a service that counts over a
    sliding second.

    Args:
        qps: turns a second, above 0.
    """

    def __init__(self, qps: float) -> None:
        self._interval = (1 + _SLACK) / qps
        self._lock = threading.Lock()
        self._next = 0.0

    def wait_for_turn(self) -> None:
        """Wait until the next request may be sent."""
        # the lock is held while waiting: the next turn counts from when this one really began
        with self._lock:
            delay = self._next - time.monotonic()
            if delay > 0:
                pause(delay)
            self._next = time.monotonic() + self._interval


class PacedTransport:
    """Sends requests at the pace of a `Pacer`.

    Args:
        inner: the transport to send through.
        qps: requests a second, above 0.
    """

    def __init__(self, inner: Transport, qps: float) -> None:
        self._inner = inner
        self._pacer = Pacer(qps)

    def send(self, request: HttpRequest) -> HttpResponse:
        """Wait for this request's turn, then send it."""
        self._pacer.wait_for_turn()
        return self._inner.send(request)

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()
