from __future__ import annotations

import base64
import json
import logging
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import attrs
import pytest

import posehub
from posehub.backends.transport import HttpRequest
from posehub.cloud.network import Credentials, Network
from posehub.errors import AuthError, PosehubError
from posehub.recording.secrets import find_secrets
from posehub_baidu import RECORDING
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
    "not gzip": Fault(headers={"Content-Encoding": "gzip"}),
}


class Evidence:
    """Everything that a program, its logs or its user could see."""

    def __init__(self, caplog: Any, capsys: Any) -> None:
        self._texts: list[str] = []
        self._caplog = caplog
        self._capsys = capsys

    def keep(self, *things: Any) -> None:
        """Keep the str and repr of objects, and of the library's objects they refer to."""
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
    """Return an error and all others that its traceback refers to."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is not None and current not in found:
            found.append(current)
            waiting += (current.__cause__, current.__context__)
    return found


def reachable(things: Any) -> list[Any]:
    """Return every object of the library or of requests that `things` refer to."""
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
    """Collect what is shown during a test, with all logs at level DEBUG and all output."""
    for name in ["", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, name)
    return Evidence(caplog, capsys)


def secrets_of(stub: BaiduStub) -> set[str]:
    """Return the stub's keys, and every token and signature of its requests."""
    signatures = {call.headers.get("authorization", "").split("/")[-1] for call in stub.calls}
    tokens = {value for call in stub.calls for value in call.query.get("access_token", [])}
    return {*FIXED_SECRETS, *stub.tokens, *signatures, *tokens} - {""}


def keys_for(stub: BaiduStub, scheme: str) -> dict[str, str]:
    if scheme != "access token":
        return SCHEMES[scheme]
    _, data = stub.token_response({"client_id": [API_KEY], "client_secret": [SECRET_KEY]})
    return {"access_token": data["access_token"]}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_successful_request_shows_no_secret(evidence, stub, open_baidu, image_file, scheme):
    backend = open_baidu(stub, **keys_for(stub, scheme), qps=1000)
    evidence.keep(backend.detect(image_file()), backend, stub.calls)
    evidence.assert_hides(*secrets_of(stub))
    assert len(stub.calls) == 1


@pytest.mark.parametrize("fault", FAULTY.values(), ids=FAULTY)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_failed_request_shows_no_secret(evidence, open_baidu, image_file, scheme, fault):
    with BaiduStub(fault=lambda number: fault) as stub:
        backend = open_baidu(stub, **keys_for(stub, scheme), timeout=0.3, max_retries=0)
        with pytest.raises(PosehubError) as caught:
            backend.detect(image_file())
        evidence.keep_error(caught.value)
        evidence.keep(backend)
        evidence.assert_hides(*secrets_of(stub))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_repeated_request_shows_no_secret(evidence, open_baidu, image_file, scheme):
    with BaiduStub(fault=lambda number: Fault(cut=True) if number < 2 else None) as stub:
        backend = open_baidu(stub, waits=[], **keys_for(stub, scheme), max_retries=3)
        evidence.keep(backend.detect(image_file()), backend)
        evidence.assert_hides(*secrets_of(stub))
        assert len(stub.calls) == 3


def test_returned_errors_show_no_secret(evidence, open_baidu, image_file):
    with BaiduStub(fault=lambda number: Fault(cut=True)) as stub:
        backend = open_baidu(stub, max_retries=0)
        files = [image_file(seed=seed) for seed in range(8)]
        for error in backend.detect_many(files, workers=4, on_error="return"):
            evidence.keep_error(error)
        evidence.assert_hides(*secrets_of(stub))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_refused_connection_shows_no_secret(evidence, open_baidu, image_file, scheme):
    with BaiduStub() as stub:
        keys = keys_for(stub, scheme)
    backend = open_baidu(stub, **keys, max_retries=0)
    with pytest.raises(PosehubError) as caught:
        backend.detect(image_file())
    evidence.keep_error(caught.value)
    evidence.assert_hides(*secrets_of(stub), *keys.values())


@pytest.mark.parametrize("wrong", ["api_key", "secret_key"])
def test_refused_keys_are_not_shown(evidence, stub, open_baidu, image_file, wrong):
    keys = {**stub.keys, wrong: "a-wrong-key-51c2"}
    backend = open_baidu(stub, **keys)
    for _ in range(2):
        with pytest.raises(AuthError) as caught:
            backend.detect(image_file())
        evidence.keep_error(caught.value)
    evidence.assert_hides(*secrets_of(stub), "a-wrong-key-51c2")


TOKEN_RESPONSES = {
    "no lifetime": (200, {"access_token": "24.secret-token"}),
    "error beside a token": (401, {"error": "x", "access_token": "24.secret-token"}),
    "server error": (500, {"access_token": "24.secret-token", "expires_in": 5}),
    "not an object": (200, ["24.secret-token"]),
}


@pytest.mark.parametrize(("status", "data"), TOKEN_RESPONSES.values(), ids=TOKEN_RESPONSES)
def test_a_token_in_an_invalid_response_is_not_shown(
    evidence, open_baidu, image_file, status, data
):
    class OddStub(BaiduStub):
        def token_response(self, form):
            return status, data

    with OddStub() as stub:
        with pytest.raises(PosehubError) as caught:
            open_baidu(stub, max_retries=0).detect(image_file())
        evidence.keep_error(caught.value)
        evidence.assert_hides(*secrets_of(stub), "24.secret-token")


