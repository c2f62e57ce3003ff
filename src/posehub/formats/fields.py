"""Taking values out of parsed JSON: a message names the field whose value is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_WHOLE = 2**63 - 1  # what NumPy, COCO's tools and Arrow hold
_SHOWN = 60  # characters of a wrong value in a message

T = TypeVar("T")


def shown(value: Any) -> str:
    """Return a value as it stands in a message: its first characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def take(data: Any, key: str) -> Any:
    """Return `data[key]`.

    Raises:
        ValueError: `data` is not an object, or has no such key.
    """
    if not isinstance(data, dict):
        raise ValueError(f"must be an object, got {shown(data)}")
    if key not in data:
        raise ValueError(f"has no {key!r}")
    return data[key]


def optional(take_value: Callable[[Any, str], T], data: Any, key: str) -> T | None:
    """Return what `take_value`, a function of this module, returns; None if it is null or missing.

    Raises:
        ValueError: the value is neither null nor what the function takes.
    """
    if isinstance(data, dict) and data.get(key) is None:
        return None
    return take_value(data, key)


def text(data: Any, key: str) -> str:
    """Return `data[key]`, a string.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    value = take(data, key)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a string, got {shown(value)}")
    return value


def whole_number(data: Any, key: str) -> int:
    """Return `data[key]`, an integer of 64 bits.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    value = take(data, key)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_WHOLE:
        raise ValueError(f"{key} must be a whole number, got {shown(value)}")
    return value


def size(data: Any, key: str) -> tuple[int, int]:
    """Return `data[key]`, a list of width and height.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    value = take(data, key)
    if not isinstance(value, list) or [type(side) for side in value] != [int, int]:
        raise ValueError(f"{key} must be a list of width and height, got {shown(value)}")
    if not all(0 <= side < 2**31 for side in value):
        raise ValueError(f"{key} must be of sides from 0 to 2**31 - 1, got {shown(value)}")
    return value[0], value[1]


def number(data: Any, key: str, *, largest: float = _LARGEST) -> float:
    """Return `data[key]`, a number of at most `largest`, which is what float32 holds if not given.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    value = take(data, key)
    # NaN compares as false, and is refused too
    if type(value) not in (int, float) or not abs(value) <= largest:
        raise ValueError(f"{key} must be a finite number, got {shown(value)}")
    return float(value)


def loose_number(data: Any, key: str) -> float | None:
    """Return `data[key]`, a number, its text, true or false; None if it is null, empty or missing.

    Raises:
        ValueError: the value is something else.
    """
    value = data.get(key)
    if isinstance(value, str):
        try:
            value = float(value) if value.strip() else None
        except ValueError:
            raise ValueError(f"{key} must be a finite number, got {shown(value)}") from None
    if isinstance(value, bool):
        value = int(value)
    return None if value is None else number({key: value}, key)


def exact_number(data: Any, key: str) -> float:
    """Return `data[key]`, a number that float64 holds.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    return number(data, key, largest=sys.float_info.max)


def numbers(data: Any, key: str, length: int) -> NDArray[np.float64]:
    """Return `data[key]`, a list of `length` numbers that float32 holds.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    return _array(_list(data, key, length), key)


def numbers_or_null(data: Any, key: str, length: int) -> NDArray[np.float64]:
    """Return `data[key]`, a list of `length` numbers that float32 holds, or null: NaN here.

    Raises:
        ValueError: the key is missing, or its value is something else.
    """
    values = _list(data, key, length)
    known = _array([0 if value is None else value for value in values], key)
    known[[value is None for value in values]] = np.nan
    return known


def numbers_or_zero(data: Any, key: str, length: int) -> NDArray[np.float64]:
    """Return what `numbers_or_null` does, with 0 in the place of null."""
    return np.nan_to_num(numbers_or_null(data, key, length))


def _list(data: Any, key: str, length: int) -> list[Any]:
    values = take(data, key)
    if not isinstance(values, list):
        raise ValueError(f"{key} must be a list of {length} numbers, got {shown(values)}")
    if len(values) != length:
        raise ValueError(f"{key} must have {length} numbers, got {len(values)}")
    return values


def _array(values: list[Any], key: str) -> NDArray[np.float64]:
    if not set(map(type, values)) <= {int, float}:
        wrong = next(value for value in values if type(value) not in (int, float))
        raise ValueError(f"{key} must hold numbers, got {shown(wrong)}")
    try:
        array = np.array(values, np.float64)
    except OverflowError:
        array = np.array([np.inf])
    # NaN compares as false, and is refused too
    if not (np.abs(array) <= _LARGEST).all():
        raise ValueError(f"{key} must hold finite numbers of 32 bits")
    return array
