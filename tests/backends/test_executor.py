"""Running calls in threads: in order, lazily, with bounded memory, and stoppable at any time."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from posehub.backends.executor import Stopped, ordered_map, pause

PATIENCE = 60  # seconds until a wait that should have ended long ago fails the test


def _workers():
    return [t for t in threading.enumerate() if t.name.startswith("posehub-worker")]


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(ordered_map(lambda n: n * n, range(100), workers)) == [n * n for n in range(100)]


def test_results_come_in_order_though_the_first_finishes_last():
    last_done = threading.Event()

    def work(number):
        if number == 0:
            assert last_done.wait(PATIENCE)
        if number == 3:
            last_done.set()
        return number

    assert list(ordered_map(work, range(4), 2)) == [0, 1, 2, 3]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_items_give_no_results(workers):
    assert list(ordered_map(str, [], workers)) == []


def test_as_many_calls_run_at_once_as_there_are_workers():
    together = threading.Barrier(3)
    done = list(ordered_map(lambda _: together.wait(PATIENCE), range(6), 3))
    assert sorted(done) == [0, 0, 1, 1, 2, 2]
    assert not together.broken


def test_one_worker_is_the_callers_own_thread():
    threads = set(ordered_map(lambda _: threading.current_thread(), range(3), 1))
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize(("workers", "ahead"), [(1, 0), (2, 3), (4, 7)])
def test_items_are_drawn_as_results_are_consumed(workers, ahead):
    drawn = 0

    def items():
        nonlocal drawn
        for number in range(1000):
            drawn += 1
            yield number

    results = ordered_map(str, items(), workers)
    assert drawn == 0
    for consumed, _ in enumerate(results, start=1):
        assert drawn == min(consumed + ahead, 1000)


def test_an_error_is_raised_in_its_place():
    def work(number):
        if number == 3:
            raise ValueError("three")
        return number

    results = ordered_map(work, range(100), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert _workers() == []


def test_an_error_of_the_items_is_raised_after_the_workers_stopped():
    def items():
        yield from range(5)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(ordered_map(str, items(), 2))
    assert _workers() == []


@pytest.mark.parametrize("end", ["close", "error"])
def test_no_call_starts_when_the_consumer_has_stopped(end):
    started = []
    first_may_end = threading.Event()

    def work(number):
        started.append(number)
        if number == 1:
            first_may_end.wait(PATIENCE)
        if number == 0 and end == "error":
            raise ValueError
        return number

    results = ordered_map(work, range(1000), 2)
    if end == "error":
        # the worker of item 1 is let go only after the error arrived
        first_may_end.set()
        with pytest.raises(ValueError, match=r"^$"):
            list(results)
    else:
        next(results)
        first_may_end.set()
        results.close()
    assert _workers() == []
    assert len(started) <= 5


def test_a_pause_ends_at_once_when_the_consumer_stops():
    pausing = threading.Event()

    def work(number):
        if number == 1:
            pausing.set()
            pause(10 * PATIENCE)
        return number

    results = ordered_map(work, range(1000), 2)
    next(results)
    assert pausing.wait(PATIENCE)
    results.close()
    assert _workers() == []


def test_a_call_that_begins_to_pause_after_the_stop_is_stopped_too():
    seen = []
    running = threading.Event()

    def work(number):
        if number == 1:
            running.set()
            try:
                while True:
                    pause(0.01)
            except Stopped as stopped:
                seen.append(stopped)
                raise
        return number

    results = ordered_map(work, range(2), 2)
    next(results)
    assert running.wait(PATIENCE)
    results.close()
    assert len(seen) == 1


def test_forgetting_the_iterator_stops_its_workers():
    results = ordered_map(str, range(1000), 2)
    next(results)
    del results
    assert _workers() == []


@pytest.fixture
def interrupts():
    """Handle SIGINT as Python does, also where it is ignored, as in a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_stops_the_workers():
    main = threading.main_thread().ident
    asking = threading.Event()
    started = []

    def work(number):
        started.append(number)
        if number == 3:
            assert asking.wait(PATIENCE)
            # the consumer has to wait for this very result, as it mostly does on Ctrl-C
            while sys._current_frames()[main].f_code.co_name != "wait":
                pause(0.001)
            while True:
                # again, because a signal just before the system call does not wake it
                pause(0.05)
                signal.pthread_kill(main, signal.SIGINT)
                pause(2)
        return number

    results = ordered_map(work, range(1000), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    asking.set()
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert _workers() == []
    assert len(started) < 10


def test_a_pause_outside_of_workers_just_sleeps(monkeypatch):
    slept = []
    monkeypatch.setattr("posehub.backends.executor.time.sleep", slept.append)
    pause(5)
    list(ordered_map(pause, [6], 1))
    assert slept == [5, 6]
