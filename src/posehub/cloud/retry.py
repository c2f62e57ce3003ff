"""Sending a request again when its error may pass."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from attrs import frozen

from posehub.backends.executor import pause
from posehub.backends.transport import HttpRequest, HttpResponse, Transport
from posehub.errors import PosehubError, TransientError

_log = logging.getLogger("posehub.retry")


@frozen
class RetryPolicy:
    """When to send a request again.

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


class RetryingTransport:
    """Sends a request again if its error may pass, and only then.

    Args:
        inner: the transport to send through.
        fault: the error that a response stands for, or None.
        policy: when to send again.
        waits: whether to wait between attempts; a cassette needs no time to recover.
    """

    def __init__(
        self,
        inner: Transport,
        fault: Callable[[HttpResponse], PosehubError | None],
        policy: RetryPolicy,
        *,
        waits: bool = True,
    ) -> None:
        self._inner = inner
        self._fault = fault
        self._policy = policy
        self._waits = waits

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the first good response, or the last one if the policy gives up.

        Raises:
            TransientError: the last attempt got no response.
        """
        start = time.monotonic()
        attempt = 1
        while True:
            response: HttpResponse | None = None
            try:
                response = self._inner.send(request)
                fault = self._fault(response)
                if not isinstance(fault, TransientError):
                    return response
            except TransientError as error:
                fault = error
            elapsed = time.monotonic() - start
            delay = next_delay(self._policy, fault, attempt, elapsed, random.random())
            if delay is None:
                if response is None:
                    raise fault
                return response  # whoever decodes it raises the error
            _log.info(
                "%s: attempt %d failed (%s); next in %.1f s",
                urlsplit(request.url).netloc,
                attempt,
                fault,
                delay,
            )
            if self._waits:
                pause(delay)
            attempt += 1

    def close(self) -> None:
        """Close the transport inside."""
        self._inner.close()
