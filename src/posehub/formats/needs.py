"""Libraries that only some formats need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from posehub.errors import MissingDependencyError


@contextmanager
def needed(package: str, *, extra: str) -> Iterator[None]:
    """Say which extra of posehub brings `package`, if it is not there to import.

    Raises:
        MissingDependencyError: in the place of an ImportError.
    """
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f"This format needs {package}, which does not import: {error}. "
            f'Install it with: pip install "posehub[{extra}]"'
        ) from error
