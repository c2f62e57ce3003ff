"""Options from several sources: the first layer that names an option wins."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from posehub.backends.options import CommonOptions
from posehub.backends.values import describe_type, from_text, from_value, plain
from posehub.errors import ConfigError, UnknownOptionError, nearest


@frozen
class Layer:
    """Option values from one source.

    Attributes:
        source: what to call it in messages, such as "environment".
        values: option name -> value.
        text: whether values are text to be parsed (environment, command line).
        folder: what relative paths are relative to; None for the working directory.
        origins: option name -> what to call its source in messages, if not `source`.
    """

    source: str
    values: Mapping[str, Any]
    text: bool = False
    folder: Path | None = None
    origins: Mapping[str, str] = attrs.field(factory=dict)

    def origin(self, name: str) -> str:
        """Return what to call the source of an option in messages."""
        return self.origins.get(name, self.source)


def fields_of(options: type) -> dict[str, attrs.Attribute[Any]]:
    """Return every option a backend takes: its own, then the common ones."""
    own = {field.name: field for field in attrs.fields(options)}
    return own | {field.name: field for field in attrs.fields(CommonOptions)}


def is_personal(field: attrs.Attribute[Any]) -> bool:
    """Tell whether only the caller, the environment and the user's own file may set an option."""
    return bool(field.metadata["personal"])


def build_options(
    backend: str,
    options: type,
    layers: Sequence[Layer],
    credentials: Sequence[Sequence[str]] = (),
) -> tuple[Any, CommonOptions]:
    """Return the backend's own and the common options, from the first layer that names each.

    Args:
        backend: name used in messages.
        options: the backend's attrs class.
        layers: sources, strongest first.
        credentials: alternative sets of options that identify the caller. A layer that names
            one set hides the other sets of weaker layers, so that a key given as an argument is
            never mixed with another kind from the environment.

    Raises:
        UnknownOptionError: a layer names an option the backend does not have.
        ConfigError: a value is not of the option's type or range.
    """
    known = fields_of(options)
    types_of = typing.get_type_hints(options) | typing.get_type_hints(CommonOptions)
    chosen: dict[str, Any] = {}
    origins: dict[str, str] = {}
    hidden: set[str] = set()
    for layer in layers:
        hides: set[str] = set()
        for name, value in layer.values.items():
            if name not in known:
                raise UnknownOptionError(
                    f"{backend} has no option {name!r} (from {layer.origin(name)})."
                    f"{nearest(name, known)} {_valid(backend, known)}"
                )
            if name in chosen or name in hidden:
                continue
            chosen[name] = _checked(backend, known, name, types_of[name], value, layer)
            origins[name] = layer.origin(name)
            hides |= _other_sets(name, credentials)
        hidden |= hides
    for name, field in known.items():
        if field.default is attrs.NOTHING and name not in chosen:
            raise ConfigError(
                f"{backend} needs the option {name!r}: {field.metadata['help']} "
                f"{_valid(backend, known)}"
            )
    common_names = {field.name for field in attrs.fields(CommonOptions)}
    own = {name: value for name, value in chosen.items() if name not in common_names}
    common = {name: value for name, value in chosen.items() if name in common_names}
    try:
        return options(**own), CommonOptions(**common)
    except (ValueError, TypeError) as error:
        # attrs validators put the sentence first and the field and value behind it
        reason = _without_secrets(str(error.args[0]), known, own)
        origin = next((f" (from {origins[n]})" for n in origins if f"'{n}'" in reason), "")
        raise ConfigError(f"{backend}: {reason}{origin}. {_valid(backend, known)}") from None


def result_key(options: Any) -> dict[str, Any]:
    """Return the options that can change a result, as JSON-ready values."""
    return {
        field.name: plain(value)
        for field, value in (
            (field, getattr(options, field.name)) for field in attrs.fields(type(options))
        )
        if field.metadata.get("affects_result", True) and not field.metadata.get("secret", False)
    }


def _other_sets(name: str, credentials: Sequence[Sequence[str]]) -> set[str]:
    if not any(name in names for names in credentials):
        return set()
    return {other for names in credentials if name not in names for other in names}


def _valid(backend: str, known: Mapping[str, Any]) -> str:
    return f"Options of {backend}: {', '.join(known)}."


def _without_secrets(
    message: str, known: Mapping[str, attrs.Attribute[Any]], values: Mapping[str, Any]
) -> str:
    """Return a validator's message without the secret values it may quote."""
    for name, value in values.items():
        if known[name].metadata["secret"] and value:
            message = message.replace(str(value), "...")
    return message


def _checked(
    backend: str,
    known: Mapping[str, attrs.Attribute[Any]],
    name: str,
    annotation: Any,
    value: Any,
    layer: Layer,
) -> Any:
    try:
        if layer.text:
            return from_text(annotation, value)
        return from_value(annotation, value, layer.folder)
    except ValueError:
        secret = known[name].metadata["secret"]
        got = f"a {type(value).__name__}" if secret else repr(value)
        raise ConfigError(
            f"Option {name!r} of {backend} must be {describe_type(annotation)}, got {got} "
            f"(from {layer.origin(name)}). {_valid(backend, known)}"
        ) from None
