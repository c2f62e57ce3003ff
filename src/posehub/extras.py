"""Packages that only some functions need, imported when such a function is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from posehub.errors import MissingDependencyError


def needed(module: str, *, extra: str) -> Any:
    """Return the module `module`, such as "pyarrow.parquet".

    Args:
        module: to import.
        extra: the extra of posehub that installs it.

    Raises:
        MissingDependencyError: it cannot be imported; the message names the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"This needs {module.partition('.')[0]}, which cannot be imported: {error}. "
            f'Install it: pip install "posehub[{extra}]"'
        ) from error
