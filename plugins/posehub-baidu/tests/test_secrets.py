from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import attrs
import pytest

import posehub
from posehub.backends.transport import HttpRequest
from posehub.cloud.network import Credentials, Network
from posehub.errors import AuthError, PosehubError
from posehub_baidu.auth import TOKEN_PATH, token
from posehub_baidu.faults import FAULTS
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

SCHEMES = {
    "api and secret key": BaiduStub.keys,
    "access token": {},  # one is issued by the stub
    "bearer key": {"bearer_key": BEARER_KEY},
    "iam keys": {"iam_access_key": IAM_ACCESS_KEY, "iam_secret_key": IAM_SECRET_KEY},
}
FIXED_SECRETS = (
    *(API_KEY, SECRET_KEY, BEARER_KEY, IAM_ACCESS_KEY, IAM_SECRET_KEY),
    *("25.stub-refresh", "stub-session", "stub-session-secret"),
)
ALL_KEYS = (
    *("api_key", "secret_key", "access_token", "bearer_key", "iam_access_key", "iam_secret_key"),
)
FAULTY = {
    **{f"code {code}": Fault(code=code) for code in (*FAULTS, 999999)},
    **{f"status {s}": Fault(status=s, body=b"<html>") for s in (302, 400, 401, 403, 429, 500, 504)},
    "cut": Fault(cut=True),
    "garbage": Fault(body=b"\x00\xff"),
    "html": Fault(body=b"<html>gateway</html>"),
    "wrong shape": Fault(body=b'{"person_num": 1, "person_info": [{}]}'),
    "slow": Fault(delay=1.0),
    "endless": Fault(body=b" " * (17 << 20)),
    "no gzip": Fault(headers={"Content-Encoding": "gzip"}),
}


class Evidence:
    """Everything a program, its logs or its user could see."""

    def __init__(self, caplog: Any, capsys: Any) -> None:
        self._texts: list[str] = []
        self._caplog = caplog
        self._capsys = capsys

    def keep(self, *things: Any) -> None:
        """Keep the str and repr of objects, and of all the library's objects behind them."""
        for found in reachable(things):
            self._texts += [str(found), repr(found)]

    def keep_error(self, error: BaseException) -> None:
        """Keep a traceback with all its causes, and the local variables of posehub's frames."""
        self._texts += traceback.format_exception(error)
        for linked in chain(error):
            self.keep(linked)
            for frame, _ in traceback.walk_tb(linked.__traceback__):
                if frame.f_globals["__name__"].startswith("posehub"):
                    where = frame.f_code.co_qualname
                    values = frame.f_locals.items()
                    self._texts += [f"{where}: {name} = {value!r}" for name, value in values]

    def assert_hides(self, *secrets: str) -> None:
        records = [f"{r.getMessage()} {r.args!r} {r.exc_info!r}" for r in self._caplog.records]
        texts = [*self._texts, *records, self._caplog.text, *self._capsys.readouterr()]
        for text in texts:
            assert not [secret for secret in secrets if secret in text], text[:2000]


def chain(error: BaseException) -> list[BaseException]:
    """Return an error and every other one its traceback links to."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is not None and current not in found:
            found.append(current)
            waiting += (current.__cause__, current.__context__)
    return found


def reachable(things: Any) -> list[Any]:
    """Return every object of the library or of requests that `things` lead to."""
    found: dict[int, Any] = {}
    seen: set[int] = set()
    waiting = [things]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, (list, tuple, set)):
            waiting += current
        elif isinstance(current, dict):
            waiting += current.values()
        elif isinstance(current, BaseException) or type(current).__module__.startswith(
            ("posehub", "requests")
        ):
            found[id(current)] = current
            waiting += getattr(current, "__dict__", {}).values()
            if attrs.has(type(current)):
                waiting += [getattr(current, field.name) for field in attrs.fields(type(current))]
    return list(found.values())


@pytest.fixture
def evidence(caplog, capsys):
    """Collect what is shown during a test, logs of every logger at DEBUG and output included."""
    for name in ["", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, name)
    return Evidence(caplog, capsys)


def secrets_of(stub: BaiduStub) -> set[str]:
    """Return the stub's keys, and every token and signature of its calls."""
    signatures = {call.headers.get("authorization", "").split("/")[-1] for call in stub.calls}
    tokens = {value for call in stub.calls for value in call.query.get("access_token", [])}
    return {*FIXED_SECRETS, *stub.tokens, *signatures, *tokens} - {""}


