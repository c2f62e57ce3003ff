"""A progress bar on stderr for what is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[int, int | None], None]
"""Receives the bytes fetched so far, and the bytes in all if they are known."""


@contextmanager
def progress_bar(title: str, *, sized: bool = True) -> Iterator[Report]:
    """Show how far a download is, until the block ends.

    Args:
        title: what is fetched.
        sized: whether bytes are reported.
    """
    # imported only here: most programs that import posehub never pull
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = [TextColumn("{task.description}", markup=False), BarColumn()]
    columns += [DownloadColumn()] if sized else []
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
