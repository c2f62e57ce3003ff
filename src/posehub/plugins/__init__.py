"""From a name to a backend: hooks, registry, settings, opening."""

from __future__ import annotations

from posehub.poses.catalogue import catalogue


def _load() -> None:
    from posehub.plugins.registry import get_registry

    get_registry()


# poses/ may not import plugins/, so that the catalogue is told how to find the plugins' skeletons
catalogue.load_plugins = _load
