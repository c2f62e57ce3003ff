"""What a backend is: one method to implement, and a description that is cheap to read."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from traceback import clear_frames
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from attrs import frozen

from posehub.errors import BackendError, ConfigError, PosehubError
from posehub.image import DEFAULT_MAX_PIXELS, Image, load_image
from posehub.model import PoseResult
from posehub.options import NoOptions
from posehub.parallel import ordered_map
from posehub.transport import Recording

if TYPE_CHECKING:
    from posehub.weights import WheelModels

T = TypeVar("T")


@frozen
class Capabilities:
    """What a backend can take.

    Attributes:
        max_batch: pictures one call of `detect_batch` handles well.
        image_limits: limits on pictures in words, such as "50 to 4096 px a side", or "".
        thread_safe: whether several threads may call `detect_batch` at once; if not, posehub
            lets one at a time in.
        needs_network: whether a call leaves the machine.
    """

    max_batch: int = 1
    image_limits: str = ""
    thread_safe: bool = True
    needs_network: bool = False


@frozen
class Price:
    """What a call costs by the service's public price list.

    Attributes:
        per_call: for one picture.
        currency: code as in ISO 4217, such as "CNY".
    """

    per_call: float
    currency: str


@frozen
class ReplyFormat:
    """How a service's own replies, saved as JSON files, are read and written.

    Attributes:
        keys: of the JSON object, any of which tells it from everything else.
        decode: makes a result of a reply; raises ValueError or PosehubError if it is none.
        encode: makes a reply of a result; raises ValueError saying why there is none.
        lost: what does not come back, in words.
    """

    keys: tuple[str, ...]
    decode: Callable[[bytes], PoseResult]
    encode: Callable[[PoseResult], Mapping[str, Any]]
    lost: str


@frozen(kw_only=True)
class BackendInfo:
    """A backend described without importing it.

    Attributes:
        name: what `open_backend` calls it: lower case, digits and dashes.
        summary: one line for people.
        skeleton: name of the skeleton its results have.
        factory: makes the backend from an instance of `options`; imports the heavy part.
        options: attrs class whose fields are made with `posehub.option`.
        capabilities: what it can take.
        credentials: alternative sets of option names that identify the caller; one complete set
            is needed. Empty if the backend needs none.
        models: model files it needs on this machine, or None.
        recording: how its calls go onto a cassette and come from one, or None.
        price: of a call, or None if it is free or not known.
        replies: how its saved replies are read and written as a format of files, or None.
        version: of the distribution; filled in when the plugin is loaded.
    """

    name: str
    summary: str
    skeleton: str
    factory: Callable[[Any], Backend]
    options: type = NoOptions
    capabilities: Capabilities = Capabilities()
    credentials: tuple[tuple[str, ...], ...] = ()
    models: WheelModels | None = None
    recording: Recording | None = None
    price: Price | None = None
    replies: ReplyFormat | None = None
    version: str = ""


class Backend(ABC):
    """Finds people in pictures. A subclass sets `info` and implements `detect_batch`.

    A backend that holds files, sockets or models also overrides `close`, which may be called
    twice. Options and credentials never appear in its repr.
    """

    info: BackendInfo
    max_pixels: int = DEFAULT_MAX_PIXELS
    """Width x height above which a picture is refused undecoded."""

    @abstractmethod
    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the people in each picture, in order, coordinates in the picture's own pixels.

        Raises:
            PosehubError: the call failed as a whole.
        """

    def close(self) -> None:  # noqa: B027  # most backends hold nothing; a default is no stub
        """Let go of what the backend holds."""

    def detect(self, image: Any) -> PoseResult:
        """Return the people in one picture.

        Args:
            image: a path, bytes, a binary file object, a PIL image, or a uint8 RGB array (H, W, 3).

        Raises:
            ImageError: `image` is not a picture this backend can look at.
            BackendError: the backend failed.
        """
        return self._call([load_image(image, max_pixels=self.max_pixels)])[0]

    async def adetect(self, image: Any) -> PoseResult:
        """Do as `detect`, in a thread, without blocking the event loop."""
        return await asyncio.to_thread(self.detect, image)

    def detect_many(
        self,
        images: Iterable[Any],
        *,
        workers: int = 1,
        on_error: Literal["raise", "return"] = "raise",
    ) -> Iterator[PoseResult | Any]:
        """Yield the people in each picture: lazily, in input order, in bounded memory.

        Args:
            images: pictures as for `detect`; drawn from as results are consumed, at most
                2 x `workers` batches ahead.
            workers: threads that call the backend.
            on_error: "raise" raises the first failed picture's error in its place; "return"
                yields the `PosehubError` in its place and goes on.

        Raises:
            ConfigError: an argument is not one of the above.
        """
        if isinstance(images, (str, bytes)) or not hasattr(type(images), "__iter__"):
            raise ConfigError(
                "detect_many takes several pictures, such as a list of paths, "
                f"got one {type(images).__name__}. For one picture there is detect()."
            )
        if type(workers) is not int or workers < 1:
            raise ConfigError(f"workers must be a whole number of at least 1, got {workers!r}.")
        if on_error not in ("raise", "return"):
            raise ConfigError(f"on_error must be 'raise' or 'return', got {on_error!r}.")
        return self._outcomes(images, workers, on_error)

    def _outcomes(
        self, images: Iterable[Any], workers: int, on_error: str
    ) -> Iterator[PoseResult | PosehubError]:
        batches = _batched(images, self.info.capabilities.max_batch)
        for outcomes in ordered_map(self._settle, batches, workers):
            for outcome in outcomes:
                if isinstance(outcome, PosehubError):
                    if on_error == "raise":
                        raise outcome
                    _clear_frames(outcome)
                yield outcome

    def _settle(self, sources: Sequence[Any]) -> list[PoseResult | PosehubError]:
        """Return a result or an error for each source; one bad picture spoils no other."""
        loaded = [self._load_or_error(source) for source in sources]
        images = [image for image in loaded if isinstance(image, Image)]
        try:
            outcomes: list[PoseResult | PosehubError] = [*self._call(images)] if images else []
        except PosehubError as error:
            if len(images) == 1:
                outcomes = [error]
            else:
                outcomes = [outcome for image in images for outcome in self._settle([image])]
        remaining = iter(outcomes)
        return [next(remaining) if isinstance(item, Image) else item for item in loaded]

    def _load_or_error(self, source: Any) -> Image | PosehubError:
        try:
            return load_image(source, max_pixels=self.max_pixels)
        except PosehubError as error:
            return error

    def _call(self, images: Sequence[Image]) -> list[PoseResult]:
        """Call `detect_batch` and hold it to its contract."""
        try:
            results = self.detect_batch(images)
        except PosehubError:
            raise
        except Exception as error:
            raise BackendError(
                f"{self.info.name} failed with {type(error).__name__}: {error}. "
                "This is a fault of the plugin; please report it to its authors."
            ) from error
        if breach := _breach(results, len(images)):
            raise BackendError(
                f"{self.info.name} gave {breach}. "
                "This is a fault of the plugin; please report it to its authors."
            )
        return results

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<posehub backend {self.info.name!r}>"


def _clear_frames(error: BaseException | None) -> None:
    """Empty the local variables of an error's tracebacks: the picture of the failed call is in
    there, and would stay in memory for as long as somebody keeps the error.
    """
    cleared: set[int] = set()  # an error may name itself as its cause
    while error is not None and id(error) not in cleared:
        clear_frames(error.__traceback__)
        cleared.add(id(error))
        error = error.__cause__ or error.__context__


def _breach(results: Any, count: int) -> str:
    """Return how an answer breaks the contract of `detect_batch`, or "" if it does not."""
    # checked because plugins are other people's code, and not all of it is typed
    if not isinstance(results, list):
        return f"a {type(results).__name__} instead of a list of results"
    if len(results) != count:
        return f"{len(results)} results for {count} pictures"
    strangers = [type(r).__name__ for r in results if not isinstance(r, PoseResult)]
    return f"a {strangers[0]} instead of a PoseResult" if strangers else ""


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
