"""Running calls in threads for an event loop, which is never blocked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from posehub.backends.executor import Workers

T = TypeVar("T")
R = TypeVar("R")


async def aordered_map(
    function: Callable[[T], R], items: Iterable[T] | AsyncIterable[T], workers: int
) -> AsyncGenerator[R]:
    """Do as `ordered_map` for an event loop, which is never blocked.

    An ordinary iterable is drawn from in a thread of its own. A result is yielded as soon as it
    is there, however slowly further items come.
    """
    loop = asyncio.get_running_loop()
    threads, drawing = Workers(workers), ThreadPoolExecutor(1, "posehub-drawing")
    places = asyncio.Semaphore(2 * workers)
    results: asyncio.Queue[asyncio.Future[R] | Exception | None] = asyncio.Queue()

    async def start_calls() -> None:
        try:
            index = 0
            async for item in _drawn(items, loop, drawing):
                await places.acquire()
                future = threads.submit(function, index, item)
                results.put_nowait(asyncio.wrap_future(future))
                index += 1
            results.put_nowait(None)
        except Exception as error:
            results.put_nowait(error)

    starting = asyncio.create_task(start_calls())
    try:
        while (result := await results.get()) is not None:
            if isinstance(result, Exception):
                raise result
            yield await result
            places.release()
    finally:
        starting.cancel()
        drawing.shutdown(wait=False, cancel_futures=True)
        await loop.run_in_executor(None, threads.stop)


async def _drawn(
    items: Iterable[T] | AsyncIterable[T],
    loop: asyncio.AbstractEventLoop,
    drawing: ThreadPoolExecutor,
) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    iterator, end = iter(items), object()
    while (drawn := await loop.run_in_executor(drawing, next, iterator, end)) is not end:
        yield drawn  # type: ignore[misc]  # `end` is the one other object
