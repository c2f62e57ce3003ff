"""Calling a backend's `detect_batch`: what it is given is loaded, what it returns is checked."""

from __future__ import annotations

import logging
import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, closing
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from posehub.backends.event_loop import aordered_map
from posehub.backends.executor import ordered_map
from posehub.errors import BackendError, ConfigError, PosehubError, described
from posehub.images.image import Image
from posehub.images.loading import ImageSource, load_image, name_of, own
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

if TYPE_CHECKING:
    from posehub.backends.base import Backend

_log = logging.getLogger("posehub.backends")

Outcome = PoseResult | PosehubError


def checked_boxes(boxes: ArrayLike) -> Float32Array:
    """Return boxes of people as float32 (P, 4).

    Raises:
        ConfigError: they are not boxes.
    """
    try:
        array = np.array(boxes, np.float32)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"boxes must be an array of numbers: {error}.") from error
    array = array.reshape(0, 4) if array.size == 0 else array
    if array.ndim != 2 or array.shape[1] != 4:
        raise ConfigError(f"boxes must have the shape (P, 4), got {array.shape}.")
    if not np.isfinite(array).all() or (array[:, 2:] < array[:, :2]).any():
        raise ConfigError("boxes must be finite, with x1 <= x2 and y1 <= y2.")
    return array


def call(
    backend: Backend, images: Sequence[Image], boxes: Sequence[Float32Array] | None = None
) -> list[PoseResult]:
    """Call `detect_batch` and hold it to its contract.

    Raises:
        ConfigError: the backend was opened before this process was forked, or takes no boxes.
        BackendError: the backend raised something else than a `PosehubError`, or returned
            something else than a result for each image.
        PosehubError: as the backend raised it.
    """
    if backend.process != os.getpid() and not backend.capabilities.fork_safe:
        raise ConfigError(
            f"{backend.info.name} was opened before this process was forked: its connections and "
            "locks belong to the parent. Open a backend in this process, by its name or by "
            "`backend.spec.open()`."
        )
    if boxes is not None and not backend.capabilities.takes_boxes:
        raise ConfigError(
            f"{backend.info.name} finds people itself and takes no boxes. Use a backend that does "
            "(`capabilities.takes_boxes`), or detect without boxes."
        )
    # only backends that declare it have the second argument
    arguments = {} if boxes is None else {"boxes": boxes}
    try:
        results = backend.detect_batch(images, **arguments)
    except PosehubError:
        raise
    except (Exception, SystemExit) as error:
        raise BackendError(
            f"{backend.info.name} failed with {described(error)}. "
            "This is a fault of the plugin; please report it to its authors."
        ) from error
    if breach := _breach(results, len(images)):
        raise BackendError(
            f"{backend.info.name} returned {breach}. "
            "This is a fault of the plugin; please report it to its authors."
        )
    return results


def _breach(results: Any, count: int) -> str:
    """Return how results break the contract of `detect_batch`, or "" if they keep it."""
    # checked because plugins are not always typed
    if not isinstance(results, list):
        return f"a {type(results).__name__} instead of a list of results"
    if len(results) != count:
        return f"{len(results)} results for {count} images"
    others = [type(r).__name__ for r in results if not isinstance(r, PoseResult)]
    return f"a {others[0]} instead of a PoseResult" if others else ""


def records_of(
    backend: Backend, images: Iterable[ImageSource], workers: int, *, digests: bool
) -> Generator[Record]:
    """Yield a record for each image, in order; see `Backend.detect_records`."""
    size = backend.capabilities.max_batch
    # images that are drawn ahead must not be changed by the caller meanwhile
    ahead = workers > 1 or size > 1
    jobs = _batched(images, size, _holder(backend) if ahead else lambda source: source)
    settle = partial(_settle, backend, digests=digests)
    with closing(ordered_map(settle, jobs, workers)) as batches:
        for records in batches:
            yield from records


async def arecords_of(
    backend: Backend, images: Iterable[ImageSource] | AsyncIterable[ImageSource], workers: int
) -> AsyncGenerator[Record]:
    """Yield a record for each image, in order; see `Backend.adetect_many`."""
    jobs: Iterable[list[_Job]] | AsyncIterable[list[_Job]]
    if isinstance(images, AsyncIterable):
        jobs = _singly(images, _holder(backend))
    else:
        jobs = _batched(images, backend.capabilities.max_batch, _holder(backend))
    settle = partial(_settle, backend, digests=False)
    async with aclosing(aordered_map(settle, jobs, workers)) as batches:
        async for records in batches:
            for record in records:
                yield record


