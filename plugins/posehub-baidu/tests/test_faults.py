from __future__ import annotations

import json

import pytest

from posehub.backends.transport import HttpResponse
from posehub.errors import (
    AuthError,
    BackendError,
    BackendTimeoutError,
    ImageError,
    InvalidResponseError,
    QuotaExceededError,
    RateLimitedError,
    TransientError,
)
from posehub_baidu.decode import decode
from posehub_baidu.faults import FAULTS, fault
from posehub_baidu.testing import BaiduStub, Fault

# Code -> (error, requests sent if two repeats are allowed), from the vendor's table of codes.
CODES = {
    1: (TransientError, 3),
    2: (TransientError, 3),
    3: (BackendError, 1),
    4: (RateLimitedError, 3),
    6: (AuthError, 1),
    13: (AuthError, 1),
    14: (AuthError, 1),
    15: (AuthError, 1),
    17: (QuotaExceededError, 1),
    18: (RateLimitedError, 3),
    19: (QuotaExceededError, 1),
    100: (AuthError, 1),
    110: (AuthError, 2),  # once more with a new token
    111: (AuthError, 2),
    216015: (BackendError, 1),
    216100: (BackendError, 1),
    216101: (BackendError, 1),
    216102: (BackendError, 1),
    216103: (BackendError, 1),
    216110: (AuthError, 1),
    216200: (ImageError, 1),
    216201: (ImageError, 1),
    216202: (ImageError, 1),
    216203: (BackendError, 1),
    216630: (TransientError, 2),  # after a second failure, further repeats are useless
    216634: (TransientError, 2),
    282000: (TransientError, 3),
    282003: (BackendError, 1),
    282810: (TransientError, 2),
    283300: (BackendError, 1),
    336000: (TransientError, 3),
    336001: (BackendError, 1),
    336002: (BackendError, 1),
    336003: (BackendError, 1),
    336004: (ImageError, 1),
    336005: (ImageError, 1),
    336006: (BackendError, 1),
    336100: (TransientError, 3),
}

# HTTP status -> (error, requests sent if two repeats are allowed).
STATUSES = {
    201: (BackendError, 1),
    301: (BackendError, 1),
    302: (BackendError, 1),
    400: (BackendError, 1),
    401: (AuthError, 1),
    403: (AuthError, 1),
    404: (BackendError, 1),
    408: (BackendTimeoutError, 3),
    413: (BackendError, 1),
    429: (RateLimitedError, 3),
    500: (TransientError, 3),
    502: (TransientError, 3),
    503: (TransientError, 3),
    504: (BackendTimeoutError, 3),
}


def test_every_documented_code_is_in_the_table():
    assert CODES.keys() == FAULTS.keys()


@pytest.mark.parametrize(("code", "error", "requests"), [(c, *row) for c, row in CODES.items()])
def test_a_code_raises_its_error(open_baidu, image_file, code, error, requests):
    with BaiduStub(fault=lambda number: Fault(code=code)) as stub:
        with pytest.raises(error, match=rf"Baidu error {code}: stub {code}\. .") as caught:
            open_baidu(stub, waits=[], max_retries=2).detect(image_file())
        assert type(caught.value) is error
        assert len(stub.calls) == requests
        if isinstance(caught.value, BackendError):
            assert caught.value.code == code
            assert caught.value.request_id == str(requests - 1)


@pytest.mark.parametrize(
    ("status", "error", "requests"), [(status, *row) for status, row in STATUSES.items()]
)
def test_a_status_raises_its_error(open_baidu, image_file, status, error, requests):
    page = Fault(status=status, body=b"<html>a page</html>")
    with BaiduStub(fault=lambda number: page) as stub:
        with pytest.raises(error, match=f"HTTP {status}") as caught:
            open_baidu(stub, waits=[], max_retries=2).detect(image_file())
        assert type(caught.value) is error
        assert caught.value.code == status
        assert len(stub.calls) == requests


def test_a_page_with_status_200_is_an_invalid_response(open_baidu, image_file):
    page = Fault(body=b"<html>a page</html>")
    with BaiduStub(fault=lambda number: page) as stub:
        with pytest.raises(InvalidResponseError, match="<html>a page"):
            open_baidu(stub, waits=[], max_retries=2).detect(image_file())
        assert len(stub.calls) == 1


