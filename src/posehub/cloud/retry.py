"""Repeats of a request whose error may pass."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from urllib.parse import urlsplit

from attrs import frozen

from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.cloud.clock import CLOCK, Clock
from posehub.errors import PosehubError, TransientError

_log = logging.getLogger("posehub.retry")


@frozen
class RetryPolicy:
    """When to send a request again.

    Attributes:
        max_retries: repeats after the first attempt.
        deadline: seconds after the start of the first attempt; no attempt starts later.
        base_delay: longest wait before the first repeat, in seconds; each further one is twice as
            long.
        max_delay: upper limit of such a wait, in seconds. The service may ask for a longer one.
    """

    max_retries: int
    deadline: float
    base_delay: float = 0.5
    max_delay: float = 10.0


def next_delay(
    policy: RetryPolicy, error: TransientError, attempt: int, elapsed: float, jitter: float
) -> float | None:
    """Return how many seconds to wait before the next attempt, or None to give up.

    Args:
        policy: when to send a request again.
        error: the error of the last attempt.
        attempt: number of attempts made, at least 1.
        elapsed: seconds since the start of the first attempt.
        jitter: random number in [0, 1). It keeps clients that failed at the same time from
            repeating at the same time.
    """
    allowed = policy.max_retries
    if error.max_retries is not None:
        allowed = min(allowed, error.max_retries)
    if attempt > allowed:
        return None
    # the exponent is bounded, because a float overflows at attempt 1025
    backoff = min(policy.base_delay * 2 ** min(attempt - 1, 64), policy.max_delay)
    delay = backoff * (0.5 + jitter / 2)
    if error.retry_after is not None:
        # the backoff is added: a repeat before the requested time would be refused again
        delay += error.retry_after
    return delay if elapsed + delay < policy.deadline else None


class RetryingTransport:
    """A transport that sends a request again if its error may pass, and only then.

    Args:
        inner: the transport to send through.
        fault: returns the error that a response stands for, or None.
        policy: when to send a request again.
        clock: the time.
    """

    def __init__(
        self,
        inner: Transport,
        fault: Callable[[HttpResponse], PosehubError | None],
        policy: RetryPolicy,
        clock: Clock = CLOCK,
    ) -> None:
        self._inner = inner
        self._fault = fault
        self._policy = policy
        self._clock = clock

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the first response that is not a temporary error.

        If the policy gives up, return the last response; the backend raises its error.

        Raises:
            TransientError: the last attempt got no response; the message has the number of
                attempts.
        """
        start = self._clock.now()
        attempt = 1
        while True:
            try:
                response = self._inner.send(request)
            except TransientError as error:
                delay = self._delay(request, error, attempt, start)
                if delay is None:
                    error.args = (f"{error} Attempts made: {attempt}.",)
                    raise
            else:
                fault = self._fault(response)
                if not isinstance(fault, TransientError):
                    return response
                delay = self._delay(request, fault, attempt, start)
                if delay is None:
                    return response
            self._clock.wait(delay)
            attempt += 1

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()

    def _delay(
        self, request: HttpRequest, error: TransientError, attempt: int, start: float
    ) -> float | None:
        elapsed = self._clock.now() - start
        delay = next_delay(self._policy, error, attempt, elapsed, random.random())
        if delay is not None:
            host = urlsplit(request.url).netloc
            _log.info("%s: attempt %d failed (%s); next in %.1f s", host, attempt, error, delay)
        return delay