def outcomes_of(records: Generator[Record], on_error: str) -> Iterator[Outcome]:
    """Yield the results of records; raise or yield their errors."""
    with closing(records):
        for record in records:
            yield _outcome(record, on_error)


async def aoutcomes_of(records: AsyncGenerator[Record], on_error: str) -> AsyncIterator[Outcome]:
    """Do as `outcomes_of` in an event loop."""
    async with aclosing(records):
        async for record in records:
            yield _outcome(record, on_error)


def _outcome(record: Record, on_error: str) -> Outcome:
    if record.error is not None and on_error == "return":
        return _without_frames(record.error)
    return record.people


def to_keep(records: Iterator[Record]) -> Iterator[Record]:
    """Yield records whose errors hold no image."""
    for record in records:
        if record.error is not None:
            _without_frames(record.error)
        yield record


@frozen
class _Job:
    """One image to detect in: what to call it, and where it comes from."""

    name: str
    source: ImageSource | PosehubError


Hold = Callable[[ImageSource], ImageSource]


def _holder(backend: Backend) -> Hold:
    return partial(own, max_pixels=backend.max_pixels)


def _job(number: int, source: ImageSource, hold: Hold) -> _Job:
    name = name_of(source) or f"image {number}"
    try:
        return _Job(name, hold(source))
    except PosehubError as error:
        return _Job(name, error)


def _batched(images: Iterable[ImageSource], size: int, hold: Hold) -> Iterator[list[_Job]]:
    """Yield jobs in batches; if `images` raises, the batch begun is yielded first."""
    batch: list[_Job] = []
    numbered = enumerate(images, 1)
    while True:
        try:
            number, source = next(numbered)
        except StopIteration:
            break
        except Exception:
            if batch:
                yield batch
            raise
        batch.append(_job(number, source, hold))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def _singly(images: AsyncIterable[ImageSource], hold: Hold) -> AsyncIterator[list[_Job]]:
    """Yield batches of one: a batch that waits for the next image would delay this one."""
    number = 0
    async for source in images:
        number += 1
        yield [_job(number, source, hold)]


def _settle(backend: Backend, jobs: Sequence[_Job], *, digests: bool) -> list[Record]:
    """Return a record for each job; a bad image spoils no other."""
    loaded = [_load(backend, job.source) for job in jobs]
    images = [image for image in loaded if isinstance(image, Image)]
    outcomes = iter(_outcomes(backend, images))
    records = []
    for job, image in zip(jobs, loaded, strict=True):
        if isinstance(image, Image):
            digest = image.digest if digests else None
            records.append(_record(job.name, next(outcomes), image.size, digest))
        else:
            records.append(_record(job.name, image))
    return records


def _load(backend: Backend, source: ImageSource | PosehubError) -> Image | PosehubError:
    try:
        if isinstance(source, PosehubError):
            return source
        return load_image(source, max_pixels=backend.max_pixels)
    except PosehubError as error:
        return error


def _outcomes(backend: Backend, images: Sequence[Image]) -> list[Outcome]:
    """Return a result or an error for each image; a failed batch is repeated one by one."""
    if not images:
        return []
    try:
        return [*call(backend, images)]
    except PosehubError as error:
        if len(images) == 1:
            return [error]
    return [outcome for image in images for outcome in _outcomes(backend, [image])]


def _record(
    name: str, outcome: Outcome, size: tuple[int, int] | None = None, digest: str | None = None
) -> Record:
    if isinstance(outcome, PoseResult):
        return Record(name, outcome, digest=digest)
    return Record(name, error=outcome, size=size, digest=digest)


def _without_frames(error: PosehubError) -> PosehubError:
    """Return an error without tracebacks: their frames would keep the image of the failed call in
    memory for as long as the error is kept. They are logged at level DEBUG.
    """
    _log.debug("an image failed", exc_info=error)
    waiting: list[BaseException | None] = [error]
    stripped: set[int] = set()  # an error may name itself as its cause
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in stripped:
            stripped.add(id(one))
            one.__traceback__ = None
            waiting += [one.__cause__, one.__context__]
    return error