def keys_for(stub: BaiduStub, scheme: str) -> dict[str, str]:
    if scheme != "access token":
        return SCHEMES[scheme]
    _, reply = stub.token_reply({"client_id": [API_KEY], "client_secret": [SECRET_KEY]})
    return {"access_token": reply["access_token"]}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_call_that_succeeds_shows_no_secret(evidence, stub, open_baidu, picture, scheme):
    backend = open_baidu(stub, **keys_for(stub, scheme), qps=1000)
    evidence.keep(backend.detect(picture()), backend, stub.calls)
    evidence.assert_hides(*secrets_of(stub))
    assert len(stub.calls) == 1


@pytest.mark.parametrize("fault", FAULTY.values(), ids=FAULTY)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_call_that_fails_shows_no_secret(evidence, open_baidu, picture, scheme, fault):
    with BaiduStub(fault=lambda number: fault) as stub:
        backend = open_baidu(stub, **keys_for(stub, scheme), timeout=0.3, max_retries=0)
        with pytest.raises(PosehubError) as caught:
            backend.detect(picture())
        evidence.keep_error(caught.value)
        evidence.keep(backend)
        evidence.assert_hides(*secrets_of(stub))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_call_that_is_tried_again_shows_no_secret(
    evidence, open_baidu, picture, scheme, monkeypatch
):
    monkeypatch.setattr("posehub.cloud.retry.pause", lambda seconds: None)
    with BaiduStub(fault=lambda number: Fault(cut=True) if number < 2 else None) as stub:
        backend = open_baidu(stub, **keys_for(stub, scheme), max_retries=3)
        evidence.keep(backend.detect(picture()), backend)
        evidence.assert_hides(*secrets_of(stub))
        assert len(stub.calls) == 3


def test_errors_returned_in_place_show_no_secret(evidence, open_baidu, picture):
    with BaiduStub(fault=lambda number: Fault(cut=True)) as stub:
        backend = open_baidu(stub, max_retries=0)
        files = [picture(seed=seed) for seed in range(8)]
        for error in backend.detect_many(files, workers=4, on_error="return"):
            evidence.keep_error(error)
        evidence.assert_hides(*secrets_of(stub))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_service_that_is_not_there_shows_no_secret(evidence, open_baidu, picture, scheme):
    with BaiduStub() as stub:
        keys = keys_for(stub, scheme)
    backend = open_baidu(stub, **keys, max_retries=0)
    with pytest.raises(PosehubError) as caught:
        backend.detect(picture())
    evidence.keep_error(caught.value)
    evidence.assert_hides(*secrets_of(stub), *keys.values())


@pytest.mark.parametrize("wrong", ["api_key", "secret_key"])
def test_refused_keys_are_not_shown(evidence, stub, open_baidu, picture, wrong):
    keys = {**stub.keys, wrong: "a-wrong-key-51c2"}
    backend = open_baidu(stub, **keys)
    for _ in range(2):
        with pytest.raises(AuthError) as caught:
            backend.detect(picture())
        evidence.keep_error(caught.value)
    evidence.assert_hides(*secrets_of(stub), "a-wrong-key-51c2")


TOKEN_TROUBLE = {
    "no lifetime": (200, {"access_token": "24.secret-token"}),
    "error beside a token": (401, {"error": "x", "access_token": "24.secret-token"}),
    "trouble": (500, {"access_token": "24.secret-token", "expires_in": 5}),
    "no object": (200, ["24.secret-token"]),
}


@pytest.mark.parametrize(("status", "reply"), TOKEN_TROUBLE.values(), ids=TOKEN_TROUBLE)
def test_a_token_in_a_reply_that_is_refused_is_not_shown(
    evidence, open_baidu, picture, status, reply
):
    class OddStub(BaiduStub):
        def token_reply(self, form):
            return status, reply

    with OddStub() as stub:
        with pytest.raises(PosehubError) as caught:
            open_baidu(stub, max_retries=0).detect(picture())
        evidence.keep_error(caught.value)
        evidence.assert_hides(*secrets_of(stub), "24.secret-token")


