"""The known skeletons by name: the built-in ones, and those that plugins add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from posehub.errors import ConfigError, nearest
from posehub.poses.skeleton import Skeleton


class Catalogue(Mapping[str, Skeleton]):
    """Skeletons by name, in the order in which they were added.

    Attributes:
        load_plugins: called once, before a name that is not built in is looked up or the names
            are listed. `posehub.plugins` sets it, because this package may not import that one.
    """

    def __init__(self) -> None:
        self._added: dict[str, Skeleton] = {}
        self.load_plugins: Callable[[], object] = lambda: None

    def __getitem__(self, name: str) -> Skeleton:
        if name in _builtin():  # built-in skeletons need no plugin
            return _builtin()[name]
        if name not in self._added:
            self.load_plugins()
        return self._added[name]

    def __iter__(self) -> Iterator[str]:
        self.load_plugins()
        return iter([*_builtin(), *self._added])

    def __len__(self) -> int:
        self.load_plugins()
        return len(_builtin()) + len(self._added)

    def add(self, skeleton: Skeleton) -> None:
        """Add a plugin's skeleton; its name must not be in use."""
        self._added[skeleton.name] = skeleton

    def remove(self, name: str) -> None:
        """Remove a plugin's skeleton."""
        del self._added[name]

    def holds(self, name: str) -> bool:
        """Return whether a name is in use, without loading plugins."""
        return name in _builtin() or name in self._added


@cache
def _builtin() -> Mapping[str, Skeleton]:
    # imported when they are needed: listing the backends needs no skeleton
    from posehub.poses.skeletons import BUILTIN

    return BUILTIN


catalogue = Catalogue()


def get_skeleton(name: str) -> Skeleton:
    """Return the skeleton `name`, built in or of a plugin.

    Raises:
        ConfigError: no skeleton has that name.
    """
    try:
        return catalogue[name]
    except (KeyError, TypeError):
        raise ConfigError(
            f"No skeleton {name!r}.{nearest(str(name), catalogue)} "
            f"Known: {', '.join(sorted(catalogue))}."
        ) from None
