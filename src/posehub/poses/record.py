"""One image of many with its result, or with the error in its place."""

from __future__ import annotations

from typing import Any

from attrs import Factory, field, frozen

from posehub.errors import PosehubError
from posehub.poses.result import PoseResult


def _fault(error: PosehubError | None) -> Any:
    """Return the values by which two errors are compared: exceptions compare by identity."""
    if error is None:
        return None
    return type(error), str(error), getattr(error, "code", None)


def _size_of(record: Record) -> tuple[int, int] | None:
    return None if record.result is None else record.result.image_size


@frozen
class Record:
    """One image of a folder, video or file of results, with its result or error.

    Attributes:
        image: name of the image: its path as given, "image 1" for the first image without a path,
            or "" if a file of results does not name it.
        result: the people, or None if the image failed.
        error: why the image failed, or None. Either `result` or `error` is given.
        image_id: the number by which COCO files name the image, or None.
        size: (width, height) of the upright image, or None if unknown; that of the result unless
            given.
        digest: "sha256:<hex>" of the image, as `Image.digest` has it, or None if unknown.
        frame: index of the image in its video, from 0, or None.
        time: seconds from the start of its video, or None.

    Raises:
        ValueError: both or neither of `result` and `error` are given.
    """

    image: str
    result: PoseResult | None = None
    image_id: int | None = None
    error: PosehubError | None = field(default=None, eq=_fault, kw_only=True)
    size: tuple[int, int] | None = field(default=Factory(_size_of, takes_self=True), kw_only=True)
    digest: str | None = field(default=None, kw_only=True)
    frame: int | None = field(default=None, kw_only=True)
    time: float | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.result is None) == (self.error is None):
            raise ValueError("a record has a result, or an error in its place")

    @property
    def people(self) -> PoseResult:
        """The result.

        Raises:
            PosehubError: the image failed; this is its error.
        """
        if self.error is not None:
            raise self.error
        assert self.result is not None, "a record without an error has a result"
        return self.result

    def __str__(self) -> str:
        """Return the name of the image for a message."""
        if self.image:
            return repr(self.image)
        return "without a name" if self.image_id is None else f"with id {self.image_id}"
