"""A limit on the requests per second, shared by all threads of one backend."""

from __future__ import annotations

import threading

from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.cloud.clock import CLOCK, Clock

_SLACK = 0.015
"""Requests are spaced wider than the limit requires, by this share. Reason: the service counts
when requests arrive, and their time on the network varies."""


class Pacer:
    """Gives turns at even intervals, one at a time, to all threads.

    Even intervals matter: a service that counts over a sliding second would refuse part of a burst
    at the start of each second.

    Args:
        qps: turns per second, above 0.
        clock: the time.
    """

    def __init__(self, qps: float, clock: Clock = CLOCK) -> None:
        self._interval = (1 + _SLACK) / qps
        self._clock = clock
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait_for_turn(self) -> None:
        """Wait until the next request may be sent."""
        # The lock is held during the wait: the next interval starts when this wait really ended.
        with self._lock:
            delay = self._next - self._clock.now()
            if delay > 0:
                self._clock.wait(delay)
            self._next = self._clock.now() + self._interval


class PacedTransport:
    """A transport that sends each request at its turn.

    Args:
        inner: the transport to send through.
        pacer: gives the turns.
    """

    def __init__(self, inner: Transport, pacer: Pacer) -> None:
        self._inner = inner
        self._pacer = pacer

    def send(self, request: HttpRequest) -> HttpResponse:
        """Wait for a turn, then send the request."""
        self._pacer.wait_for_turn()
        return self._inner.send(request)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()
