"""A token that expires, shared by any number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy

from attrs import field, frozen

from posehub.cloud.clock import CLOCK, Clock
from posehub.errors import AuthError

_EARLY_SHARE = 0.1
_EARLY_AT_MOST = 300.0
"""A token is renewed before it expires: when this share of its lifetime is left, or this number of
seconds if that is less."""


@frozen
class Token:
    """An access token.

    Attributes:
        value: the secret.
        lifetime: seconds from now until it expires.
    """

    value: str = field(repr=False)
    lifetime: float


class TokenStore:
    """Holds a token for all threads, and fetches it when there is no valid one.

    If the service refuses the keys, the refusal is remembered: a second request with the same keys
    would be refused too.

    Args:
        fetch: gets a new token from the service.
        clock: the time.
    """

    def __init__(self, fetch: Callable[[], Token], clock: Clock = CLOCK) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._renew_at = float("-inf")
        self._refusal: AuthError | None = None

    def get(self) -> str:
        """Return a valid token.

        Raises:
            AuthError: the service refuses the keys.
            BackendError: the token cannot be fetched.
        """
        with self._lock:
            if self._clock.now() >= self._renew_at:
                self._renew()
            return self._value

    def replace(self, stale: str) -> str:
        """Return another token than `stale`, which the service no longer accepts.

        Threads that replace the same stale token get the same new one.
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
            # A copy is kept, because a raised error refers to the frames it passed, and they refer
            # to the images of those calls.
            self._refusal = copy(error)
            raise
        early = min(token.lifetime * _EARLY_SHARE, _EARLY_AT_MOST)
        self._value = token.value
        self._renew_at = self._clock.now() + token.lifetime - early
