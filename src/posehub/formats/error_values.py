"""The errors of failed images as values of a file, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posehub.errors import BackendError, PosehubError, error_class
from posehub.formats import fields


def values_of(error: PosehubError) -> dict[str, Any]:
    """Return an error as JSON values: `type`, `message`, and `code` and `request_id` if it has any.

    A code that is neither a number nor a text is not kept.
    """
    values: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, BackendError):
        if isinstance(error.code, (int, str)):
            values["code"] = error.code
        if error.request_id is not None:
            values["request_id"] = error.request_id
    return values


def error_of(values: Mapping[str, Any]) -> PosehubError:
    """Return the error that `values_of` wrote; of an unknown type, a `BackendError`.

    Raises:
        ValueError: a value is missing or of another type.
    """
    kind = error_class(fields.text(values, "type"))
    message = fields.text(values, "message")
    if not issubclass(kind, BackendError):
        return kind(message)
    code = values.get("code")
    if code is not None and (isinstance(code, bool) or not isinstance(code, (int, str))):
        raise ValueError(f"code must be a whole number or a string, got {fields.shown(code)}")
    return kind(message, code=code, request_id=fields.optional(fields.text, values, "request_id"))