def test_a_code_takes_precedence_over_the_status(open_baidu, image_file):
    fault = Fault(code=17, status=500)
    with BaiduStub(fault=lambda number: fault) as stub, pytest.raises(QuotaExceededError):
        open_baidu(stub, waits=[], max_retries=2).detect(image_file())


def test_a_redirect_is_not_followed(stub, open_baidu, image_file):
    moved = Fault(status=307, body=b"", headers={"Location": stub.url})
    with BaiduStub(fault=lambda number: moved) as moving:
        with pytest.raises(BackendError, match="HTTP 307"):
            open_baidu(moving).detect(image_file())
        assert len(moving.calls) == 1
    assert not stub.calls


def test_an_unknown_code_is_a_backend_error_with_code_and_message():
    error = fault({"error_code": 999001, "error_msg": "new error"}, "77")
    assert type(error) is BackendError
    assert (error.code, error.request_id) == (999001, "77")
    assert "999001: new error" in str(error)


@pytest.mark.parametrize("code", [18, "18", "18 "])
def test_a_code_may_be_text(code):
    error = fault({"error_code": code, "error_msg": "m"}, None)
    assert type(error) is RateLimitedError
    assert error.code == 18


@pytest.mark.parametrize(
    "code",
    [
        "null",
        "true",
        '"none"',
        "[]",
        "{}",
        "18.5",
        "1e999",
        "-1e999",
        "9" * 400,
        '"' + "9" * 9 + '"',
    ],
)
def test_a_code_of_any_type_is_a_backend_error(code):
    body = f'{{"error_code": {code}, "error_msg": "m", "log_id": 5}}'.encode()
    with pytest.raises(BackendError) as caught:
        decode(HttpResponse(200, {}, body), (64, 64), (64, 64))
    assert type(caught.value) is BackendError
    assert caught.value.request_id == "5"


@pytest.mark.parametrize("code", ["1e999", "Infinity", "NaN", "[]", '"' + "9" * 5000 + '"'])
def test_a_code_of_any_type_is_raised_by_the_backend_as_a_posehub_error(
    open_baidu, image_file, code
):
    body = f'{{"error_code": {code}, "error_msg": "m"}}'.encode()
    with BaiduStub(fault=lambda number: Fault(body=body)) as stub:
        with pytest.raises(BackendError) as caught:
            open_baidu(stub).detect(image_file())
        assert "fault of the plugin" not in str(caught.value)


@pytest.mark.parametrize("message", [None, 5, [], {"a": 1}, ""])
def test_a_message_of_any_type_is_shown(message):
    assert "Baidu error 18" in str(fault({"error_code": 18, "error_msg": message}, None))


def test_an_error_without_a_message_still_has_its_code():
    body = json.dumps({"error_code": 282000}).encode()
    with pytest.raises(TransientError) as caught:
        decode(HttpResponse(200, {}, body), (64, 64), (64, 64))
    assert caught.value.code == 282000


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "BAIDU_ENDPOINT"),
        (6, "tick the interface body_analysis"),
        (13, "BAIDU_API_KEY"),
        (14, "BAIDU_IAM_SECRET_KEY"),
        (15, "BAIDU_API_KEY"),
        (18, "qps"),
        (100, "BAIDU_API_KEY"),
        (110, "BAIDU_ACCESS_TOKEN"),
        (216201, "JPEG"),
    ],
)
def test_a_message_has_advice(code, words):
    assert words in str(fault({"error_code": code, "error_msg": "m"}, None))


@pytest.mark.parametrize("code", ["0", "null", '"0"', '""'])
def test_the_code_of_no_error_is_not_an_error(open_baidu, image_file, code):
    body = f'{{"error_code": {code}, "error_msg": "", "person_num": 0, "person_info": []}}'.encode()
    with BaiduStub(fault=lambda number: Fault(body=body)) as stub:
        assert len(open_baidu(stub).detect(image_file())) == 0
        assert len(stub.calls) == 1
