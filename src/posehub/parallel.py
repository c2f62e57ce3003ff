"""Running calls in threads: in order, lazily, with bounded memory, and stoppable at any time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from itertools import count, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_numbers = count()
_ticket: ContextVar[tuple[int, ...] | None] = ContextVar("ticket", default=None)
_stop_requested: ContextVar[threading.Event | None] = ContextVar("stop_requested", default=None)


class Stopped(BaseException):
    """Raised inside a worker whose consumer is gone; nobody is left to see it."""


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
    """Return a number by which the calls of this process sort in the order they were asked for.

    The calls for one item of `ordered_map` share the item's, whichever thread makes them.
    """
    held = _ticket.get()
    return (next(_numbers),) if held is None else held


def ordered_map(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `function(item)` for each item in order, computed by up to `workers` threads.

    At most 2 x `workers` items are under way or waiting to be consumed. With one worker everything
    happens in the caller's thread. When the iterator is closed, an item raises or the caller is
    interrupted, no further call starts, pauses end at once, and running calls are waited for.
    """
    if workers == 1:
        yield from map(function, items)
        return
    stop = threading.Event()
    number = ticket()[0]

    def run(numbered: tuple[int, T]) -> R:
        index, item = numbered
        # never reset: the threads are this call's own
        _stop_requested.set(stop)
        _ticket.set((number, index))
        return function(item)

    remaining = enumerate(items)
    pending: deque[Future[R]] = deque()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="posehub")
    try:
        pending.extend(executor.submit(run, item) for item in islice(remaining, 2 * workers))
        while pending:
            # popped first, so that the result is not kept alive while the consumer holds it
            yield pending.popleft().result()
            pending.extend(executor.submit(run, item) for item in islice(remaining, 1))
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)
