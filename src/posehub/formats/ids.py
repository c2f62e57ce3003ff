"""Ids of images and categories in files that other tools write: numbers, whole floats or texts."""

from __future__ import annotations

from typing import Any

from posehub.formats import fields

_LARGEST = 2**63 - 1


class Ids:
    """The ids of a file, as integers of 64 bits.

    A number is itself, a text of digits is its number, and any other text gets the next number from
    1 that is not taken.
    """

    def __init__(self) -> None:
        self._renamed: dict[int | str, int] = {}  # where the number is not the id itself
        self._own: set[int] = set()  # where it is
        self._given: set[int] = set()  # the numbers of renamed ids
        self._next = 1

    def __contains__(self, number: object) -> bool:
        return number in self._own or number in self._given

    def add(self, data: Any, key: str) -> int:
        """Return the number of the id `data[key]`, which the file has not named before.

        Raises:
            ValueError: it is not an id, or a duplicate.
        """
        identity = identity_of(data, key)
        if self._known(identity) is not None:
            raise ValueError(f"duplicate {key} {identity!r}")
        return self._added(identity)

    def find(self, data: Any, key: str) -> int | None:
        """Return the number of the id `data[key]`, or None if the file has not named it.

        Raises:
            ValueError: it is not an id.
        """
        identity = identity_of(data, key)
        known = self._known(identity)
        if known is None and isinstance(identity, str) and _is_number(identity):
            known = self._known(int(identity))
        if known is None and isinstance(identity, int) and identity in self._given:
            known = identity
        return known

    def find_or_add(self, data: Any, key: str) -> int:
        """Return the number of the id `data[key]`, whether or not it was named before.

        Raises:
            ValueError: it is not an id.
        """
        identity = identity_of(data, key)
        known = self._known(identity)
        return self._added(identity) if known is None else known

    def _known(self, identity: int | str) -> int | None:
        if identity in self._renamed:
            return self._renamed[identity]
        if isinstance(identity, int) and identity in self._own:
            return identity
        return None

    def _added(self, identity: int | str) -> int:
        number = int(identity) if isinstance(identity, int) or _is_number(identity) else None
        if number is None or abs(number) > _LARGEST or number in self:
            while self._next in self:
                self._next += 1
            number = self._next
        if number == identity:
            self._own.add(number)
        else:
            self._renamed[identity] = number
            self._given.add(number)
        return number


def identity_of(data: Any, key: str) -> int | str:
    """Return the id `data[key]`; a whole float is its integer.

    Raises:
        ValueError: it is missing, or neither a whole number nor a text.
    """
    value = fields.take(data, key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise ValueError(f"{key} must be a whole number or a text, got {fields.shown(value)}")
    return value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
