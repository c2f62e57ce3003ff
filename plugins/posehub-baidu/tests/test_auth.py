from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import posehub
from posehub.backends.transport import HttpResponse
from posehub.cloud.token import Token, TokenStore
from posehub.errors import (
    AuthError,
    BackendError,
    ConfigError,
    InvalidResponseError,
    MissingCredentialError,
    TransientError,
)
from posehub_baidu.auth import token
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
    _, reply = stub.token_reply({"client_id": [API_KEY], "client_secret": [SECRET_KEY]})
    return reply["access_token"]


@pytest.mark.parametrize("keys", SCHEMES.values(), ids=SCHEMES)
def test_every_scheme_gets_an_answer(stub, open_baidu, picture, keys):
    assert len(open_baidu(stub, **keys).detect(picture())) == 1


def test_a_token_fetched_elsewhere_gets_an_answer(stub, open_baidu, picture):
    value = issue_token(stub)
    assert len(open_baidu(stub, access_token=value).detect(picture())) == 1
    assert list(stub.tokens) == [value]


@pytest.mark.parametrize("keys", SCHEMES.values(), ids=SCHEMES)
def test_keys_from_the_environment_get_an_answer(stub, monkeypatch, open_baidu, picture, keys):
    for name, value in keys.items():
        monkeypatch.setenv(f"BAIDU_{name.upper()}", value)
    monkeypatch.setenv("BAIDU_ENDPOINT", stub.url)
    assert len(posehub.detect(picture(), backend="baidu")) == 1


@pytest.mark.parametrize(
    ("keys", "in_url", "header"),
    [
        (BaiduStub.keys, True, None),
        ({"bearer_key": BEARER_KEY}, False, f"Bearer {BEARER_KEY}"),
        ({"bearer_key": f"Bearer {BEARER_KEY}"}, False, f"Bearer {BEARER_KEY}"),
        (IAM_KEYS, False, f"bce-auth-v1/{IAM_ACCESS_KEY}/"),
    ],
)
def test_a_request_carries_one_scheme_only(stub, open_baidu, picture, keys, in_url, header):
    open_baidu(stub, **keys).detect(picture())
    (call,) = stub.calls
    assert list(call.query) == (["access_token"] if in_url else [])
    if header is None:
        assert "authorization" not in call.headers
    else:
        assert call.headers["authorization"].startswith(header)


