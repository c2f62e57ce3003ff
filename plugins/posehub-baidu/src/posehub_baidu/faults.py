"""The error codes of the service, and the error that posehub raises for each."""

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
"""The token is invalid or expired; a new token may be accepted."""

_KEYS = "Check BAIDU_API_KEY and BAIDU_SECRET_KEY"
_TOKEN = f"The access token is no longer valid. Renew BAIDU_ACCESS_TOKEN. {_KEYS}."
_REQUEST = "The service refuses the form of the request; please report this to posehub."

# Error code -> (error, advice), from the vendor's pages named in docs/baidu.md.
FAULTS: Mapping[int, tuple[type[PosehubError], str]] = {
    4: (RateLimitedError, "The whole service is over its limit. Wait and try again."),
    14: (AuthError, "Check BAIDU_IAM_ACCESS_KEY, BAIDU_IAM_SECRET_KEY and this machine's clock."),
    17: (QuotaExceededError, "The daily quota is used up. Wait until tomorrow or buy more."),
    18: (RateLimitedError, "Set the option qps to the limit of the account (free ones: often 2)."),
    19: (QuotaExceededError, "The total quota is used up. Buy more."),
    100: (AuthError, f"A parameter is invalid; most often the token is missing. {_KEYS}."),
    110: (AuthError, _TOKEN),
    111: (AuthError, _TOKEN),
    216015: (BackendError, "The service is closed. See the announcements of Baidu."),
    216100: (BackendError, _REQUEST),
    216101: (BackendError, _REQUEST),
    216102: (BackendError, "Enable body analysis for this application in Baidu's console."),
    216103: (BackendError, _REQUEST),
    216110: (AuthError, f"The application does not exist. {_KEYS}."),
    216200: (ImageError, "The service received an empty image."),
    216201: (ImageError, "The service cannot read the format of the image. Save it as JPEG."),
    216202: (ImageError, "The service does not accept an image of this size."),
    216630: (TransientError, "The service failed on this image."),
    216634: (TransientError, "The service failed on this image."),
    282000: (TransientError, "The service has an internal error."),
}

_ONCE = (216630, 216634)  # after a second failure, further repeats with the same image are useless


def fault(response: Mapping[str, Any], request_id: str | None) -> PosehubError:
    """Return the error for a response with an `error_code`."""
    code = fault_code(response)
    kind, advice = FAULTS.get(code, (BackendError, "")) if code is not None else (BackendError, "")
    text = response.get("error_msg", "no message")
    text = text[:200] if isinstance(text, str) else shown(text)
    number = response.get("error_code") if code is None else code
    message = f"Baidu error {shown(number)}: {text}. {advice}".rstrip()
    if issubclass(kind, TransientError):
        once = 1 if code in _ONCE else None
        return kind(message, code=code, request_id=request_id, max_retries=once)
    if issubclass(kind, BackendError):
        return kind(message, code=code, request_id=request_id)
    return kind(message)


def fault_code(response: Mapping[str, Any]) -> int | None:
    """Return `error_code` as a number, also if it is a text of digits; None if it is neither."""
    code = response.get("error_code")
    if type(code) is int:
        return code
    text = code.strip() if isinstance(code, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def shown(value: object) -> str:
    """Return a JSON value for a message: shortened, and only the type of a list or an object.

    The repr of a deeply nested list or object would raise a RecursionError.
    """
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__}"
    return repr(value[:40] if isinstance(value, str) else value)[:44]
