"""The meaning of an HTTP status."""

from __future__ import annotations

import pytest

from posehub.backends.transport import HttpResponse
from posehub.cloud.status import error_of_status, retry_after
from posehub.errors import (
    AuthError,
    BackendError,
    BackendTimeoutError,
    RateLimitedError,
    TransientError,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (302, BackendError),
        (400, BackendError),
        (401, AuthError),
        (403, AuthError),
        (404, BackendError),
        (408, BackendTimeoutError),
        (413, BackendError),
        (429, RateLimitedError),
        (500, TransientError),
        (502, TransientError),
        (503, TransientError),
        (504, BackendTimeoutError),
    ],
)
def test_each_status_stands_for_one_error(status, kind):
    error = error_of_status(HttpResponse(status, {}, b""), "Service")
    if kind is None:
        assert error is None
    else:
        assert type(error) is kind
        assert error.code == status
        assert str(error).startswith(f"Service responded with HTTP {status}")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_seconds(text, seconds):
    headers = {} if text is None else {"retry-after": text}
    assert retry_after(HttpResponse(503, headers, b"")) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_a_passing_error_has_the_wait_that_the_service_asks_for(status):
    response = HttpResponse(status, {"retry-after": "7"}, b"")
    assert error_of_status(response, "Service").retry_after == 7.0
