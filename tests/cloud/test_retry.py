"""Calling again when an error may pass."""

from __future__ import annotations

import threading

import pytest

from posehub import load_image
from posehub.cloud.retry import Retry, RetryPolicy, next_delay
from posehub.errors import (
    AuthError,
    BackendError,
    BackendTimeoutError,
    ConfigError,
    ImageError,
    QuotaExceededError,
    RateLimitedError,
    TransientError,
)

PATIENCE = 60


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("posehub.cloud.retry.time.monotonic", clock.monotonic)
    monkeypatch.setattr("posehub.backends.executor.time.sleep", clock.sleep)
    return clock


def _error(**fields):
    return TransientError("not now", **fields)


POLICY = RetryPolicy(max_retries=3, deadline=100, base_delay=1, max_delay=10)
ENDLESS = RetryPolicy(max_retries=10**6, deadline=1e9, base_delay=1.0, max_delay=10)


@pytest.mark.parametrize(
    ("policy", "error", "attempt", "elapsed", "jitter", "delay"),
    [
        # each wait is twice as long as the last; the jitter takes away up to half of it
        (POLICY, _error(), 1, 0, 1, 1),
        (POLICY, _error(), 1, 0, 0, 0.5),
        (POLICY, _error(), 1, 0, 0.5, 0.75),
        (POLICY, _error(), 2, 0, 1, 2),
        (POLICY, _error(), 3, 0, 1, 4),
        (POLICY, _error(), 3, 0, 0, 2),
        # as many repeats as the policy allows
        (POLICY, _error(), 4, 0, 1, None),
        (RetryPolicy(0, 100), _error(), 1, 0, 0, None),
        # and no more than the error allows
        (POLICY, _error(max_retries=1), 1, 0, 1, 1),
        (POLICY, _error(max_retries=1), 2, 0, 1, None),
        (POLICY, _error(max_retries=0), 1, 0, 1, None),
        (POLICY, _error(max_retries=9), 4, 0, 1, None),
        # a wait has a cap
        (ENDLESS, _error(), 5, 0, 1, 10),
        (ENDLESS, _error(), 100, 0, 1, 10),
        (ENDLESS, _error(), 5000, 0, 1, 10),
        # what the service asks for is waited for, the jitter on top, beyond the cap too
        (POLICY, _error(retry_after=5), 1, 0, 0, 5.5),
        (POLICY, _error(retry_after=5), 1, 0, 1, 6),
        (POLICY, _error(retry_after=60), 1, 0, 1, 61),
        (POLICY, _error(retry_after=0), 1, 0, 1, 1),
        # no attempt starts behind the deadline
        (POLICY, _error(), 1, 98.9, 1, 1),
        (POLICY, _error(), 1, 99, 1, None),
        (POLICY, _error(), 1, 500, 0, None),
        (POLICY, _error(retry_after=100), 1, 0, 0, None),
    ],
)
def test_the_next_delay(policy, error, attempt, elapsed, jitter, delay):
    assert next_delay(policy, error, attempt, elapsed, jitter) == delay


def _failing(make_backend, errors):
    """A backend that raises each of `errors` in turn, then answers."""
    remaining = iter(errors)

    def answer(images):
        for error in remaining:
            raise error
        return backend.nobody(images)

    backend = make_backend(answer)
    return backend


def test_a_call_that_succeeds_is_made_once(make_backend, pictures, clock):
    inner = _failing(make_backend, [])
    Retry(inner, max_retries=3, deadline=100).detect(pictures.numbered(0))
    assert (len(inner.batches), clock.slept) == (1, [])


@pytest.mark.parametrize("kind", [TransientError, RateLimitedError, BackendTimeoutError])
def test_a_passing_error_is_repeated_until_it_passes(kind, make_backend, pictures, clock):
    inner = _failing(make_backend, [kind("a"), kind("b")])
    result = Retry(inner, max_retries=3, deadline=100).detect(pictures.numbered(4))
    assert result.image_size == (5, 1)
    assert inner.batches == [[(5, 1)]] * 3
    first, second = clock.slept
    assert 0.25 <= first <= 0.5
    assert 0.5 <= second <= 1.0


