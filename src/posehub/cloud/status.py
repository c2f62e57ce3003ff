"""What an HTTP status means, for a reply whose body says nothing better."""

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
    """Return the error a response's status stands for, or None for 200.

    Args:
        response: whose body was of no help.
        service: what to call the service in the message.
    """
    status = response.status
    if status == 200:
        return None
    message = f"{service} answered with HTTP {status}"
    if status in (401, 403):
        return AuthError(f"{message}: the credentials are refused.", code=status)
    if status == 429:
        wait = retry_after(response)
        return RateLimitedError(f"{message}: too many calls.", code=status, retry_after=wait)
    if status in (408, 504):
        return BackendTimeoutError(f"{message}: it took too long.", code=status)
    if status >= 500:
        wait = retry_after(response)
        return TransientError(f"{message}: it has trouble.", code=status, retry_after=wait)
    return BackendError(f"{message}.", code=status)


def retry_after(response: HttpResponse) -> float | None:
    """Return the seconds the Retry-After header asks for; its date form, rare, counts as none."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None
