"""Calling again when an error may pass."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence

from attrs import frozen

from posehub.backend import Backend
from posehub.errors import TransientError
from posehub.image import Image
from posehub.model import PoseResult
from posehub.parallel import pause
from posehub.wrappers.base import Wrapper

_log = logging.getLogger("posehub.retry")


@frozen
class RetryPolicy:
    """When to call again.

    Attributes:
        max_retries: repeats after the first attempt.
        deadline: seconds from the first attempt's start in which the last one must start.
        base_delay: seconds to wait before the first repeat; each further wait is twice as long.
        max_delay: seconds a wait never exceeds, unless the service itself asks for more.
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
        policy: when to call again.
        error: what the last attempt raised.
        attempt: how many attempts were made, from 1.
        elapsed: seconds since the first attempt began.
        jitter: from [0, 1), random, so that clients which failed together do not return together.
    """
    allowed = policy.max_retries
    if error.max_retries is not None:
        allowed = min(allowed, error.max_retries)
    if attempt > allowed:
        return None
    # the exponent has a bound because a float has: the product would overflow at attempt 1025
    backoff = min(policy.base_delay * 2 ** min(attempt - 1, 64), policy.max_delay)
    delay = backoff * (0.5 + jitter / 2)
    if error.retry_after is not None:
        # the jitter comes on top: coming back earlier than asked would be refused again
        delay += error.retry_after
    return delay if elapsed + delay < policy.deadline else None


class Retry(Wrapper):
    """Repeats calls that fail with a `TransientError`, and no others.

    Args:
        inner: the backend to call.
        max_retries: repeats after the first attempt.
        deadline: seconds from the first attempt's start in which the last one must start.
        waits: whether to wait between attempts; a recording needs no time to recover.
    """

    def __init__(
        self, inner: Backend, *, max_retries: int, deadline: float, waits: bool = True
    ) -> None:
        super().__init__(inner)
        self._policy = RetryPolicy(max_retries, deadline)
        self._waits = waits

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Call until it succeeds, fails for good, or the policy gives up.

        Raises:
            TransientError: the last attempt's error.
        """
        start = time.monotonic()
        attempt = 1
        while True:
            try:
                return self.inner.detect_batch(images)
            except TransientError as error:
                elapsed = time.monotonic() - start
                delay = next_delay(self._policy, error, attempt, elapsed, random.random())
                if delay is None:
                    raise
                _log.info(
                    "%s: attempt %d failed (%s); next in %.1f s",
                    self.info.name,
                    attempt,
                    error,
                    delay,
                )
            if self._waits:
                pause(delay)
            attempt += 1
