"""Finding plugins: each loaded by itself, so that a broken one takes nothing down with it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import pluggy
from attrs import frozen

from posehub import hookspecs
from posehub.backend import BackendInfo
from posehub.errors import (
    ConfigError,
    DuplicateBackendError,
    PluginError,
    PluginLoadError,
    UnknownBackendError,
    nearest,
    nearest_name,
)
from posehub.skeleton import Skeleton
from posehub.skeletons import BUILTIN

if TYPE_CHECKING:
    import click

T = TypeVar("T")

GROUP = "posehub"

PUBLISHED = ("baidu", "blazepose", "replay")
"""Backends posehub itself publishes, so that an error can name them before they are installed."""


@frozen
class Problem:
    """A plugin that could not be used, or not wholly."""

    plugin: str
    error: PluginError


class Registry:
    """The backends, skeletons and commands of every plugin.

    Attributes:
        backends: by name.
        skeletons: by name, built-in ones included.
        problems: what could not be loaded, and why.
        blocked: names of plugins left out on request.
    """

    def __init__(self) -> None:
        self.backends: dict[str, BackendInfo] = {}
        self.skeletons: dict[str, Skeleton] = dict(BUILTIN)
        self.problems: list[Problem] = []
        self.blocked: list[str] = []
        self._owners: dict[str, str] = {}
        self._skeleton_owners: dict[str, str] = {}
        self._manager = pluggy.PluginManager("posehub")
        self._manager.add_hookspecs(hookspecs)

    def load(self, points: Iterable[EntryPoint], blocked: Sequence[str] = ()) -> None:
        """Load plugins one by one, in the order of their names; faults go into `problems`."""
        for point in sorted(points, key=lambda point: (point.name, point.value)):
            if point.name in blocked:
                self.blocked.append(point.name)
                continue
            try:
                plugin = point.load()
                self.register(plugin, point.name, version=point.dist.version if point.dist else "")
            except PluginError as error:
                self.problems.append(Problem(point.name, error))
            except Exception as error:  # a plugin's import can raise anything
                wrapped = PluginLoadError(
                    f"Plugin {point.name!r} ({point.value}) does not load: "
                    f"{type(error).__name__}: {error}. Reinstall it, or set "
                    f"POSEHUB_BLOCK={point.name} to leave it out."
                )
                wrapped.__cause__ = error
                self.problems.append(Problem(point.name, wrapped))

    def register(self, plugin: Any, name: str, *, version: str = "") -> None:
        """Add the backends and skeletons of one plugin, all of them or none.

        Raises:
            PluginLoadError: it has a hook posehub does not know, or a hook fails.
            DuplicateBackendError: a backend's name is taken.
        """
        if self._manager.has_plugin(name) or self._manager.is_registered(plugin):
            raise PluginLoadError(
                f"Plugin {name!r} is there already; uninstall one of the two distributions."
            )
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
            backends = self._items(name, "posehub_register_backends", BackendInfo)
            skeletons = self._items(name, "posehub_register_skeletons", Skeleton)
            self._refuse_taken(name, backends)
        except pluggy.PluginValidationError as error:
            self._manager.unregister(name=name)
            raise PluginLoadError(
                f"Plugin {name!r} has a hook posehub does not know: {error}. "
                f"Known hooks: {', '.join(_hook_names())}."
            ) from error
        except BaseException:
            self._manager.unregister(name=name)
            raise
        for info in backends:
            self.backends[info.name] = attrs.evolve(info, version=info.version or version)
            self._owners[info.name] = name
        for skeleton in skeletons:
            if skeleton.name not in self.skeletons:
                self.skeletons[skeleton.name] = skeleton
                self._skeleton_owners[skeleton.name] = name

    def unregister(self, name: str) -> None:
        """Remove a plugin with its backends and skeletons; unknown names are ignored."""
        if self._manager.unregister(name=name) is not None:
            for backend in [b for b, owner in self._owners.items() if owner == name]:
                del self.backends[backend], self._owners[backend]
            for skeleton in [s for s, owner in self._skeleton_owners.items() if owner == name]:
                del self.skeletons[skeleton], self._skeleton_owners[skeleton]

    def add_commands(self, group: click.Group) -> None:
        """Let every plugin add its commands to `group`; a failing one goes into `problems`."""
        for name, _ in self._manager.list_name_plugin():
            try:
                self._call(name, "posehub_register_commands", group=group)
            except PluginError as error:
                self.problems.append(Problem(name, error))

    def find(self, name: str) -> BackendInfo:
        """Return the description of backend `name`.

        Raises:
            PluginLoadError: the plugin of that name is installed and does not load.
            UnknownBackendError: no plugin has it; says how to install it.
        """
        if name in self.backends:
            return self.backends[name]
        for problem in self.problems:
            if problem.plugin == name:
                raise problem.error
        raise UnknownBackendError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        if name in self.blocked:
            return f"Backend {name!r} is blocked by POSEHUB_BLOCK; take it out of that variable."
        message = f"No backend {name!r} is installed."
        meant = name if name in PUBLISHED else nearest_name(name, {*self.backends, *PUBLISHED})
        if meant is None:
            message += f" If a plugin provides it, install that: pip install posehub-{name}"
        elif meant != name:
            message += f" Did you mean {meant!r}?"
        if meant in PUBLISHED and meant not in self.backends:
            message += f" Install it: pip install posehub-{meant}"
        installed = ", ".join(sorted(self.backends)) or "none"
        return f"{message}\nInstalled: {installed}. See `posehub backends`."

    def _call(self, plugin: str, hook: str, **arguments: Any) -> list[Any]:
        """Call one hook of one plugin and return the items it registers."""
        others = [other for name, other in self._manager.list_name_plugin() if name != plugin]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            return [item for items in caller(**arguments) for item in items or ()]
        except Exception as error:  # a plugin's hook can raise anything
            raise PluginLoadError(
                f"Plugin {plugin!r} fails in {hook}: {type(error).__name__}: {error}"
            ) from error

    def _items(self, plugin: str, hook: str, kind: type[T]) -> list[T]:
        items = self._call(plugin, hook)
        for item in items:
            if not isinstance(item, kind):
                raise PluginLoadError(
                    f"Plugin {plugin!r} fails in {hook}: it must give {kind.__name__}, got {item!r}"
                )
        return items

    def _refuse_taken(self, plugin: str, backends: Sequence[BackendInfo]) -> None:
        names = [info.name for info in backends]
        for info in backends:
            if names.count(info.name) > 1:
                raise DuplicateBackendError(
                    f"Plugin {plugin!r} registers backend {info.name!r} twice."
                )
            if info.name in self.backends:
                raise DuplicateBackendError(
                    f"Plugin {plugin!r} registers backend {info.name!r}, which plugin "
                    f"{self._owners[info.name]!r} already has. Uninstall one of the two, or leave "
                    f"one out: POSEHUB_BLOCK={plugin}"
                )


def _hook_names() -> list[str]:
    return sorted(name for name in vars(hookspecs) if name.startswith("posehub_"))


_loading = threading.Lock()


@cache
def _load_installed() -> Registry:
    registry = Registry()
    names = os.environ.get("POSEHUB_BLOCK", "").split(",")
    registry.load(entry_points(group=GROUP), [name.strip() for name in names if name.strip()])
    return registry


def get_registry() -> Registry:
    """Return the registry of installed plugins, loaded on the first call."""
    with _loading:
        return _load_installed()


def list_backends() -> list[BackendInfo]:
    """Return the installed backends by name, importing none of them."""
    backends = get_registry().backends
    return [backends[name] for name in sorted(backends)]


def get_skeleton(name: str) -> Skeleton:
    """Return the skeleton `name`, built in or from a plugin.

    Raises:
        ConfigError: no skeleton has that name.
    """
    # built-in skeletons need no plugin to be loaded
    if name in BUILTIN:
        return BUILTIN[name]
    skeletons = get_registry().skeletons
    if name not in skeletons:
        raise ConfigError(
            f"No skeleton {name!r}.{nearest(str(name), skeletons)} "
            f"Known: {', '.join(sorted(skeletons))}."
        )
    return skeletons[name]
