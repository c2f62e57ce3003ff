"""The description of a backend, cheap to import: no image code, no numpy, no runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from attrs import frozen

from posehub.backends.options import NoOptions, fields_of
from posehub.backends.transport import Recording

if TYPE_CHECKING:
    from posehub.backends.base import Backend

API_VERSION = 1
"""Version of the interface between posehub and its plugins. It rises when a plugin written for the
version before would no longer work."""

_NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_NAME_FORM = "lower-case letters and digits, with single dashes or underscores between"


@frozen
class Capabilities:
    """What a backend can take.

    Attributes:
        max_batch: images that one call of `detect_batch` handles well, at least 1.
        image_limits: limits on images in words, such as "50 to 4096 px a side", or "".
        thread_safe: whether several threads may call `detect_batch` at once; if not, posehub
            lets in one at a time.
        needs_network: whether a call leaves this machine.
        workers: threads that serve the backend well, at least 1; the default of `adetect_many`.
        fork_safe: whether a backend opened before a fork works in the child, on connections and
            locks of its own. If not, posehub refuses its use there.
    """

    max_batch: int = 1
    image_limits: str = ""
    thread_safe: bool = True
    needs_network: bool = False
    workers: int = 1
    fork_safe: bool = False


@frozen
class Price:
    """What a call costs by the service's public price list.

    Attributes:
        per_call: for one image.
        currency: code as in ISO 4217, such as "CNY".
    """

    per_call: float
    currency: str


class ModelSource(Protocol):
    """A place that a model file comes from; the kinds are in `posehub.local`."""

    def fetch(self, name: str, folder: Path) -> Path:
        """Fetch the file `name` into `folder` and return its path; its hash is checked afterwards.

        Raises:
            MissingDependencyError: it cannot be fetched; says why.
        """

    def take(self, name: str, given: Path, folder: Path) -> Path:
        """Return the path of the file `name` in what the user has fetched elsewhere.

        Raises:
            ConfigError: `given` does not hold it.
        """

    def __str__(self) -> str:
        """Return what the source is, in words."""


@frozen
class ModelFile:
    """A file that a local backend needs on this machine.

    Attributes:
        name: file name under which it is kept.
        sha256: of its content, in hex.
        folder: name of the folder it is kept in, below the folder of all model files.
        source: where it comes from.
    """

    name: str
    sha256: str
    folder: str
    source: ModelSource


@frozen(kw_only=True)
class BackendInfo:
    """A backend described without importing it.

    Attributes:
        name: what `open_backend` calls it: lower-case letters and digits, single dashes or
            underscores between.
        summary: one line for people.
        factory: makes the backend from an instance of `options`; imports the heavy part.
        skeleton: name of the skeleton its results have, or None if the options decide.
        options: attrs class whose fields are made with `posehub.option`.
        capabilities: what it can take; an opened backend may know better, see
            `Backend.capabilities`.
        credentials: alternative sets of option names that identify the caller; one complete set
            is needed. Empty if the backend needs none.
        models: returns the model files that it needs on this machine, for an instance of
            `options`; None if it never needs any.
        recording: how its requests go onto a cassette and come from one, or None.
        price: of a call, or None if it is free or not known.
        api_version: version of posehub's plugin interface it is written for.
        version: of the distribution; filled in when the plugin is loaded.
    """

    name: str
    summary: str
    factory: Callable[[Any], Backend]
    skeleton: str | None = None
    options: type = NoOptions
    capabilities: Capabilities = Capabilities()
    credentials: tuple[tuple[str, ...], ...] = ()
    models: Callable[[Any], Sequence[ModelFile]] | None = None
    recording: Recording | None = None
    price: Price | None = None
    api_version: int = API_VERSION
    version: str = ""


def faults_of(info: BackendInfo) -> Iterator[str]:
    """Yield what is wrong with a description, each as "field ..." in words."""
    for field, kinds in _KINDS.items():
        value = getattr(info, field)
        if not isinstance(value, kinds) or isinstance(value, bool):
            yield f"{field} must be {_words(kinds)}, got {_shown(value)}"
    if isinstance(info.name, str) and not _NAME.fullmatch(info.name):
        yield f"name must be {_NAME_FORM}, got {info.name!r}"
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
    for field in ("thread_safe", "needs_network", "fork_safe"):
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
