"""What all wrappers share."""

from __future__ import annotations

from attrs import evolve

from posehub.backends.base import Backend
from posehub.backends.info import Capabilities


class Wrapper(Backend):
    """A backend around another one, to which it passes its calls on."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.info = inner.info

    @property
    def capabilities(self) -> Capabilities:
        """Those of the backend inside; locks and files of a wrapper do not survive a fork."""
        return evolve(self.inner.capabilities, fork_safe=False)

    def close(self) -> None:
        """Close the backend inside."""
        self.inner.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.inner!r}>"
