"""The known skeletons by name: the built-in ones, and those that plugins add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from posehub.errors import ConfigError, nearest
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import BUILTIN


class Catalogue(Mapping[str, Skeleton]):
    """Skeletons by name, in the order in which they were added.

    Attributes:
        load_plugins: called once, before a name that is not built in is looked up or the names
            are listed. `posehub.plugins` sets it, because this package may not import that one.
    """

    def __init__(self) -> None:
        self._skeletons = dict(BUILTIN)
        self.load_plugins: Callable[[], object] = lambda: None

    def __getitem__(self, name: str) -> Skeleton:
        if name not in self._skeletons:  # built-in skeletons need no plugin
            self.load_plugins()
        return self._skeletons[name]

    def __iter__(self) -> Iterator[str]:
        self.load_plugins()
        return iter(dict(self._skeletons))

    def __len__(self) -> int:
        self.load_plugins()
        return len(self._skeletons)

    def add(self, skeleton: Skeleton) -> None:
        """Add a plugin's skeleton; its name must not be in use."""
        self._skeletons[skeleton.name] = skeleton

    def remove(self, name: str) -> None:
        """Remove a plugin's skeleton."""
        del self._skeletons[name]

    def holds(self, name: str) -> bool:
        """Return whether a name is in use, without loading plugins."""
        return name in self._skeletons


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
