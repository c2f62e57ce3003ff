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
_CONSOLE = (
    "Open the application in Baidu's console (console.bce.baidu.com, Human Body Analysis, "
    "application list, edit) and tick the interface body_analysis (人体关键点识别)."
)
_AGAIN = "The service failed. Try again later."
_REQUEST = "The service refuses the form of the request; please report this to posehub."

# Error code -> (error, advice), from the vendor's pages named in docs/baidu.md.
FAULTS: Mapping[int, tuple[type[PosehubError], str]] = {
    1: (TransientError, _AGAIN),
    2: (TransientError, _AGAIN),
    3: (BackendError, "The interface does not exist at this address. Check BAIDU_ENDPOINT."),
    4: (RateLimitedError, "The whole service is over its limit. Wait and try again."),
    6: (AuthError, _CONSOLE),
    13: (AuthError, f"The service cannot get a token for these keys. {_KEYS}."),
    14: (AuthError, "Check BAIDU_IAM_ACCESS_KEY, BAIDU_IAM_SECRET_KEY and this machine's clock."),
    15: (AuthError, f"The application does not exist or was not created completely. {_KEYS}."),
    17: (QuotaExceededError, "The daily quota is used up. Wait until tomorrow or buy more."),
    18: (RateLimitedError, "Set the option qps to the limit of the account (free ones: often 2)."),
    19: (QuotaExceededError, "The total quota is used up. Buy more."),
    100: (AuthError, f"A parameter is invalid; most often the token is missing. {_KEYS}."),
    110: (AuthError, _TOKEN),
    111: (AuthError, _TOKEN),
    216015: (BackendError, "The service is closed. See the announcements of Baidu."),
    216100: (BackendError, _REQUEST),
    216101: (BackendError, _REQUEST),
    216102: (BackendError, _CONSOLE),
    216103: (BackendError, _REQUEST),
    216110: (AuthError, f"The application does not exist. {_KEYS}."),
    216200: (ImageError, "The service received an empty image."),
    216201: (ImageError, "The service cannot read the format of the image. Save it as JPEG."),
    216202: (ImageError, "The service does not accept an image of this size."),
    216203: (BackendError, _REQUEST),
    216630: (TransientError, "The service failed on this image."),
    216634: (TransientError, "The service failed on this image."),
    282000: (TransientError, "The service has an internal error."),
    282003: (BackendError, _REQUEST),
    282810: (TransientError, "The service failed on this image."),
    283300: (BackendError, _REQUEST),
    336000: (TransientError, _AGAIN),
    336001: (BackendError, f"{_REQUEST[:-1]}, or send another image."),
    336002: (BackendError, _REQUEST),
    336003: (BackendError, _REQUEST),
    336004: (ImageError, "The service does not accept an image of this size."),
    336005: (ImageError, "The service cannot decode the image. Save it as JPEG."),
    336006: (BackendError, _REQUEST),
    336100: (TransientError, _AGAIN),
}

_ONCE = (
    216630,
    216634,
    282810,
)  # after a second failure, further repeats with the same image are useless


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


def is_fault(response: Mapping[str, Any]) -> bool:
    """Return whether a response is an error; some good ones have the `error_code` 0 or null."""
    if "error_code" not in response:
        return False
    return "person_num" not in response or response["error_code"] not in (0, None, "", "0")


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
