from __future__ import annotations

from pathlib import Path

import pytest

import posehub
from posehub.backends.transport import HttpResponse
from posehub.errors import (
    AuthError,
    BackendError,
    ConfigError,
    InvalidResponseError,
    MissingCredentialError,
    TransientError,
)
from posehub_baidu.auth import TOKEN_PATH, token
from posehub_baidu.options import BaiduOptions
from posehub_baidu.testing import (
    API_KEY,
    BEARER_KEY,
    IAM_ACCESS_KEY,
    IAM_SECRET_KEY,
    SECRET_KEY,
    BaiduStub,
    Fault,
)

IAM_KEYS = {"iam_access_key": IAM_ACCESS_KEY, "iam_secret_key": IAM_SECRET_KEY}
SCHEMES = {
    "api and secret key": BaiduStub.keys,
    "bearer key": {"bearer_key": BEARER_KEY},
    "iam keys": IAM_KEYS,
}


def issue_token(stub):
    _, data = stub.token_response({"client_id": [API_KEY], "client_secret": [SECRET_KEY]})
    return data["access_token"]


@pytest.mark.parametrize("keys", SCHEMES.values(), ids=SCHEMES)
def test_every_scheme_is_accepted(stub, open_baidu, image_file, keys):
    assert len(open_baidu(stub, **keys).detect(image_file())) == 1


def test_a_token_that_was_fetched_elsewhere_is_accepted(stub, open_baidu, image_file):
    value = issue_token(stub)
    assert len(open_baidu(stub, access_token=value).detect(image_file())) == 1
    assert list(stub.tokens) == [value]


@pytest.mark.parametrize("keys", SCHEMES.values(), ids=SCHEMES)
def test_keys_from_the_environment_are_accepted(stub, monkeypatch, open_baidu, image_file, keys):
    for name, value in keys.items():
        monkeypatch.setenv(f"BAIDU_{name.upper()}", value)
    monkeypatch.setenv("BAIDU_ENDPOINT", stub.url)
    assert len(posehub.detect(image_file(), backend="baidu")) == 1


@pytest.mark.parametrize(
    ("keys", "in_url", "header"),
    [
        (BaiduStub.keys, True, None),
        ({"bearer_key": BEARER_KEY}, False, f"Bearer {BEARER_KEY}"),
        ({"bearer_key": f"Bearer {BEARER_KEY}"}, False, f"Bearer {BEARER_KEY}"),
        (IAM_KEYS, False, f"bce-auth-v1/{IAM_ACCESS_KEY}/"),
    ],
)
def test_a_request_carries_one_scheme_only(stub, open_baidu, image_file, keys, in_url, header):
    open_baidu(stub, **keys).detect(image_file())
    (call,) = stub.calls
    assert list(call.query) == (["access_token"] if in_url else [])
    if header is None:
        assert "authorization" not in call.headers
    else:
        assert call.headers["authorization"].startswith(header)


def test_a_netrc_entry_does_not_replace_the_bearer_key(
    stub, open_baidu, image_file, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    open_baidu(stub, bearer_key=BEARER_KEY).detect(image_file())
    assert stub.calls[0].headers["authorization"] == f"Bearer {BEARER_KEY}"


def test_two_kinds_of_credentials_are_refused(stub, open_baidu):
    with pytest.raises(ConfigError, match="BAIDU_BEARER_KEY"):
        open_baidu(stub, **stub.keys, bearer_key=BEARER_KEY)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"api_key": API_KEY}, "BAIDU_SECRET_KEY"),
        ({"secret_key": SECRET_KEY}, "BAIDU_API_KEY"),
        ({"iam_access_key": IAM_ACCESS_KEY}, "BAIDU_IAM_SECRET_KEY"),
    ],
)
def test_half_a_pair_of_keys_names_the_other_half(stub, open_baidu, given, missing):
    with pytest.raises(MissingCredentialError, match=f"{missing} is missing"):
        open_baidu(stub, **given)


def test_many_threads_share_one_token(stub, open_baidu, image_file):
    backend = open_baidu(stub)
    files = [image_file(seed=seed) for seed in range(40)]
    assert len(list(backend.detect_many(files, workers=16))) == 40
    assert len(stub.tokens) == 1


def test_an_invalid_token_is_renewed_and_the_request_repeated(stub, open_baidu, image_file):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(image_file())
    stub.revoke_tokens()
    assert len(backend.detect(image_file(seed=1))) == 1
    assert len(stub.tokens) == 2


def test_an_expired_token_is_renewed_and_the_request_repeated(stub, open_baidu, image_file):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(image_file())
    for value in stub.tokens:
        stub.tokens[value] = float("-inf")
    assert len(backend.detect(image_file(seed=1))) == 1
    assert len(stub.tokens) == 2


