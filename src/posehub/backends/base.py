"""What a backend is: one method to implement, and the ways to call it."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from numpy.typing import ArrayLike

from posehub.backends.calling import (
    Outcome,
    aoutcomes_of,
    arecords_of,
    call,
    checked_boxes,
    outcomes_of,
    records_of,
    to_keep,
)
from posehub.backends.info import BackendInfo, Capabilities
from posehub.errors import ConfigError
from posehub.images.image import Image
from posehub.images.limits import DEFAULT_MAX_PIXELS
from posehub.images.loading import ImageSource, load_image
from posehub.poses.record import Record
from posehub.poses.result import PoseResult

if TYPE_CHECKING:
    from posehub.backends.spec import BackendSpec

OnError = Literal["raise", "return"]


class Backend(ABC):
    """Finds people in images. A subclass sets `info` and implements `detect_batch`.

    A backend that holds files, sockets or models also overrides `close`, which may be called
    twice. Options and credentials never appear in its repr.

    Attributes:
        info: its description.
        max_pixels: width x height above which an image is refused before it is decoded.
        spec: what opens an equal backend in another process; None unless `open_backend` made it.
        process: id of the process it was made in.
    """

    info: BackendInfo
    max_pixels: int = DEFAULT_MAX_PIXELS
    spec: BackendSpec | None = None
    process: int
    _threads: ThreadPoolExecutor | None = None

    def __new__(cls, *_arguments: Any, **_options: Any) -> Self:
        """Remember the process here, so that subclasses need not call `super().__init__()`."""
        backend = super().__new__(cls)
        backend.process = os.getpid()
        return backend

    @abstractmethod
    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the people in each image, in order, coordinates in the image's own pixels.

        Raises:
            PosehubError: the call failed as a whole.
        """

    def close(self) -> None:  # noqa: B027  # most backends hold nothing; a default is no stub
        """Release what the backend holds."""

    @property
    def capabilities(self) -> Capabilities:
        """What this opened backend can take; override it where the options decide."""
        return self.info.capabilities

    def detect(self, image: ImageSource, *, boxes: ArrayLike | None = None) -> PoseResult:
        """Return the people in one image.

        Args:
            image: a path, bytes, a binary file object, a PIL image, or a uint8 RGB array (H, W, 3).
            boxes: (P, 4), x1, y1, x2, y2 in pixels, of people known already; one person is returned
                for each, in order. For backends whose `capabilities.takes_boxes` is true.

        Raises:
            ImageError: `image` is not an image that this backend takes.
            ConfigError: `boxes` has another shape, or the backend takes none.
            BackendError: the backend failed.
        """
        given = None if boxes is None else [checked_boxes(boxes)]
        return call(self, [load_image(image, max_pixels=self.max_pixels)], given)[0]

    @overload
    def detect_many(
        self,
        images: Iterable[ImageSource],
        *,
        workers: int = 1,
        on_error: Literal["raise"] = "raise",
    ) -> Iterator[PoseResult]: ...
    @overload
    def detect_many(
        self, images: Iterable[ImageSource], *, workers: int = 1, on_error: OnError
    ) -> Iterator[Outcome]: ...
    def detect_many(
        self, images: Iterable[ImageSource], *, workers: int = 1, on_error: OnError = "raise"
    ) -> Iterator[Outcome]:
        """Yield the people in each image: lazily, in input order, in bounded memory.

        Args:
            images: as for `detect`; drawn from as results are consumed, at most 2 x `workers`
                batches ahead. What was drawn may be changed by the caller: it has been copied.
            workers: threads that call the backend.
            on_error: "raise" raises the first failed image's error in its place; "return" yields
                the `PosehubError` in its place and goes on.

        Raises:
            ConfigError: an argument is not one of the above.
        """
        _check(images, workers, on_error, Iterable)
        return outcomes_of(records_of(self, images, workers, digests=False), on_error)

    def detect_records(
        self, images: Iterable[ImageSource], *, workers: int = 1
    ) -> Iterator[Record]:
        """Yield a `Record` for each image: its name and digest, and its result or its error.

        Never raises for an image. Arguments and order as for `detect_many`.
        """
        _check(images, workers, "return", Iterable)
        return to_keep(records_of(self, images, workers, digests=True))

    async def adetect(self, image: ImageSource, *, boxes: ArrayLike | None = None) -> PoseResult:
        """Do as `detect` without blocking the event loop.

        At most `capabilities.workers` of these calls run at the same time.
        """
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self.capabilities.workers, "posehub-async")
        detect = partial(self.detect, image, boxes=boxes)
        return await asyncio.get_running_loop().run_in_executor(self._threads, detect)

    @overload
    def adetect_many(
        self,
        images: Iterable[ImageSource] | AsyncIterable[ImageSource],
        *,
        workers: int | None = None,
        on_error: Literal["raise"] = "raise",
    ) -> AsyncIterator[PoseResult]: ...
    @overload
    def adetect_many(
        self,
        images: Iterable[ImageSource] | AsyncIterable[ImageSource],
        *,
        workers: int | None = None,
        on_error: OnError,
    ) -> AsyncIterator[Outcome]: ...
    def adetect_many(
        self,
        images: Iterable[ImageSource] | AsyncIterable[ImageSource],
        *,
        workers: int | None = None,
        on_error: OnError = "raise",
    ) -> AsyncIterator[Outcome]:
        """Do as `detect_many` without blocking the event loop.

        Args:
            images: as for `detect_many`, or an asynchronous iterable.
            workers: threads that call the backend; None for `capabilities.workers`.
            on_error: as for `detect_many`.
        """
        workers = self.capabilities.workers if workers is None else workers
        _check(images, workers, on_error, (Iterable, AsyncIterable))
        return aoutcomes_of(arecords_of(self, images, workers), on_error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return f"<posehub backend {self.info.name!r}>"


def _check(images: Any, workers: Any, on_error: Any, kinds: Any) -> None:
    """Check the arguments of a call for many images.

    Raises:
        ConfigError: one is not what it should be.
    """
    # one image may be iterable, too: bytes, an open file, an array of rows
    one = isinstance(images, (str, bytes, bytearray, memoryview)) or hasattr(images, "read")
    one = one or getattr(images, "ndim", None) == 3
    if one or not isinstance(images, kinds):
        raise ConfigError(
            f"Many images are given as an iterable, such as a list of paths, got one "
            f"{type(images).__name__}. For one image there is detect()."
        )
    if type(workers) is not int or workers < 1:
        raise ConfigError(f"workers must be a whole number of at least 1, got {workers!r}.")
    if on_error not in ("raise", "return"):
        raise ConfigError(f"on_error must be 'raise' or 'return', got {on_error!r}.")
