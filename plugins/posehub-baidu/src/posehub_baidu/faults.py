"""What each error code of the service means, and which error it deserves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posehub.errors import (
    AuthError,
    BackendError,
    ImageError,
    PosehubError,
    QuotaExceededError,
    RateLimitedError,
    TransientError,
)

TOKEN_CODES = (110, 111)
"""The token is invalid or expired: a new one may be taken."""

_KEYS = "Check BAIDU_API_KEY and BAIDU_SECRET_KEY"
_TOKEN = f"The access token is no longer taken. Renew BAIDU_ACCESS_TOKEN. {_KEYS}."
_REQUEST = "The service refuses the request itself; please report it to posehub."

# Code -> (error, what to do), after the vendor's pages named in docs/baidu.md.
FAULTS: Mapping[int, tuple[type[PosehubError], str]] = {
    4: (RateLimitedError, "The service as a whole is over its limit. Wait and try again."),
    14: (AuthError, "Check BAIDU_IAM_ACCESS_KEY, BAIDU_IAM_SECRET_KEY and this machine's clock."),
    17: (QuotaExceededError, "The day's quota is spent. Wait for tomorrow or buy more."),
    18: (RateLimitedError, "Set the option qps to what the account allows (free ones often 2)."),
    19: (QuotaExceededError, "The total quota is spent. Buy more."),
    100: (AuthError, f"A parameter is invalid; most often the token is missing. {_KEYS}."),
    110: (AuthError, _TOKEN),
    111: (AuthError, _TOKEN),
    216015: (BackendError, "The service is closed. See the vendor's announcements."),
    216100: (BackendError, _REQUEST),
    216101: (BackendError, _REQUEST),
    216102: (BackendError, "Open the service for this application in Baidu's console."),
    216103: (BackendError, _REQUEST),
    216110: (AuthError, f"The application does not exist. {_KEYS}."),
    216200: (ImageError, "The service finds the picture empty."),
    216201: (ImageError, "The service cannot read the picture's format. Save it as JPEG."),
    216202: (ImageError, "The service takes no picture of this size."),
    216630: (TransientError, "The service failed on this picture."),
    216634: (TransientError, "The service failed on this picture."),
    282000: (TransientError, "The service has an internal error."),
}

_ONCE = (216630, 216634)  # a second failure on the same picture will not be the last


def fault(reply: Mapping[str, Any], request_id: str | None) -> PosehubError:
    """Return the error that a reply with an `error_code` stands for."""
    code = fault_code(reply)
    kind, advice = FAULTS.get(code, (BackendError, "")) if code is not None else (BackendError, "")
    text = reply.get("error_msg", "no message")
    text = text[:200] if isinstance(text, str) else shown(text)
    told = reply.get("error_code") if code is None else code
    message = f"Baidu error {shown(told)}: {text}. {advice}".rstrip()
    if issubclass(kind, TransientError):
        once = 1 if code in _ONCE else None
        return kind(message, code=code, request_id=request_id, max_retries=once)
    if issubclass(kind, BackendError):
        return kind(message, code=code, request_id=request_id)
    return kind(message)


def fault_code(reply: Mapping[str, Any]) -> int | None:
    """Return `error_code` as a number, which some replies give as text; None if it is neither."""
    code = reply.get("error_code")
    if type(code) is int:
        return code
    text = code.strip() if isinstance(code, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def shown(value: object) -> str:
    """Return a JSON value as a message shows it: cut short, and a container by its type only,
    because the repr of a deep one raises RecursionError.
    """
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__}"
    return repr(value[:40] if isinstance(value, str) else value)[:44]
