"""Secrets that a service echoes are removed, however they are written."""

from __future__ import annotations

import base64
import html
import json
import re
from contextlib import suppress
from urllib.parse import quote, quote_plus, unquote

import attrs
import pytest

from posehub.backends.options import ServiceOptions, option
from posehub.backends.transport import HttpRequest, HttpResponse, Recording
from posehub.cloud.authorisation import AuthorisedTransport, FixedScheme
from posehub.cloud.network import Credentials, Network
from posehub.cloud.secrets import Secrets, secrets_of
from posehub.cloud.service import live_transport
from posehub.errors import AuthError, TransientError

SECRETS = [
    "s3cr3t-value-9a1b",
    "bce-v3/ALTAK-abc/0c9fe77a31",
    'with "quotes" & <angles>',
    "ключ-доступа-密钥",
    "a+b/c=d%20e~f",
]
WRITTEN = {
    "as it is": lambda secret: secret,
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded in lower case": lambda secret: re.sub(
        "%..", lambda escape: escape[0].lower(), quote(secret, safe="")
    ),
    "percent-encoded with slashes": quote,
    "as a field of a form": quote_plus,
    "in JSON": lambda secret: json.dumps({"a": secret}),
    "in JSON as UTF-8": lambda secret: json.dumps({"a": secret}, ensure_ascii=False),
    "in JSON with escaped slashes": lambda secret: json.dumps({"a": secret}).replace("/", "\\/"),
    "in HTML": html.escape,
    "in base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in base64 after one byte": lambda secret: base64.b64encode(b"u" + secret.encode()).decode(),
    "in base64 after a name": lambda secret: base64.b64encode(b"u:" + secret.encode()).decode(),
    "in base64 within a form": lambda secret: base64.b64encode(
        f"key={quote_plus(secret)}&x=1".encode()
    ).decode(),
    "in base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "in base64, percent-encoded": lambda secret: quote(base64.b64encode(secret.encode()), safe=""),
}


def leaks(secret: str, text: str) -> bool:
    """Return whether half of a secret can be read, as it is or after decoding."""
    half = secret[: len(secret) // 2]
    readings = [text, unquote(text), html.unescape(text)]
    with suppress(ValueError):
        readings.append(str(json.loads(text)))
    return any(half in reading for reading in readings)


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_removed_from_a_body_a_header_and_an_error(secret, write):
    text = write(secret)
    secrets = Secrets([secret])
    response = secrets.clean(HttpResponse(400, {"x-echo": text}, f"<{text}>".encode()))
    error = AuthError(f"refused: {text}", code=text, request_id=text)
    secrets.clean_error(error)
    for cleaned in (
        response.body.decode(),
        response.headers["x-echo"],
        *(str(error), error.code, error.request_id),
    ):
        assert "..." in cleaned
        assert text not in cleaned
        assert not leaks(secret, cleaned)


def test_json_stays_json():
    secrets = Secrets(SECRETS)
    body = json.dumps({secret: [secret, 1.5] for secret in SECRETS} | {"log_id": 2**60}).encode()
    data = json.loads(secrets.clean(HttpResponse(200, {}, body)).body)
    assert data["log_id"] == 2**60
    assert not [secret for secret in SECRETS if secret in str(data)]


def test_a_response_without_a_secret_is_unchanged():
    response = HttpResponse(200, {"content-type": "text/html"}, bytes(range(256)))
    assert Secrets(SECRETS).clean(response) == response


def test_short_secrets_would_garble_responses_and_stay():
    response = HttpResponse(200, {}, b"1234567 is a number")
    assert Secrets(["1234567", ""]).clean(response) == response


def test_the_key_of_a_header_is_removed_without_its_scheme_too():
    secrets = Secrets(["Bearer 0123456789abc"])
    assert secrets.clean(HttpResponse(200, {}, b"key 0123456789abc")).body == b"key ..."


def test_an_error_behind_an_error_is_cleaned_too():
    error = TransientError("outer")
    error.__cause__ = ValueError("key 0123456789abc")
    error.__cause__.__context__ = error
    Secrets(["0123456789abc"]).clean_error(error)
    assert str(error.__cause__) == "key ..."


def test_the_secrets_of_many_requests_do_not_fill_the_memory():
    secrets = Secrets()
    for number in range(1000):
        secrets.add([f"signature-{number:05}"])
    cleaned = secrets.clean(HttpResponse(200, {}, b"signature-00999 signature-00000"))
    assert cleaned.body == b"... signature-00000"


@pytest.fixture
def echoing(serve, response):
    """A server whose responses hold the whole request: in the body, in a header, in the status."""

    def respond(connection):
        head, body = server.requests[-1]
        line = head.split(b"\r\n")[0].decode()
        headers = [f"X-Echo: {line}", f"X-Headers: {base64.b64encode(head).decode()}"]
        connection.sendall(response(head + body, f"200 {line}", headers))
        return True

    server = serve(respond)
    return server


def test_what_was_sent_is_not_in_the_response(echoing):
    credentials = Credentials(
        query={"access_token": "24.query-secret/1"},
        headers={"Authorization": "Bearer header-secret-2"},
        form={"client_secret": "form secret+3"},
    )
    network = Network(timeout=60)
    transport = AuthorisedTransport(network, FixedScheme(credentials), lambda response: False)
    response = transport.send(HttpRequest("POST", echoing.url, body=b"image=abc&"))
    transport.close()
    shown = response.body.decode() + str(response.headers)
    shown += base64.b64decode(response.headers["x-headers"] + "==", validate=False).decode(
        "latin-1", "replace"
    )
    for secret in ("query-secret", "header-secret", "form secret", "form+secret"):
        assert secret not in shown
    assert b"image=abc" in response.body


def test_what_a_scheme_declares_as_public_stays(echoing):
    credentials = Credentials(headers={"x-date": "2026-01-01T00:00:00Z"}, secrets=())
    network = Network(timeout=60)
    transport = AuthorisedTransport(network, FixedScheme(credentials), lambda response: False)
    assert b"2026-01-01" in transport.send(HttpRequest("POST", echoing.url)).body
    transport.close()


@attrs.frozen
class Options(ServiceOptions):
    """Options of a service that is not asked for its key by posehub's own transport."""

    key: str | None = option(None, help="The key.", secret=True)
    place: str = option("", help="Not secret.")


class Echo:
    """A transport of a plugin, which responds with the key, or fails with it."""

    def __init__(self, failure=None):
        self.failure = failure

    def send(self, request):
        if self.failure:
            raise self.failure
        return HttpResponse(200, {}, b"the-secret-key in this-place")

    def close(self):
        pass


def _live(echo):
    recording = Recording(
        factory=lambda options, transport: None,
        transport=lambda options: echo,
        recognises=lambda url: True,
        reduced_body=lambda request: b"",
        image_digest=lambda body: None,
    )
    return live_transport(recording, Options(key="the-secret-key", place="this-place"))


def test_secret_options_are_removed_for_every_transport():
    request = HttpRequest("POST", "https://service.example")
    assert _live(Echo()).send(request).body == b"... in this-place"
    with pytest.raises(AuthError, match=r"^\.\.\. is wrong$"):
        _live(Echo(AuthError("the-secret-key is wrong"))).send(request)


def test_only_secret_options_that_are_set_are_secrets():
    assert secrets_of(Options(key="the-secret-key", place="x")) == ["the-secret-key"]
    assert secrets_of(Options()) == []
    assert secrets_of(None) == []
