"""A backend by name and options, to be opened elsewhere: in another process, on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from posehub.errors import ConfigError

if TYPE_CHECKING:
    from posehub.backends.base import Backend


def _names(options: Mapping[str, Any]) -> str:
    """Return the options' names only: a value may be a key."""
    return f"<{', '.join(options) or 'none'}>"


@frozen
class BackendSpec:
    """What opens a backend; it can be pickled and sent to another process.

    `backend.spec` of an opened backend has every option as it was resolved, but for keys that came
    from an environment variable or a settings file: they are looked up again where it is opened.
    A key that was given as an argument is in `options`, and so in a pickle, but never in the repr.

    Attributes:
        name: of the backend.
        options: option name -> value, as keywords of `open_backend`.
        version: of the distribution the backend came from, or "" if it does not matter.
    """

    name: str
    options: Mapping[str, Any] = field(factory=dict, converter=dict, repr=_names)
    version: str = ""

    def open(self) -> Backend:
        """Return the backend, ready to detect; close it, or use it in a `with` block.

        Raises:
            ConfigError: another version of the plugin is installed here.
            PosehubError: as `open_backend` says.
        """
        from posehub.plugins.opening import open_backend
        from posehub.plugins.registry import get_registry

        here = get_registry().find(self.name).version
        if self.version not in ("", here):
            raise ConfigError(
                f"This backend was opened with {self.name} {self.version}, and here it is "
                f"{here}. Install the same version of its plugin."
            )
        return open_backend(self.name, **self.options)
