"""One entry of a data set: a result and the picture it is about."""

from __future__ import annotations

from attrs import frozen

from posehub.model import PoseResult


@frozen
class Record:
    """A result and its picture's identity, as files of results keep them.

    Attributes:
        image: file name of the picture as the data set writes it, or "" if it has none.
        result: the people in it.
        image_id: the picture's number in its data set, as COCO files have it, or None.
    """

    image: str
    result: PoseResult
    image_id: int | None = None

    def __str__(self) -> str:
        if self.image:
            return repr(self.image)
        return "without a name" if self.image_id is None else f"with id {self.image_id}"
