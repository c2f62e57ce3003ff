"""What all wrappers share."""

from __future__ import annotations

from posehub.backends.base import Backend


class Wrapper(Backend):
    """A backend that hands its calls on to another one."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.info = inner.info

    def close(self) -> None:
        """Close the backend inside."""
        self.inner.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.inner!r}>"
