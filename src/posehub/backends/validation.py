"""What can be wrong with the description of a backend; checked when its plugin registers."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator

import attrs

from posehub.backends.info import API_VERSION, BackendInfo, Capabilities, Price
from posehub.backends.layers import fields_of
from posehub.backends.transport import Recording
from posehub.errors import described

_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]+([-_][a-z0-9]+)*")
_NAME_FORM = "up to 64 lower-case letters and digits, with single dashes or underscores between"


def faults_of(info: BackendInfo) -> Iterator[str]:
    """Yield what is wrong with a description, each as "field ..." in words."""
    for field, kinds in _KINDS.items():
        value = getattr(info, field)
        if not isinstance(value, kinds) or isinstance(value, bool):
            yield f"{field} must be {_words(kinds)}, got {_shown(value)}"
    if isinstance(info.name, str) and not _NAME.fullmatch(info.name):
        yield f"name must be {_NAME_FORM}, got {info.name!r:.80}"
    if isinstance(info.api_version, int) and info.api_version != API_VERSION:
        yield (
            f"api_version is {info.api_version}, and this posehub has {API_VERSION}; "
            "install the versions that belong together"
        )
    for field in ("factory", "models"):
        value = getattr(info, field)
        if not callable(value) and not (field == "models" and value is None):
            yield f"{field} must be a function, got {_shown(value)}"
    if isinstance(info.capabilities, Capabilities):
        yield from _capability_faults(info.capabilities)
    yield from _option_faults(info)


_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "summary": (str,),
    "skeleton": (str, type(None)),
    "options": (type,),
    "capabilities": (Capabilities,),
    "credentials": (tuple, list),
    "recording": (Recording, type(None)),
    "price": (Price, type(None)),
    "api_version": (int,),
    "version": (str,),
}


def _capability_faults(capabilities: Capabilities) -> Iterator[str]:
    for field in ("max_batch", "workers"):
        value = getattr(capabilities, field)
        if type(value) is not int or value < 1:
            yield f"capabilities.{field} must be a whole number of at least 1, got {value!r:.60}"
    for field in ("thread_safe", "needs_network", "fork_safe", "takes_boxes"):
        value = getattr(capabilities, field)
        if type(value) is not bool:
            yield f"capabilities.{field} must be true or false, got {value!r:.60}"
    if not isinstance(capabilities.image_limits, str):
        yield f"capabilities.image_limits must be a text, got {_shown(capabilities.image_limits)}"


def _option_faults(info: BackendInfo) -> Iterator[str]:
    if not isinstance(info.options, type):
        return
    if not attrs.has(info.options):
        yield f"options must be an attrs class, got {info.options.__name__}"
        return
    for field in attrs.fields(info.options):
        if "help" not in field.metadata:
            yield f"options.{field.name} must be made with posehub.option"
    try:
        typing.get_type_hints(info.options)
    except Exception as error:  # an annotation is an expression, which can raise anything
        yield f"options has a type that cannot be evaluated: {described(error)}"
    if not isinstance(info.credentials, (tuple, list)):
        return
    known = fields_of(info.options)
    for names in info.credentials:
        if not isinstance(names, (tuple, list)) or not names:
            yield f"credentials must hold tuples of option names, got {_shown(names)}"
            continue
        unknown = [name for name in names if name not in known]
        if unknown:
            yield f"credentials name {unknown[0]!r:.60}, which is not an option"


def _words(kinds: tuple[type, ...]) -> str:
    return " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)


def _shown(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
