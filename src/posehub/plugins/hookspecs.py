"""The hooks a plugin may implement. Hooks register; they never do the work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from posehub.backends.info import BackendInfo
    from posehub.poses.format import Format
    from posehub.poses.skeleton import Skeleton

hookspec = pluggy.HookspecMarker("posehub")
hookimpl = pluggy.HookimplMarker("posehub")


@hookspec
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Return descriptions of this plugin's backends; import nothing heavy."""
    return ()


@hookspec
def posehub_register_skeletons() -> Iterable[Skeleton]:
    """Return skeletons of this plugin's results that are not built in."""
    return ()


@hookspec
def posehub_register_formats() -> Iterable[Format]:
    """Return descriptions of file formats; import nothing heavy."""
    return ()


@hookspec
def posehub_register_commands(group: click.Group) -> None:
    """Add commands to the `posehub` command line."""
