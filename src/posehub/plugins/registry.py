"""Finding plugins: each is loaded by itself, so that a broken one cannot stop the others."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import pluggy
from attrs import frozen

import posehub.plugins.hookspecs
from posehub.backends.info import BackendInfo
from posehub.backends.validation import faults_of
from posehub.entry_points import EntryPoint, entry_points
from posehub.errors import (
    DuplicateBackendError,
    PluginError,
    PluginLoadError,
    UnknownBackendError,
    described,
    nearest_name,
)
from posehub.plugins.known import KNOWN, install_command
from posehub.poses.catalogue import Catalogue, catalogue
from posehub.poses.format import Format, format_faults
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    import click

T = TypeVar("T")

GROUP = "posehub"
_HOOKS = sorted(name for name in vars(posehub.plugins.hookspecs) if name.startswith("posehub_"))


@frozen
class Problem:
    """A plugin that cannot be used, or not wholly."""

    plugin: str
    error: PluginError


@frozen
class _Parts:
    """What one plugin registers."""

    backends: list[BackendInfo]
    skeletons: list[Skeleton]
    formats: list[Format]


class Registry:
    """The backends, skeletons, formats and commands of every plugin.

    Attributes:
        backends: by name.
        formats: by name; posehub's own are not among them.
        skeletons: by name, built-in ones included.
        problems: which plugins cannot be used, and why.
        blocked: names of plugins that are not loaded on request.
    """

    def __init__(self, skeletons: Catalogue | None = None) -> None:
        self.backends: dict[str, BackendInfo] = {}
        self.formats: dict[str, Format] = {}
        self.skeletons = Catalogue() if skeletons is None else skeletons
        self.problems: list[Problem] = []
        self.blocked: list[str] = []
        self._parts: dict[str, _Parts] = {}
        self._manager = pluggy.PluginManager("posehub")
        self._manager.add_hookspecs(posehub.plugins.hookspecs)

    def load(self, points: Iterable[EntryPoint], blocked: Sequence[str] = ()) -> None:
        """Load plugins one by one, in the order of their names; faults go into `problems`."""
        for point in sorted(points, key=lambda point: (point.name, point.value)):
            if point.name in blocked:
                self.blocked.append(point.name)
                continue
            try:
                self._load(point)
            except PluginError as error:
                self.problems.append(Problem(point.name, error))

    def _load(self, point: EntryPoint) -> None:
        try:
            plugin = point.load()
            hash(plugin)  # an entry point may name any object, and pluggy keeps plugins in sets
        except BaseException as error:  # a plugin's import can raise anything, SystemExit too
            raise PluginLoadError(
                f"Plugin {point.name!r} ({point.value}) does not load: {described(error)}. "
                f"Reinstall it, or set POSEHUB_BLOCK={point.name} to load the others only."
            ) from error
        self.register(plugin, point.name, version=point.version)

    def register(self, plugin: Any, name: str, *, version: str = "") -> None:
        """Add what one plugin registers, all of it or nothing.

        Raises:
            PluginLoadError: it has an unknown hook, a hook fails, or a description is invalid.
            DuplicateBackendError: a backend's name is taken.
        """
        if self._manager.has_plugin(name) or self._manager.is_registered(plugin):
            raise PluginLoadError(
                f"Plugin {name!r} is registered twice; uninstall one of the two distributions."
            )
        try:
            self._hook_up(plugin, name)
            parts = _Parts(
                self._items(name, "posehub_register_backends", BackendInfo),
                self._items(name, "posehub_register_skeletons", Skeleton),
                self._items(name, "posehub_register_formats", Format),
            )
            _refuse_invalid(name, parts)
            self._refuse_taken(name, parts)
        except BaseException:
            self._manager.unregister(name=name)
            raise
        free = [s for s in parts.skeletons if not self.skeletons.holds(s.name)]
        self._parts[name] = attrs.evolve(parts, skeletons=free)
        for info in parts.backends:
            self.backends[info.name] = attrs.evolve(info, version=info.version or version)
        for skeleton in free:
            self.skeletons.add(skeleton)
        for format in parts.formats:
            self.formats[format.name] = format

    def unregister(self, name: str) -> None:
        """Remove a plugin with all that it registered; unknown names are ignored."""
        parts = self._parts.pop(name, None)
        if parts is None:
            return
        self._manager.unregister(name=name)
        for info in parts.backends:
            del self.backends[info.name]
        for skeleton in parts.skeletons:
            self.skeletons.remove(skeleton.name)
        for format in parts.formats:
            del self.formats[format.name]

    def add_commands(self, group: click.Group) -> None:
        """Let every plugin add its commands to `group`; faults go into `problems`."""
        for name in self._parts:
            try:
                self._call(name, "posehub_register_commands", group=group)
            except PluginError as error:
                self.problems.append(Problem(name, error))

    def find(self, name: str) -> BackendInfo:
        """Return the description of backend `name`.

        Raises:
            PluginLoadError: the plugin of that name is installed and does not load.
            UnknownBackendError: no plugin has it; says how to install a known one.
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
        meant = name if name in KNOWN else nearest_name(str(name), {*self.backends, *KNOWN})
        if meant is not None and meant != name:
            message += f" Did you mean {meant!r}?"
        if meant in KNOWN and meant not in self.backends:
            message += f" Install it: {install_command(meant)}"
        installed = ", ".join(sorted(self.backends)) or "none"
        return f"{message}\nInstalled: {installed}. See `posehub backends`."

    def _hook_up(self, plugin: Any, name: str) -> None:
        try:
            self._manager.register(plugin, name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginLoadError(
                f"Plugin {name!r} has a hook that posehub does not know: {error}. "
                f"Known hooks: {', '.join(_HOOKS)}."
            ) from error
        except BaseException as error:  # attributes of a plugin can raise anything, too
            raise PluginLoadError(
                f"Plugin {name!r} cannot be registered: {described(error)}"
            ) from error

    def _call(self, plugin: str, hook: str, **arguments: Any) -> list[Any]:
        """Call one hook of one plugin and return the items it registers."""
        others = [other for name, other in self._manager.list_name_plugin() if name != plugin]
        caller = self._manager.subset_hook_caller(hook, others)
        try:
            return [item for items in caller(**arguments) for item in items or ()]
        except BaseException as error:  # a plugin's hook can raise anything, SystemExit too
            raise PluginLoadError(
                f"Plugin {plugin!r} fails in {hook}: {described(error)}"
            ) from error

    def _items(self, plugin: str, hook: str, kind: type[T]) -> list[T]:
        items = self._call(plugin, hook)
        for item in items:
            if not isinstance(item, kind):
                raise PluginLoadError(
                    f"Plugin {plugin!r} fails in {hook}: it must return {kind.__name__}s, "
                    f"got a {type(item).__name__}."
                )
        return items

    def _refuse_taken(self, plugin: str, parts: _Parts) -> None:
        for kind, names, taken in (
            ("backend", [info.name for info in parts.backends], self.backends),
            ("format", [format.name for format in parts.formats], self.formats),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise DuplicateBackendError(
                        f"Plugin {plugin!r} registers {kind} {name!r} twice."
                    )
                if name in taken:
                    raise DuplicateBackendError(
                        f"Plugin {plugin!r} registers {kind} {name!r}, which plugin "
                        f"{self._owner(name)!r} registers too. Uninstall one of the two, or block "
                        f"one: POSEHUB_BLOCK={plugin}"
                    )

    def _owner(self, name: str) -> str:
        return next(
            plugin
            for plugin, parts in self._parts.items()
            if name in [i.name for i in parts.backends] + [f.name for f in parts.formats]
        )


def _refuse_invalid(plugin: str, parts: _Parts) -> None:
    for format in parts.formats:
        for fault in format_faults(format):
            raise PluginLoadError(
                f"Plugin {plugin!r} describes format {format.name!r:.60} wrongly: {fault}."
            )
    for info in parts.backends:
        for fault in faults_of(info):
            raise PluginLoadError(
                f"Plugin {plugin!r} describes backend {info.name!r:.60} wrongly: {fault}."
            )


_loading = threading.RLock()
_installed: list[Registry] = []


def get_registry() -> Registry:
    """Return the registry of installed plugins, loaded on the first call.

    A plugin that calls this while it is being loaded gets the plugins loaded so far.
    """
    with _loading:
        if not _installed:
            registry = Registry(catalogue)
            _installed.append(registry)
            names = os.environ.get("POSEHUB_BLOCK", "").split(",")
            registry.load(entry_points(GROUP), [n.strip() for n in names if n.strip()])
        return _installed[0]


def list_backends() -> list[BackendInfo]:
    """Return the installed backends by name, importing none of them."""
    backends = get_registry().backends
    return [backends[name] for name in sorted(backends)]