def test_threads_whose_token_is_revoked_fetch_one_new_token(stub, open_baidu, image_file):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(image_file())
    stub.revoke_tokens()
    files = [image_file(seed=seed) for seed in range(40)]
    assert len(list(backend.detect_many(files, workers=16))) == 40
    assert len(stub.tokens) == 2


@pytest.mark.parametrize("code", [110, 111])
def test_a_service_that_refuses_every_token_gets_two_requests(open_baidu, image_file, code):
    with BaiduStub(fault=lambda number: Fault(code=code)) as stub:
        with pytest.raises(AuthError) as caught:
            open_baidu(stub, max_retries=3).detect(image_file())
        assert caught.value.code == code
        assert len(stub.calls) == 2
        assert len(stub.tokens) == 2


@pytest.mark.parametrize("keys", [{"access_token": "24.old"}, {"bearer_key": "bce-v3/ALTAK-no/no"}])
def test_credentials_that_cannot_be_renewed_are_refused_at_once(stub, open_baidu, image_file, keys):
    with pytest.raises(AuthError) as caught:
        open_baidu(stub, **keys).detect(image_file())
    assert caught.value.code == 110
    assert len(stub.calls) == 1
    assert not stub.tokens


def test_a_wrong_iam_key_is_refused_at_once(stub, open_baidu, image_file):
    with pytest.raises(AuthError, match="BAIDU_IAM_ACCESS_KEY") as caught:
        open_baidu(stub, iam_access_key="wrong", iam_secret_key=IAM_SECRET_KEY).detect(image_file())
    assert caught.value.code == 14
    assert len(stub.calls) == 1


@pytest.mark.parametrize("key", ["key\n", "key\r\nX: y", "密钥"])
def test_a_key_that_is_not_valid_in_a_header_is_refused_at_once(stub, open_baidu, image_file, key):
    waits = []
    with pytest.raises(BackendError, match="stray characters"):
        open_baidu(stub, waits=waits, bearer_key=key).detect(image_file())
    assert waits == []


class CountingStub(BaiduStub):
    """A stub that counts the requests to its token endpoint, refused ones too."""

    token_calls = 0

    def token_response(self, form):
        self.token_calls += 1
        return super().token_response(form)


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [({"api_key": "unknown"}, "BAIDU_API_KEY"), ({"secret_key": "wrong"}, "BAIDU_SECRET_KEY")],
)
def test_wrong_keys_fail_at_once_and_name_the_variable(open_baidu, image_file, wrong, variable):
    with CountingStub() as stub:
        with pytest.raises(AuthError, match=rf"Check {variable}\."):
            open_baidu(stub, **{**stub.keys, **wrong}, max_retries=5).detect(image_file())
        assert stub.token_calls == 1
        assert not stub.calls


def test_wrong_keys_are_sent_once_for_all_images(open_baidu, image_file):
    with CountingStub() as stub:
        backend = open_baidu(stub, api_key="unknown", secret_key=SECRET_KEY)
        files = [image_file(seed=seed) for seed in range(40)]
        outcomes = list(backend.detect_many(files, workers=16, on_error="return"))
        assert [type(outcome) for outcome in outcomes] == [AuthError] * 40
        assert stub.token_calls == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_in_the_token_endpoint_is_transient(status):
    with pytest.raises(TransientError):
        token(HttpResponse(status, {}, b"<html>error</html>"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 100_000,
        b'{"access_token": null, "expires_in": 2592000}',
        b'{"error": null}',
        b'{"access_token": 24, "expires_in": 2592000}',
        b'{"access_token": "", "expires_in": 2592000}',
    ],
)
def test_a_token_response_of_another_form_is_an_invalid_response_without_the_token(body):
    with pytest.raises(InvalidResponseError) as caught:
        token(HttpResponse(200, {}, body))
    assert "24" not in str(caught.value)


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [
        ("2592000", 2592000),
        ('"2592000"', 2592000),
        ("1.5", 1.5),
        ("9" * 400, 2592000),
        ("1e400", 2592000),
        ("0", 3600),
        ("-1", 3600),
        ("-1e400", 3600),
        ("NaN", 3600),
        ("null", 3600),
        ("true", 3600),
        ('"soon"', 3600),
        ("[]", 3600),
    ],
)
def test_a_token_is_used_whatever_its_lifetime(lifetime, seconds):
    body = f'{{"access_token": "24.secret", "expires_in": {lifetime}}}'.encode()
    found = token(HttpResponse(200, {}, body))
    assert (found.value, found.lifetime) == ("24.secret", seconds)


def test_a_token_without_a_lifetime_is_used_for_an_hour():
    assert token(HttpResponse(200, {}, b'{"access_token": "24.secret"}')).lifetime == 3600


def test_a_byte_order_mark_before_a_token_is_skipped():
    body = b'\xef\xbb\xbf{"access_token": "24.secret", "expires_in": 5}'
    assert token(HttpResponse(200, {}, body)).lifetime == 5


