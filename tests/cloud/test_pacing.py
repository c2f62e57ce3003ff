"""At most so many calls a second, over all threads."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from posehub.cloud.pacing import Limit


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only when somebody sleeps; `calls` are the times of the calls."""

    class Clock:
        def __init__(self):
            self.now, self.calls = 1000.0, []

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            assert seconds > 0
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr("posehub.cloud.pacing.time.monotonic", clock.monotonic)
    monkeypatch.setattr("posehub.backends.executor.time.sleep", clock.sleep)
    return clock


@pytest.fixture
def limited(make_backend, clock):
    """A factory of limited backends that note the time of each call."""

    def make(qps, takes=0.0):
        def answer(images):
            clock.calls.append(clock.now)
            clock.now += takes
            return inner.nobody(images)

        inner = make_backend(answer)
        return Limit(inner, qps=qps)

    return make


def _gaps(clock):
    return [later - earlier for earlier, later in pairwise(clock.calls)]


def test_the_first_call_does_not_wait(limited, clock, pictures):
    limited(0.001).detect(pictures.numbered(0))
    assert clock.calls == [1000.0]


@pytest.mark.parametrize("qps", [0.5, 2, 10, 300])
def test_calls_are_spaced_evenly_a_little_wider_than_the_rate(qps, limited, clock, pictures):
    list(limited(qps).detect_many(map(pictures.numbered, range(20))))
    gaps = _gaps(clock)
    assert gaps == pytest.approx([gaps[0]] * 19, rel=1e-6)
    # spending at least 97 % of what is allowed
    assert 1 / qps < gaps[0] <= 1 / qps / 0.97


def test_no_second_has_more_calls_than_allowed(limited, clock, pictures):
    list(limited(5).detect_many(map(pictures.numbered, range(40))))
    for start in clock.calls:
        assert sum(start <= time < start + 1 for time in clock.calls) <= 5


def test_a_call_that_takes_longer_than_the_spacing_is_not_followed_by_a_wait(
    limited, clock, pictures
):
    list(limited(10, takes=0.5).detect_many(map(pictures.numbered, range(5))))
    assert _gaps(clock) == pytest.approx([0.5] * 4)


def test_unused_time_is_not_saved_up_for_a_burst(limited, clock, pictures):
    backend = limited(2)
    backend.detect(pictures.numbered(0))
    clock.now += 100
    list(backend.detect_many(map(pictures.numbered, range(3))))
    assert min(_gaps(clock)[1:]) > 0.5


def test_all_threads_share_one_limit(limited, clock, pictures, monkeypatch):
    # workers wait on their stop event, and not in time.sleep
    monkeypatch.setattr("posehub.cloud.pacing.pause", clock.sleep)
    list(limited(4).detect_many(map(pictures.numbered, range(40)), workers=8))
    # each call had its turn at a time of its own; the call itself may come after the next turn
    span = clock.now - 1000
    assert 39 / 4 < span <= 39 / 4 / 0.97


def test_a_waiting_call_ends_at_once_when_the_consumer_is_gone(make_backend, pictures):
    limit = Limit(make_backend(), qps=0.001)
    results = limit.detect_many(map(pictures.numbered, range(100)), workers=3)
    next(results)
    results.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("posehub")]
    assert len(limit.inner.batches) == 1
