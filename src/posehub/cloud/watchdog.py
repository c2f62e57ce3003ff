"""Ending requests at their deadline, whatever the service sends until then.

The timeout of a socket limits the wait for the next bytes. A service that sends a byte now and
then, or one interim response after another, would never reach it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from attrs import define

_AGAIN = 0.05  # seconds until an ended request is ended again: it may just have opened a socket

_current = threading.local()


@define(eq=False)
class Watch:
    """One request that is watched.

    Attributes:
        deadline: time at which it ends, from `time.monotonic`.
        connection: the connection it uses; its attribute `sock` is the socket, or None.
        socket: the socket that is left when the connection has given it away.
        expired: whether the deadline has passed.
    """

    deadline: float
    connection: Any = None
    socket: Any = None
    expired: bool = False

    def end(self) -> None:
        """Shut the socket down; the thread that reads from it is woken."""
        self.expired = True
        for held in (getattr(self.connection, "sock", None), self.socket):
            if isinstance(held, socket.socket):
                with suppress(OSError):
                    # the method of the class: that of a TLS socket would continue in plain text
                    socket.socket.shutdown(held, socket.SHUT_RDWR)


def note_connection(connection: Any) -> None:
    """Note that the request of this thread, if it is watched, uses `connection`."""
    watch: Watch | None = getattr(_current, "watch", None)
    if watch is not None:
        watch.connection = connection


class Watchdog:
    """A thread that ends requests at their deadline; it runs only while there are requests."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: set[Watch] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0
        self._closed = False

    @contextmanager
    def watching(self, seconds: float) -> Iterator[Watch]:
        """Watch a request of this thread for at most so many seconds.

        Raises:
            TimeoutError: the deadline passed before the end of the block.
        """
        watch = Watch(time.monotonic() + seconds)
        _current.watch = watch
        self._add(watch)
        try:
            yield watch
        except Exception:
            if watch.expired:
                raise TimeoutError from None
            raise
        else:
            if watch.expired:
                raise TimeoutError
        finally:
            _current.watch = None
            with self._changed:
                self._watches.discard(watch)

    def close(self) -> None:
        """End the thread, unless there still are requests."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and not self._watches:
            thread.join()

    def _add(self, watch: Watch) -> None:
        with self._changed:
            self._watches.add(watch)
            # is_alive: after a fork, the thread exists in the parent only
            if self._thread is None or not self._thread.is_alive():
                self._wakes_at = watch.deadline
                self._thread = threading.Thread(
                    target=self._run, name="posehub-watchdog", daemon=True
                )
                self._thread.start()
            elif watch.deadline < self._wakes_at:
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._watches or (time.monotonic() < self._wakes_at and not self._closed):
                now = time.monotonic()
                late = [watch for watch in self._watches if watch.deadline <= now]
                for watch in late:
                    watch.end()
                if late:
                    self._wakes_at = now + _AGAIN
                elif self._watches:
                    self._wakes_at = min(watch.deadline for watch in self._watches)
                self._changed.wait(max(0.0, self._wakes_at - now))
            self._thread = None
