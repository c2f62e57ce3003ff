"""Pillow's messages, kept from the terminal of the caller.

What they say is in the message of an `ImageError` or does not matter for the pixels. A library
must not print, and under `python -W error` a warning would make a good image fail.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# without a handler of the caller's, `logging` would print Pillow's errors to the terminal
logging.getLogger("PIL").addHandler(logging.NullHandler())


class _Thread(threading.local):
    depth = 0  # contexts in which warnings are ignored, one within the other


_this_thread = _Thread()


class _InsidePillow(type):
    def __subclasscheck__(cls, category: type) -> bool:
        return _this_thread.depth > 0


class PillowWarning(Warning, metaclass=_InsidePillow):
    """Every warning that is raised in this thread within `pillow_warnings_ignored`, and no other.

    The category of the one filter that ignores Pillow's warnings. `warnings.catch_warnings` does
    not serve, because it changes the filters of all threads and two threads can restore them in
    the wrong order; a filter by Pillow's module names would hide its warnings from the caller's
    own code, too.
    """


class NoPillowWarnings:
    """Context in which warnings of this thread are ignored, whatever the caller's filters are."""

    def __enter__(self) -> None:
        _this_thread.depth += 1
        filters = warnings.filters
        # the caller may have put other filters first, or restored older ones
        if not filters or filters[0][2] is not PillowWarning:
            warnings.simplefilter("ignore", PillowWarning)

    def __exit__(self, *_error: object) -> None:
        _this_thread.depth -= 1


class _Libtiff:
    """Libtiff, which prints the errors of TIFF files to the terminal by itself.

    While at least one thread decodes a TIFF file, its printing is off; then it is as it was.
    """

    def __init__(self) -> None:
        self._forget_threads()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._forget_threads)

    def _forget_threads(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: Any = None

    @contextmanager
    def silent(self) -> Iterator[None]:
        set_handler = self._set_handler()
        if set_handler is None:
            yield
            return
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._before = set_handler(None)
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    set_handler(self._before)

    @staticmethod
    def _set_handler() -> Callable[[Any], Any] | None:
        """Return `TIFFSetErrorHandler` of Pillow's libtiff, or None where it cannot be reached."""
        from PIL import _imaging

        try:
            function = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        except (AttributeError, OSError):  # a static libtiff, or a Pillow without one
            return None
        function.restype = ctypes.c_void_p
        function.argtypes = [ctypes.c_void_p]
        return function


libtiff_silent = _Libtiff().silent
