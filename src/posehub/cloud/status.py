"""The meaning of an HTTP status, for responses whose body has no error code."""

from __future__ import annotations

from posehub.backends.transport import HttpResponse
from posehub.errors import (
    AuthError,
    BackendError,
    BackendTimeoutError,
    RateLimitedError,
    TransientError,
)


def error_of_status(response: HttpResponse, service: str) -> BackendError | None:
    """Return the error that the status of a response stands for, or None for 200.

    Args:
        response: a response whose body has no error code.
        service: name of the service for the message.
    """
    status = response.status
    if status == 200:
        return None
    message = f"{service} responded with HTTP {status}"
    if status in (401, 403):
        return AuthError(f"{message}: the credentials are refused.", code=status)
    if status == 429:
        wait = retry_after(response)
        return RateLimitedError(f"{message}: too many requests.", code=status, retry_after=wait)
    if status in (408, 504):
        return BackendTimeoutError(f"{message}: a timeout in the service.", code=status)
    if status >= 500:
        wait = retry_after(response)
        return TransientError(f"{message}: an error in the service.", code=status, retry_after=wait)
    return BackendError(f"{message}.", code=status)


def retry_after(response: HttpResponse) -> float | None:
    """Return the seconds in the Retry-After header, or None. Its date form is rare and ignored."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None
