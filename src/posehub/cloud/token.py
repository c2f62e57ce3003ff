"""A token that expires, shared by any number of threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from copy import copy

from attrs import field, frozen

from posehub.errors import AuthError

_EARLY_SHARE = 0.1
_EARLY_AT_MOST = 300.0
"""A token is renewed when this share of its life is left, or these seconds if that is less."""


@frozen
class Token:
    """An access token.

    Attributes:
        value: the secret.
        lifetime: seconds it is good for, from now.
    """

    value: str = field(repr=False)
    lifetime: float


class TokenStore:
    """Fetches a token when there is none that is good, once for all threads.

    A refusal of the keys is remembered: asking again with the same ones cannot help.

    Args:
        fetch: gets a new token from the service.
    """

    def __init__(self, fetch: Callable[[], Token]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = float("-inf")
        self._refusal: AuthError | None = None

    def get(self) -> str:
        """Return a good token.

        Raises:
            AuthError: the service refuses the keys.
            BackendError: it cannot be fetched.
        """
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._renew()
            return self._value

    def replace(self, stale: str) -> str:
        """Return another token than `stale`, which the service no longer takes.

        Threads that all saw the same stale one get the same new one.
        """
        with self._lock:
            if self._value == stale:
                self._renew()
            return self._value

    def _renew(self) -> None:
        if self._refusal is not None:
            raise copy(self._refusal)
        try:
            token = self._fetch()
        except AuthError as error:
            # a copy, because an error that was raised holds on to the frames it went through, and
            # with them to the pictures of those calls
            self._refusal = copy(error)
            raise
        early = min(token.lifetime * _EARLY_SHARE, _EARLY_AT_MOST)
        self._value = token.value
        self._renew_at = time.monotonic() + token.lifetime - early
