"""Taking values from parsed JSON: each function says which field is not what it should be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_ID = 2**63 - 1  # what COCO's tools, Arrow and SQLite hold
_SHOWN = 60  # characters of a wrong value in a message


def shown(value: Any) -> str:
    """Return a value for a message, cut short."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def parse(text: bytes) -> Any:
    """Return the value of strict JSON.

    Raises:
        ValueError: it is none.
    """
    try:
        return _JSON.decode(text.decode())
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def take(data: Any, key: str) -> Any:
    """Return `data[key]`.

    Raises:
        ValueError: `data` is no object, or has no such key.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"must be an object, got {shown(data)}")
    if key not in data:
        raise ValueError(f"has no {key!r}")
    return data[key]


def text(data: Any, key: str) -> str:
    """Return `data[key]`, a string.

    Raises:
        ValueError: it is none.
    """
    value = take(data, key)
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a string, got {shown(value)}")
    return value


def whole_number(data: Any, key: str) -> int:
    """Return `data[key]`, an integer of 64 bits.

    Raises:
        ValueError: it is none.
    """
    value = take(data, key)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_ID:
        raise ValueError(f"{key} must be a whole number, got {shown(value)}")
    return value


def number(data: Any, key: str) -> float:
    """Return `data[key]`, a number that float32 holds.

    Raises:
        ValueError: it is none.
    """
    return float(_array([take(data, key)], key)[0])


def numbers(data: Any, key: str, length: int) -> NDArray[np.float64]:
    """Return `data[key]`, a list of `length` numbers that float32 holds.

    Raises:
        ValueError: it is none.
    """
    values = take(data, key)
    if not isinstance(values, list):
        raise ValueError(f"{key} must be a list of {length} numbers, got {shown(values)}")
    if len(values) != length:
        raise ValueError(f"{key} must have {length} numbers, got {len(values)}")
    return _array(values, key)


def numbers_or_null(data: Any, key: str, length: int) -> NDArray[np.float64]:
    """Return `data[key]`, a list of `length` numbers that float32 holds, NaN in the place of null.

    Raises:
        ValueError: it is none.
    """
    values = take(data, key)
    if not isinstance(values, list):
        raise ValueError(f"{key} must be a list of {length} numbers, got {shown(values)}")
    known = numbers({key: [0 if value is None else value for value in values]}, key, length)
    known[[value is None for value in values]] = np.nan
    return known


def null(value: float) -> float | None:
    """Return None for NaN, which JSON does not have."""
    return None if math.isnan(value) else value


def _array(values: list[Any], key: str) -> NDArray[np.float64]:
    if not set(map(type, values)) <= {int, float}:
        wrong = next(value for value in values if type(value) not in (int, float))
        raise ValueError(f"{key} must hold numbers, got {shown(wrong)}")
    try:
        array = np.array(values, np.float64)
    except OverflowError:
        array = np.array([np.inf])
    # not a number compares as false, and is refused too
    if not (np.abs(array) <= _LARGEST).all():
        raise ValueError(f"{key} must hold finite numbers of 32 bits")
    return array


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
