"""Blocking the network, so that tests that play cassettes send nothing to a service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from posehub.backends.loopback import is_loopback as is_loopback
from posehub.errors import BackendError

_reasons: list[str] = []


@contextmanager
def network_blocked(reason: str) -> Iterator[None]:
    """Make every request to another machine fail with `reason`, in all threads of this process."""
    _reasons.append(reason)
    try:
        yield
    finally:
        _reasons.remove(reason)


def refuse_if_blocked(url: str) -> None:
    """Check that a request may be sent. Loopback addresses of this machine are never blocked.

    Raises:
        BackendError: the network is blocked.
    """
    if _reasons and not is_loopback(urlsplit(url).hostname or ""):
        raise BackendError(f"The network is blocked: {_reasons[-1]}.")
