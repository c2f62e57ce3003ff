"""Packages that only measuring needs, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from posehub.errors import MissingDependencyError


def need(module: str) -> Any:
    """Return the module `module`.

    Raises:
        MissingDependencyError: it does not import; names the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"Measuring needs {module.partition('.')[0]}, which does not import: {error}. "
            'Install it: pip install "posehub[evaluate]"'
        ) from error
