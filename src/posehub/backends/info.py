"""The description of a backend, cheap to import: no image code, no numpy, no runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from posehub.backends.model_files import ModelFile
from posehub.backends.options import NoOptions
from posehub.backends.transport import Recording

if TYPE_CHECKING:
    from posehub.backends.base import Backend

API_VERSION = 1
"""Version of the interface between posehub and its plugins. It rises when a plugin written for the
version before would no longer work."""


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
        takes_boxes: whether `detect_batch(images, boxes=None)` also takes boxes of people that are
            known already, one array (P, 4) for each image.
    """

    max_batch: int = 1
    image_limits: str = ""
    thread_safe: bool = True
    needs_network: bool = False
    workers: int = 1
    fork_safe: bool = False
    takes_boxes: bool = False


@frozen
class Price:
    """What a call costs by the service's public price list.

    Attributes:
        per_call: for one image.
        currency: code as in ISO 4217, such as "CNY".
    """

    per_call: float
    currency: str


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