@pytest.mark.parametrize("lifetime", [0, -5])
def test_a_token_that_has_expired_already_costs_no_token_for_each_image(
    open_baidu, image_file, lifetime
):
    with BaiduStub() as stub:
        issue = stub.token_response

        def response(form):
            status, data = issue(form)
            return status, {**data, "expires_in": lifetime}

        stub.token_response = response
        backend = open_baidu(stub)
        for seed in range(10):
            backend.detect(image_file(seed=seed))
        assert len(stub.tokens) == 1


PASSING = {
    "a page with 403": (403, b"<html>log in to this network</html>"),
    "a page with 401": (401, b""),
    "server_error": (500, b'{"error": "server_error", "error_description": "try later"}'),
    "temporarily_unavailable": (503, b'{"error": "temporarily_unavailable"}'),
    "an unknown error": (400, b'{"error": "slow_down"}'),
    "429": (429, b""),
    "500": (500, b""),
    "not JSON": (200, b"<html>"),
}


@pytest.mark.parametrize(("status", "body"), PASSING.values(), ids=PASSING)
def test_a_passing_failure_of_the_token_endpoint_is_not_remembered(
    open_baidu, image_file, status, body
):
    class FailingOnce(BaiduStub):
        failed = False

        def _respond(self, path, query, headers, data):
            if path == TOKEN_PATH and not self.failed:
                self.failed = True
                return body, Fault(status=status)
            return super()._respond(path, query, headers, data)

    with FailingOnce() as stub:
        backend = open_baidu(stub, max_retries=0)
        with pytest.raises(BackendError) as caught:
            backend.detect(image_file())
        assert not isinstance(caught.value, AuthError)
        assert len(backend.detect(image_file())) == 1


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable"])
def test_a_passing_failure_of_the_token_endpoint_may_be_repeated(error):
    with pytest.raises(TransientError, match=error):
        token(HttpResponse(400, {}, f'{{"error": "{error}"}}'.encode()))


def test_a_service_that_refuses_every_token_costs_two_tokens_for_many_images(
    open_baidu, image_file
):
    with BaiduStub(fault=lambda number: Fault(code=110)) as stub:
        backend = open_baidu(stub, max_retries=3)
        files = [image_file(seed=seed) for seed in range(30)]
        outcomes = list(backend.detect_many(files, workers=8, on_error="return"))
        assert {type(outcome) for outcome in outcomes} == {AuthError}
        assert len(stub.tokens) <= 3


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://aip.baidubce.com",
        "https://aip.baidubce.com/",
        "https://example.org:8443",
        "HTTPS://AIP.BAIDUBCE.COM",
        "http://127.0.0.1",
        "http://127.0.0.1:8080/",
        "http://127.8.9.10:8080",
        "http://localhost:8080",
        "http://LOCALHOST",
        "http://[::1]:8080",
        "http://pose.localhost:8080",
    ],
)
def test_an_endpoint_is_https_or_plain_http_on_loopback(endpoint):
    assert BaiduOptions(endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "aip.baidubce.com",
        "//aip.baidubce.com",
        "https://",
        "https:aip.baidubce.com",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://aip.baidubce.com",
        "HTTP://AIP.BAIDUBCE.COM",
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://evil-localhost",
        "http://localhost.",
        "http://127.0.0.1@evil.com",
        "http://evil.com@127.0.0.1",
        "http://127.0.0.1\\@evil.com",
        "http://@127.0.0.1",
        "https://user:password@aip.baidubce.com",
        "http://127.0.0.1#@evil.com",
        "http://127.0.0.1\n.evil.com",
        "http://127.0.0.1\t",
        " http://127.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0.0.0.0",
        "http://[::]",
        "http://10.0.0.1",
        "http://[::1",
        "https://aip.baidubce.com/rest",
        "https://aip.baidubce.com?",
        "https://aip.baidubce.com/?a=b",
        "https://aip.baidubce.com#",
        "https://aip.baidubce.com:port",
        "https://aip.baidubce.com:99999",
    ],
)
def test_any_other_endpoint_is_refused(endpoint):
    with pytest.raises(ConfigError):
        posehub.open_backend("baidu", endpoint=endpoint, **BaiduStub.keys)


def test_a_password_in_the_endpoint_is_not_shown():
    with pytest.raises(ConfigError) as caught:
        posehub.open_backend("baidu", endpoint="https:me:hunter2@host", **BaiduStub.keys)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("option", ["endpoint", "api_key", "bearer_key"])
def test_a_projects_settings_may_set_neither_endpoint_nor_keys(option):
    Path("posehub.toml").write_text(f'[backends.baidu]\n{option} = "https://elsewhere.example"\n')
    with pytest.raises(ConfigError, match=f"may not set the option '{option}'"):
        posehub.open_backend("baidu", **BaiduStub.keys)
