"""Every error posehub raises on purpose, as one tree under `PosehubError`.

A message says what was wrong, with which value, and what to do. No message carries a secret.
"""

from __future__ import annotations

from collections.abc import Iterable


class PosehubError(Exception):
    """Base of everything posehub raises on purpose."""


class ConfigError(PosehubError):
    """A setting, option or credential cannot be used as given."""


class MissingCredentialError(ConfigError):
    """A backend needs keys and none, or only half of a pair, were given."""


class UnknownOptionError(ConfigError):
    """An option's name is not one the backend has."""


class PluginError(PosehubError):
    """A backend cannot be used because of its plugin."""


class UnknownBackendError(PluginError):
    """No installed plugin registers a backend of this name."""


class DuplicateBackendError(PluginError):
    """Two plugins register a backend or format of one name; the first one is used."""


class PluginLoadError(PluginError):
    """A plugin failed to import, or its hooks or descriptions are invalid."""


class MissingDependencyError(PluginError):
    """A plugin is installed, but a package or model it needs is not."""


class ImageError(PosehubError):
    """The input is not an image that the backend takes."""


class CassetteError(PosehubError):
    """A cassette is missing, malformed, or does not fit the backend."""


class CassetteMissError(CassetteError):
    """A cassette holds no response to this request."""


class FormatError(PosehubError):
    """A file of results is malformed, or its format cannot hold what is to be written."""


class BackendError(PosehubError):
    """A backend responded with an error, or failed itself.

    Attributes:
        code: the backend's own error code, or None.
        request_id: the backend's id of the failed request, for its support, or None.
    """

    def __init__(
        self, message: str, *, code: int | str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class AuthError(BackendError):
    """The backend refused the credentials."""


class QuotaExceededError(BackendError):
    """The account's quota is used up; trying again soon cannot help."""


class InvalidResponseError(BackendError):
    """The backend's response does not have the documented form."""


class TransientError(BackendError):
    """The same call may succeed a little later.

    Attributes:
        retry_after: seconds the backend asks to wait first, or None.
        max_retries: how many repeats make sense for this error, or None for as many as allowed.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        max_retries: int | None = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after = retry_after
        self.max_retries = max_retries


class RateLimitedError(TransientError):
    """Too many requests in too short a time."""


class BackendTimeoutError(TransientError):
    """No complete response came within the timeout."""


def described(error: BaseException) -> str:
    """Return an error's type and message; its `str` may fail, too."""
    try:
        message = str(error)
    except Exception:
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def error_class(name: str) -> type[PosehubError]:
    """Return the error class of this module called `name`; `BackendError` if there is none."""
    found = globals().get(name)
    if isinstance(found, type) and issubclass(found, PosehubError):
        return found
    return BackendError


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None if none is close."""
    # difflib is only needed on the way to an error message
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1)), None)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the known name closest to `name`, or "" if none is close.

    It leads with a space so that it can be appended to a sentence.
    """
    match = nearest_name(name, known)
    return "" if match is None else f" Did you mean {match!r}?"