def test_a_netrc_entry_does_not_replace_the_bearer_key(
    stub, open_baidu, picture, tmp_path, monkeypatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    open_baidu(stub, bearer_key=BEARER_KEY).detect(picture())
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


def test_many_threads_share_one_token(stub, open_baidu, picture):
    backend = open_baidu(stub)
    pictures = [picture(seed=seed) for seed in range(40)]
    assert len(list(backend.detect_many(pictures, workers=16))) == 40
    assert len(stub.tokens) == 1


def test_a_token_is_renewed_before_it_expires(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("posehub.cloud.token.time.monotonic", lambda: clock[0])
    values = iter(("first", "second"))
    store = TokenStore(lambda: Token(next(values), lifetime=2592000))
    assert store.get() == "first"
    clock[0] += 2592000 - 301
    assert store.get() == "first"
    clock[0] += 2
    assert store.get() == "second"


def test_a_short_lived_token_is_renewed_when_a_tenth_of_its_life_is_left(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("posehub.cloud.token.time.monotonic", lambda: clock[0])
    values = iter(("first", "second"))
    store = TokenStore(lambda: Token(next(values), lifetime=100))
    assert store.get() == "first"
    clock[0] += 89
    assert store.get() == "first"
    clock[0] += 2
    assert store.get() == "second"


def test_a_token_the_service_calls_invalid_is_renewed_and_the_call_repeated(
    stub, open_baidu, picture
):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(picture())
    stub.revoke_tokens()
    assert len(backend.detect(picture(seed=1))) == 1
    assert len(stub.tokens) == 2


def test_a_token_the_service_calls_expired_is_renewed_and_the_call_repeated(
    stub, open_baidu, picture
):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(picture())
    for value in stub.tokens:
        stub.tokens[value] = float("-inf")
    assert len(backend.detect(picture(seed=1))) == 1
    assert len(stub.tokens) == 2


def test_threads_that_see_one_token_revoked_fetch_one_new_one(stub, open_baidu, picture):
    backend = open_baidu(stub, max_retries=0)
    backend.detect(picture())
    stub.revoke_tokens()
    pictures = [picture(seed=seed) for seed in range(40)]
    assert len(list(backend.detect_many(pictures, workers=16))) == 40
    assert len(stub.tokens) == 2


def test_threads_that_replace_one_stale_token_get_one_new_one():
    fetched = []

    def fetch():
        fetched.append(f"token {len(fetched)}")
        return Token(fetched[-1], lifetime=1000)

    store = TokenStore(fetch)
    stale = store.get()
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(store.replace, [stale] * 64)) == {"token 1"}


@pytest.mark.parametrize("code", [110, 111])
def test_a_service_that_refuses_every_token_is_asked_twice(open_baidu, picture, code):
    with BaiduStub(fault=lambda number: Fault(code=code)) as stub:
        with pytest.raises(AuthError) as caught:
            open_baidu(stub, max_retries=3).detect(picture())
        assert caught.value.code == code
        assert len(stub.calls) == 2
        assert len(stub.tokens) == 2


@pytest.mark.parametrize("keys", [{"access_token": "24.old"}, {"bearer_key": "bce-v3/ALTAK-no/no"}])
def test_credentials_that_cannot_be_renewed_are_refused_at_once(stub, open_baidu, picture, keys):
    with pytest.raises(AuthError) as caught:
        open_baidu(stub, **keys).detect(picture())
    assert caught.value.code == 110
    assert len(stub.calls) == 1
    assert not stub.tokens


def test_a_wrong_iam_key_is_refused_at_once(stub, open_baidu, picture):
    with pytest.raises(AuthError, match="BAIDU_IAM_ACCESS_KEY") as caught:
        open_baidu(stub, iam_access_key="wrong", iam_secret_key=IAM_SECRET_KEY).detect(picture())
    assert caught.value.code == 14
    assert len(stub.calls) == 1


@pytest.mark.parametrize("key", ["key\n", "key\r\nX: y", "密钥"])
def test_a_key_that_fits_into_no_header_is_refused_at_once(
    stub, open_baidu, picture, monkeypatch, key
):
    pauses = []
    monkeypatch.setattr("posehub.cloud.retry.pause", pauses.append)
    with pytest.raises(BackendError, match="stray characters"):
        open_baidu(stub, bearer_key=key).detect(picture())
    assert pauses == []


class CountingStub(BaiduStub):
    """A stub that counts the calls of its token endpoint, refused ones too."""

    token_calls = 0

    def token_reply(self, form):
        self.token_calls += 1
        return super().token_reply(form)


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [({"api_key": "nobody"}, "BAIDU_API_KEY"), ({"secret_key": "nothing"}, "BAIDU_SECRET_KEY")],
)
def test_wrong_keys_fail_at_once_and_name_the_variable(open_baidu, picture, wrong, variable):
    with CountingStub() as stub:
        with pytest.raises(AuthError, match=rf"Check {variable}\."):
            open_baidu(stub, **{**stub.keys, **wrong}, max_retries=5).detect(picture())
        assert stub.token_calls == 1
        assert not stub.calls


def test_wrong_keys_are_asked_about_once_for_all_pictures(open_baidu, picture):
    with CountingStub() as stub:
        backend = open_baidu(stub, api_key="nobody", secret_key=SECRET_KEY)
        pictures = [picture(seed=seed) for seed in range(40)]
        outcomes = list(backend.detect_many(pictures, workers=16, on_error="return"))
        assert [type(outcome) for outcome in outcomes] == [AuthError] * 40
        assert stub.token_calls == 1


def test_a_remembered_refusal_is_a_new_error_each_time():
    # one error object raised again and again would gather the frames, and with them the
    # pictures, of every call
    def fetch():
        raise AuthError("refused", code=401)

    store = TokenStore(fetch)
    errors = []
    for _ in range(3):
        with pytest.raises(AuthError, match="refused") as caught:
            store.get()
        errors.append(caught.value)
    assert len(set(map(id, errors))) == 3
    assert [error.code for error in errors] == [401] * 3


@pytest.mark.parametrize("status", [500, 502, 503])
def test_trouble_of_the_token_endpoint_is_transient(status):
    with pytest.raises(TransientError):
        token(HttpResponse(status, {}, b"<html>trouble</html>"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"access_token": "24.secret"}',
        b'{"access_token": "24.secret", "expires_in": "soon"}',
        b'{"access_token": "24.secret", "expires_in": true}',
        b'{"access_token": "24.secret", "expires_in": NaN}',
        b'{"access_token": "24.secret", "expires_in": -1}',
        b'{"access_token": 24, "expires_in": 2592000}',
        b'{"access_token": "", "expires_in": 2592000}',
    ],
)
def test_a_token_reply_of_another_shape_is_an_invalid_response_that_shows_nothing(body):
    with pytest.raises(InvalidResponseError) as caught:
        token(HttpResponse(200, {}, body))
    assert "24" not in str(caught.value)


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
