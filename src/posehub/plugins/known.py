"""The plugins that posehub itself publishes: for install messages and for the default backend.

Nothing else in the core names a plugin.
"""

from __future__ import annotations

KNOWN = {
    "baidu": "posehub-baidu",
    "blazepose": "posehub-blazepose",
    "movenet": "posehub-movenet",
    "replay": "posehub-replay",
}
"""Backend -> the distribution that provides it."""

DEFAULTS = ("movenet", "blazepose")
"""Backends to use if none is configured: the first one that is installed."""


def install_command(backend: str) -> str | None:
    """Return the command that installs a backend, or None for one that is not known."""
    distribution = KNOWN.get(backend)
    return None if distribution is None else f"pip install {distribution}"
