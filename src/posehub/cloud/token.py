"""A token that expires, shared by any number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy

from attrs import define, field, frozen

from posehub.cloud.clock import CLOCK, Clock
from posehub.errors import AuthError, PosehubError

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

    Threads that need a token while one is being fetched wait for it, and share the outcome. If the
    service refuses the keys, the refusal is remembered: a second request with the same keys would
    be refused too. Other failures are not remembered.

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
        self._fetching: _Fetching | None = None

    def get(self) -> str:
        """Return a valid token.

        Raises:
            AuthError: the service refuses the keys.
            BackendError: the token cannot be fetched.
        """
        return self._valid(lambda: self._clock.now() < self._renew_at)

    def replace(self, stale: str) -> str:
        """Return another token than `stale`, which the service no longer accepts.

        Threads that replace the same stale token get the same new one.
        """
        return self._valid(lambda: self._value != stale)

    def _valid(self, is_valid: Callable[[], bool]) -> str:
        while True:
            with self._lock:
                if is_valid():
                    return self._value
                if self._refusal is not None:
                    raise copy(self._refusal)
                fetching, first = self._fetching, False
                if fetching is None:
                    fetching = self._fetching = _Fetching()
                    first = True
            if first:
                return self._fetched(fetching)
            fetching.done.wait()
            if fetching.error is not None:
                raise copy(fetching.error)
            if fetching.value is not None:
                return fetching.value
            # the thread that fetched was interrupted

    def _fetched(self, fetching: _Fetching) -> str:
        # Copies of errors are kept, because a raised error refers to the frames it passed, and they
        # refer to the images of those calls.
        try:
            token = self._fetch()
        except PosehubError as error:
            fetching.error = copy(error)
            if isinstance(error, AuthError):
                self._refusal = copy(error)
            raise
        else:
            early = min(token.lifetime * _EARLY_SHARE, _EARLY_AT_MOST)
            with self._lock:
                self._value = fetching.value = token.value
                self._renew_at = self._clock.now() + token.lifetime - early
            return token.value
        finally:
            with self._lock:
                self._fetching = None
            fetching.done.set()


@define(eq=False)
class _Fetching:
    """A fetch under way, and its outcome: a token or an error; neither if it was interrupted."""

    done: threading.Event = field(factory=threading.Event)
    value: str | None = field(default=None, repr=False)
    error: PosehubError | None = None
