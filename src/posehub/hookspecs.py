"""The hooks a plugin may implement. Hooks register; they never do the work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

from posehub.backend import BackendInfo
from posehub.skeleton import Skeleton

if TYPE_CHECKING:
    import click

hookspec = pluggy.HookspecMarker("posehub")
hookimpl = pluggy.HookimplMarker("posehub")


@hookspec
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Return descriptions of the backends this plugin has; import nothing heavy."""
    return ()


@hookspec
def posehub_register_skeletons() -> Iterable[Skeleton]:
    """Return skeletons this plugin's results have and posehub does not know."""
    return ()


@hookspec
def posehub_register_commands(group: click.Group) -> None:
    """Add commands to the `posehub` command line."""
