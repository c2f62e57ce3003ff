"""From a Python or TOML value, or a text, to the type an option is annotated with.

Written by hand and not with cattrs: cattrs turns "5" into 5 and 1 into True unless every primitive
gets a hook of its own, and importing it takes as long as listing the backends.
"""

from __future__ import annotations

import enum
import math
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")
_NONE = ("", "none", "null")
_SEQUENCES = (list, tuple)


def from_value(annotation: Any, value: Any, folder: Path | None = None) -> Any:
    """Return a Python or TOML value as the annotated type.

    Args:
        annotation: str, int, float, bool, Path, an enum, a Literal, list[...], tuple[...], None,
            or a union of these.
        value: as given; nothing is converted but int to float, str to Path and enum, and between
            lists and tuples.
        folder: what a relative path is relative to; None leaves it as it is.

    Raises:
        ValueError: the value is not of that type.
    """
    return _first(_members(annotation), lambda member: _match(member, value, folder))


def from_text(annotation: Any, text: str) -> Any:
    """Return a text, from the environment or the command line, as the annotated type.

    A list is JSON, or its items with commas between.

    Raises:
        ValueError: the text is not of that type.
    """
    members = _members(annotation)
    # before the others, because "none" would be a fine path or str
    if type(None) in members and text.strip().lower() in _NONE:
        return None
    return _first(members, lambda member: _parse(member, text))


def describe_type(annotation: Any) -> str:
    """Return a type in words: "float or none", "'a' or 'b'", "list of path"."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is type(None):
        return "none"
    if origin is Literal:
        return " or ".join("false" if value is False else repr(value) for value in arguments)
    if origin in _SEQUENCES:
        items = [argument for argument in arguments if argument is not Ellipsis]
        if origin is tuple and Ellipsis not in arguments:
            return f"({', '.join(map(describe_type, items))})"
        return f"list of {describe_type(items[0])}"
    if arguments:
        return " or ".join(describe_type(argument) for argument in arguments)
    if _is_enum(annotation):
        return " or ".join(repr(member.value) for member in annotation)
    return "path" if annotation is Path else str(annotation.__name__)


def plain(value: Any) -> Any:
    """Return an option's value as JSON knows it."""
    if isinstance(value, _SEQUENCES):
        return [plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, nested ones too, or the one type."""
    if typing.get_origin(annotation) not in (types.UnionType, typing.Union):
        return (annotation,)
    return tuple(m for argument in typing.get_args(annotation) for m in _members(argument))


def _first(members: tuple[Any, ...], convert: Callable[[Any], Any]) -> Any:
    """Return the value as the first type that takes it."""
    for member in members:
        try:
            return convert(member)
        except (ValueError, TypeError, OverflowError, RecursionError):
            continue
    raise ValueError


def _match(member: Any, value: Any, folder: Path | None) -> Any:
    origin = typing.get_origin(member)
    if origin is Literal:
        # by type too, because 0 equals False and 1 equals True
        return _chosen(typing.get_args(member), lambda c: type(value) is type(c) and value == c)
    if origin in _SEQUENCES:
        if not isinstance(value, _SEQUENCES):
            raise ValueError
        return _items(member, value, lambda kind, item: from_value(kind, item, folder))
    if _is_enum(member):
        return value if isinstance(value, member) else _enum_member(member, value)
    if member is Path and isinstance(value, (str, Path)):
        return Path(value) if folder is None else folder / value
    if member is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value)
    if isinstance(value, member) and (member is bool or not isinstance(value, bool)):
        return value
    raise ValueError


def _parse(member: Any, text: str) -> Any:
    lowered = text.strip().lower()
    origin = typing.get_origin(member)
    if origin is Literal:
        return _chosen(
            typing.get_args(member),
            lambda c: text == str(c) or (c is False and lowered in _FALSE),
        )
    if origin in _SEQUENCES:
        if text.lstrip().startswith("["):
            import json  # only here, because listing the backends does not need it

            return _match(member, json.loads(text), None)
        items = [item.strip() for item in text.split(",")] if text.strip() else []
        return _items(member, items, from_text)
    if _is_enum(member):
        return _chosen(tuple(member), lambda c: text in (str(c.value), c.name))
    if member is bool:
        return _chosen((True, False), lambda c: lowered in (_TRUE if c else _FALSE))
    if member in (int, float, str, Path):
        return _finite(text) if member is float else member(text)
    raise ValueError


def _items(sequence: Any, values: Any, convert: Callable[[Any, Any], Any]) -> Any:
    """Return values as a list[...] or tuple[...], each as the type of its place."""
    kinds = typing.get_args(sequence)
    if typing.get_origin(sequence) is list:
        return [convert(kinds[0], value) for value in values]
    if kinds[1:] == (...,):
        return tuple(convert(kinds[0], value) for value in values)
    return tuple(convert(kind, value) for kind, value in zip(kinds, values, strict=True))


def _chosen(choices: tuple[Any, ...], fits: Callable[[Any], bool]) -> Any:
    for choice in choices:
        if fits(choice):
            return choice
    raise ValueError


def _enum_member(kind: type[enum.Enum], value: Any) -> enum.Enum:
    members = tuple(kind)
    found: enum.Enum = _chosen(members, lambda c: type(value) is type(c.value) and value == c.value)
    return found


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def _finite(value: float | str) -> float:
    """Return a number, or raise ValueError for NaN and infinities, which no option can mean."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number