@pytest.mark.parametrize(
    "error",
    [
        BackendError("no"),
        AuthError("no"),
        QuotaExceededError("no"),
        ImageError("no"),
        ConfigError("no"),
        RuntimeError("no"),
    ],
)
def test_any_other_error_is_not_repeated(error, make_backend, pictures, clock):
    inner = _failing(make_backend, [error])
    retry = Retry(inner, max_retries=3, deadline=100)
    with pytest.raises(type(error)) as caught:
        retry.detect_batch([load_image(pictures.numbered(0))])
    assert caught.value is error
    assert (len(inner.batches), clock.slept) == (1, [])


def test_the_last_attempts_error_is_raised_when_the_repeats_are_used_up(
    make_backend, pictures, clock
):
    errors = [_error(code=number) for number in range(10)]
    inner = _failing(make_backend, errors)
    with pytest.raises(TransientError) as caught:
        Retry(inner, max_retries=3, deadline=1000).detect(pictures.numbered(0))
    assert caught.value is errors[3]
    assert (len(inner.batches), len(clock.slept)) == (4, 3)


def test_an_error_that_allows_one_repeat_gets_one(make_backend, pictures, clock):
    inner = _failing(make_backend, [_error(max_retries=1)] * 10)
    with pytest.raises(TransientError):
        Retry(inner, max_retries=3, deadline=1000).detect(pictures.numbered(0))
    assert len(inner.batches) == 2


def test_what_the_service_asks_for_is_waited_for(make_backend, pictures, clock):
    inner = _failing(make_backend, [_error(retry_after=20)])
    Retry(inner, max_retries=3, deadline=100).detect(pictures.numbered(0))
    [slept] = clock.slept
    assert 20 < slept <= 20.5


def test_the_deadline_counts_the_time_of_the_calls_too(make_backend, pictures, clock):
    def answer(images):
        clock.now += 40
        raise _error()

    inner = make_backend(answer)
    with pytest.raises(TransientError):
        Retry(inner, max_retries=100, deadline=100).detect(pictures.numbered(0))
    assert len(inner.batches) == 3


def test_each_call_has_a_deadline_and_repeats_of_its_own(make_backend, pictures, clock):
    inner = _failing(make_backend, [_error()] * 6)
    retry = Retry(inner, max_retries=3, deadline=100)
    with pytest.raises(TransientError):
        retry.detect(pictures.numbered(0))
    clock.now += 1000
    retry.detect(pictures.numbered(0))
    assert len(inner.batches) == 4 + 3


def test_a_wait_is_logged_with_attempt_and_reason(make_backend, pictures, clock, caplog):
    caplog.set_level("INFO", logger="posehub.retry")
    Retry(_failing(make_backend, [_error()]), max_retries=3, deadline=100).detect(
        pictures.numbered(0)
    )
    [message] = caplog.messages
    assert message.startswith("fake: attempt 1 failed (not now); next in 0.")


def test_a_wait_ends_at_once_when_the_consumer_is_gone(make_backend, pictures):
    failed = threading.Event()

    def answer(images):
        if images[0].size == (1, 1):
            return inner.nobody(images)
        failed.set()
        raise _error(retry_after=10 * PATIENCE)

    inner = make_backend(answer)
    retry = Retry(inner, max_retries=3, deadline=1e6)
    results = retry.detect_many(map(pictures.numbered, range(100)), workers=2)
    next(results)
    assert failed.wait(PATIENCE)
    results.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("posehub")]
    assert len(inner.batches) <= 5


def test_the_wrapper_closes_and_describes_the_backend_inside(make_backend):
    inner = make_backend()
    retry = Retry(inner, max_retries=1, deadline=1)
    retry.close()
    assert inner.closed == 1
    assert retry.info is inner.info
    assert repr(retry) == "<retry <posehub backend 'fake'>>"
