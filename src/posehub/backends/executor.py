"""Running calls in threads: in order, lazily, with bounded memory, and stoppable at any time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from itertools import count, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_numbers = count()
_ticket: ContextVar[tuple[int, ...] | None] = ContextVar("ticket", default=None)
_workers: ContextVar[tuple[Workers, int] | None] = ContextVar("workers", default=None)
_stop_requested: ContextVar[threading.Event | None] = ContextVar("stop_requested", default=None)


class Stopped(BaseException):
    """Raised inside a worker thread whose consumer has stopped; nothing catches it but the pool."""


def pause(seconds: float) -> None:
    """Sleep, but end at once when the consumer of this worker's results stops.

    Raises:
        Stopped: the consumer stopped.
    """
    stop = _stop_requested.get()
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise Stopped


def ticket() -> tuple[int, ...]:
    """Return a number by which the calls of this process sort in the order in which they were made.

    The calls for one item of `ordered_map` share the item's, in whichever thread they run.
    """
    held = _ticket.get()
    return (next(_numbers),) if held is None else held


def wait_for_earlier_items() -> None:
    """Wait until the calls for all earlier items of `ordered_map` have ended.

    For calls whose order matters, such as playing recorded responses one by one. Items start in
    order, so that the earliest one never waits. Outside `ordered_map` this does nothing.

    Raises:
        Stopped: the consumer stopped.
    """
    held = _workers.get()
    if held is not None:
        workers, index = held
        workers.wait_for_items_before(index)


class Workers:
    """Threads that run calls, and end them early when `stop` is called."""

    def __init__(self, workers: int) -> None:
        self._stop = threading.Event()
        self._number = ticket()[0]
        self._threads = ThreadPoolExecutor(workers, "posehub-worker")
        self._ended = threading.Condition()
        self._later_ended: set[int] = set()  # calls that ended before an earlier one
        self._earliest = 0  # the first item whose call has not ended

    def submit(self, function: Callable[[T], R], index: int, item: T) -> Future[R]:
        """Start `function(item)`; `index` is the place of the item among all."""

        def run() -> R:
            # never reset: the threads are this call's own
            _stop_requested.set(self._stop)
            _ticket.set((self._number, index))
            _workers.set((self, index))
            try:
                return function(item)
            finally:
                self._end(index)

        return self._threads.submit(run)

    def wait_for_items_before(self, index: int) -> None:
        """Wait until the calls for all earlier items have ended.

        Raises:
            Stopped: the consumer stopped.
        """
        with self._ended:
            self._ended.wait_for(lambda: self._earliest >= index or self._stop.is_set())
        if self._stop.is_set():
            raise Stopped

    def _end(self, index: int) -> None:
        with self._ended:
            self._later_ended.add(index)
            while self._earliest in self._later_ended:
                self._later_ended.remove(self._earliest)
                self._earliest += 1
            self._ended.notify_all()

    def stop(self) -> None:
        """Start no further call, end pauses at once, and wait for the calls that run."""
        with self._ended:
            self._stop.set()
            self._ended.notify_all()
        self._threads.shutdown(wait=True, cancel_futures=True)


def ordered_map(function: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[R]:
    """Yield `function(item)` for each item in order, computed by up to `workers` threads.

    At most 2 x `workers` items are under way or waiting to be consumed. With one worker everything
    happens in the caller's thread. If `items` raises, the results of the items before are yielded
    first. When the iterator is closed, a call raises or the caller is interrupted, no further call
    starts, pauses end at once, and running calls are waited for.
    """
    if workers == 1:
        yield from map(function, items)
        return
    source = _Source(items)
    threads = Workers(workers)
    pending: deque[Future[R]] = deque()
    try:
        pending.extend(threads.submit(function, *item) for item in islice(source, 2 * workers))
        while pending:
            # popped first, so that the result is not kept alive while the consumer holds it
            yield pending.popleft().result()
            pending.extend(threads.submit(function, *item) for item in islice(source, 1))
    finally:
        threads.stop()
    source.raise_failure()


class _Source(Iterator[tuple[int, T]]):
    """Numbered items; an error of their iterator ends them, and is raised later."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = enumerate(items)
        self._failure: Exception | None = None

    def __next__(self) -> tuple[int, T]:
        if self._failure is not None:
            raise StopIteration
        try:
            return next(self._items)
        except StopIteration:
            raise
        except Exception as error:
            self._failure = error
            raise StopIteration from None

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