@pytest.mark.parametrize(
    "secret",
    ["se cret-9f", "secret-9f\n", "secret-9f\r\nX: y", "秘密-9f", "secret-9f\0", "%9f?&=#-"],
)
@pytest.mark.parametrize("option", ["bearer_key", "access_token", "api_key"])
def test_a_key_with_unusual_characters_is_not_shown(
    evidence, stub, open_baidu, image_file, option, secret
):
    keys = {option: secret, **({"secret_key": secret} if option == "api_key" else {})}
    backend = open_baidu(stub, **keys)
    with pytest.raises(PosehubError) as caught:
        backend.detect(image_file())
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
def test_refused_options_show_no_secret(evidence, options):
    with pytest.raises(PosehubError) as caught:
        posehub.open_backend("baidu", **options)
    evidence.keep(*chain(caught.value))
    evidence.assert_hides(*FIXED_SECRETS)


def test_a_refused_settings_file_shows_no_secret(evidence):
    Path("posehub.toml").write_text(f'[backends.baidu]\nbearer_key = "{BEARER_KEY}\n')
    with pytest.raises(PosehubError) as caught:
        posehub.open_backend("baidu")
    evidence.keep(*chain(caught.value))
    evidence.assert_hides(*FIXED_SECRETS)


def test_the_repr_of_options_shows_no_secret(evidence):
    keys = {name: f"the-{name}-9f3c" for name in ALL_KEYS}
    evidence.keep(BaiduOptions(**keys))
    evidence.assert_hides(*keys.values())


def test_a_cache_holds_no_secret(stub, open_baidu, image_file, tmp_path):
    open_baidu(stub, cache=tmp_path / "cache").detect(image_file())
    written = b"".join(path.read_bytes() for path in tmp_path.glob("cache*"))
    assert written
    assert not [secret for secret in secrets_of(stub) if secret.encode() in written]


def test_a_token_request_and_its_response_show_no_secret(evidence, stub):
    form = {"client_id": API_KEY, "client_secret": SECRET_KEY}
    request = HttpRequest("POST", stub.url + TOKEN_PATH)
    network = Network(timeout=5)
    response = network.send(request, Credentials(form=form))
    network.close()
    evidence.keep(request, Credentials(form=form), response, token(response))
    evidence.assert_hides(*secrets_of(stub))
    assert len(stub.tokens) == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_cassettes_and_drawings_hold_no_secret(image_file, tmp_path, scheme):
    fault = {0: Fault(code=18), 1: Fault(body=b"<html>")}
    with BaiduStub(fault=fault.get) as stub:
        keys = {**keys_for(stub, scheme), "endpoint": stub.url, "max_retries": 0}
        photo = image_file()
        with posehub.record("baidu", cassette=tmp_path / "c.yaml", mode="all", **keys) as backend:
            *_, result = backend.detect_many([photo] * 3, on_error="return")
        for suffix in ("png", "jpg"):
            result.draw(photo).save(tmp_path / f"people.{suffix}")
        (tmp_path / "result.json").write_text(result.to_json())
        written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        assert {"c.yaml", "people.png", "people.jpg", "result.json"} <= set(written)
        for name, data in written.items():
            assert not [secret for secret in secrets_of(stub) if secret.encode() in data], name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key bce-v3/ALTAK-abc/def", "a Baidu API key"),
        ("bce-auth-v1/ak/2026-01-01T00:00:00Z/1800/host/00ff", "a Baidu signature"),
    ],
)
def test_keys_of_baidu_are_found_in_a_cassette(text, kind):
    assert [suspect.kind for suspect in find_secrets(text, RECORDING.secrets)] == [kind]


class EchoStub(BaiduStub):
    """A stub whose responses hold the whole request, in every form of a secret."""

    def __init__(self, where):
        super().__init__(inspect=False)
        self.where = where

    def _respond(self, path, query, headers, body):
        good, fault = super()._respond(path, query, headers, body)
        if path == TOKEN_PATH and self.where != "token":
            return good, fault
        parts = [*headers.values(), *(value for values in query.values() for value in values)]
        if path == TOKEN_PATH:
            parts += [value for values in parse_qs(body.decode()).values() for value in values]
        shown = [*parts, *map(quote_plus, parts)]
        shown += [base64.b64encode(part.encode()).decode() for part in parts]
        echo = " ".join(shown)
        if self.where == "error":
            data = {"error_code": 100, "error_msg": parts[-1], "log_id": parts[-1]}
            return json.dumps(data).encode(), Fault()
        if self.where == "page":
            return f"{echo} <html>".encode(), Fault(status=400)
        if self.where == "token":
            data = {"error": "invalid_client", "error_description": echo[-150:]}
            return json.dumps(data).encode(), Fault(status=401)
        data = {**json.loads(good), "echo": shown, echo: 1}
        return json.dumps(data).encode(), Fault(headers={"Retry-After": echo[:4000]})


@pytest.mark.parametrize("where", ["body", "error", "page", "token"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_service_that_echoes_the_request_gives_no_secret_away(
    evidence, open_baidu, image_file, tmp_path, scheme, where
):
    with EchoStub(where) as stub:
        keys = keys_for(stub, scheme)
        backend = open_baidu(stub, **keys, max_retries=0, cache=tmp_path / "cache")
        recorder = posehub.record(
            "baidu", cassette=tmp_path / "c.yaml", endpoint=stub.url, **keys, max_retries=0
        )
        for opened in (backend, recorder):
            with opened:
                (outcome,) = opened.detect_many([image_file()], on_error="return")
            if isinstance(outcome, PosehubError):
                evidence.keep_error(outcome)
            else:
                (tmp_path / "result.json").write_text(outcome.to_json())
        secrets = secrets_of(stub) - {"stub-session"}
        secrets |= {base64.b64encode(secret.encode()).decode() for secret in secrets}
        secrets |= {quote_plus(secret) for secret in secrets}
        evidence.assert_hides(*secrets)
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert not [secret for secret in secrets if secret.encode() in written]