@pytest.mark.parametrize(
    "secret",
    ["se cret-9f", "secret-9f\n", "secret-9f\r\nX: y", "秘密-9f", "secret-9f\0", "%9f?&=#-"],
)
@pytest.mark.parametrize("option", ["bearer_key", "access_token", "api_key"])
def test_a_key_of_odd_characters_is_not_shown(evidence, stub, open_baidu, picture, option, secret):
    keys = {option: secret, **({"secret_key": secret} if option == "api_key" else {})}
    backend = open_baidu(stub, **keys)
    with pytest.raises(PosehubError) as caught:
        backend.detect(picture())
    evidence.keep_error(caught.value)
    evidence.keep(backend)
    evidence.assert_hides(secret, quote(secret), quote_plus(secret), secret.strip())


WRONG_OPTIONS = {
    "two kinds": {**BaiduStub.keys, "bearer_key": BEARER_KEY},
    "half a pair": {"api_key": API_KEY},
    "another half": {"iam_secret_key": IAM_SECRET_KEY},
    "unknown option": {**BaiduStub.keys, "region": "bj"},
    "wrong value": {**BaiduStub.keys, "qps": -1},
    "wrong endpoint": {**BaiduStub.keys, "endpoint": "http://example.org"},
    "key as bytes": {"api_key": API_KEY.encode(), "secret_key": SECRET_KEY.encode()},
    "key in a list": {"bearer_key": [BEARER_KEY]},
}


@pytest.mark.parametrize("options", WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_options_that_are_refused_show_no_secret(evidence, options):
    with pytest.raises(PosehubError) as caught:
        posehub.open_backend("baidu", **options)
    evidence.keep(*chain(caught.value))
    evidence.assert_hides(*FIXED_SECRETS)


def test_a_settings_file_that_is_refused_shows_no_secret(evidence):
    Path("posehub.toml").write_text(f'[backends.baidu]\nbearer_key = "{BEARER_KEY}\n')
    with pytest.raises(PosehubError) as caught:
        posehub.open_backend("baidu")
    evidence.keep(*chain(caught.value))
    evidence.assert_hides(*FIXED_SECRETS)


def test_options_show_no_secret(evidence):
    keys = {name: f"the-{name}-9f3c" for name in ALL_KEYS}
    evidence.keep(BaiduOptions(**keys))
    evidence.assert_hides(*keys.values())


def test_a_cache_holds_no_secret(stub, open_baidu, picture, tmp_path):
    open_baidu(stub, cache=tmp_path / "cache").detect(picture())
    written = b"".join(path.read_bytes() for path in tmp_path.glob("cache*"))
    assert written
    assert not [secret for secret in secrets_of(stub) if secret.encode() in written]


def test_a_token_request_and_its_reply_show_no_secret(evidence, stub):
    form = {"client_id": API_KEY, "client_secret": SECRET_KEY}
    request = HttpRequest("POST", stub.url + TOKEN_PATH)
    network = Network(timeout=5)
    reply = network.send(request, Credentials(form=form))
    network.close()
    evidence.keep(request, Credentials(form=form), reply, token(reply))
    evidence.assert_hides(*secrets_of(stub))
    assert len(stub.tokens) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cassettes_and_pictures_hold_no_secret(picture, tmp_path, scheme):
    fault = {0: Fault(code=18), 1: Fault(body=b"<html>")}
    with BaiduStub(fault=fault.get) as stub:
        keys = {**keys_for(stub, scheme), "endpoint": stub.url, "max_retries": 0}
        photo = picture()
        with posehub.record("baidu", cassette=tmp_path / "c.yaml", mode="all", **keys) as backend:
            *_, result = backend.detect_many([photo] * 3, on_error="return")
        for suffix in ("png", "jpg"):
            result.draw(photo).save(tmp_path / f"people.{suffix}")
        (tmp_path / "result.json").write_text(result.to_json())
        written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert {"c.yaml", "people.png", "people.jpg", "result.json"} <= set(written)
        for name, data in written.items():
            assert not [secret for secret in secrets_of(stub) if secret.encode() in data], name
