"""Finding secrets in a text."""

from __future__ import annotations

import base64
import io
import json
import random
import string
import textwrap
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub.errors import PluginError
from posehub.recording.secrets import find_secrets

ROOT = Path(__file__).parents[2]


def kinds(text: str) -> list[str]:
    return [suspect.kind for suspect in find_secrets(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("?access_token=24.0123456789abcdef.2592000.1700000000.282335-1", "an access token"),
        ('{"access_token": "24.stub-token-0"}', "an access token"),
        ("client_secret=abcdefgh12", "a client secret"),
        ("Authorization: Bearer abcdefgh", "an authorization header"),
        (r"{\"access_token\": \"24.stub-token-0\"}", "an access token"),
        ("https_proxy: http://squid:hunter2@10.0.0.1:3128", "a password in a URL"),
        ("proxy=http%3A%2F%2Fsquid%3Ahunter2%40proxy.example%3A3128", "a password in a URL"),
        ("ftp://:hunter2@host/", "a password in a URL"),
        ("https://user:Va5yQRHlA4Fq5eR3LT0vuXV4@proxy:3128/", "a password in a URL"),
        ("proxy: squid:hunter2@proxy.example", "a password before a host"),
        ("squid:hunter2@proxy:3128", "a password before a host"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", "a JSON web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("Va5yQRHlA4Fq5eR3LT0vuXV4", "a random string"),
        ("d41d8cd98f00b204e9800998ecf8427e", "a random string"),
    ],
)
def test_keys_are_found_by_form_or_by_entropy(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "image=sha256:32ba2a7d7447324842767e1f79bf4e6b6399302ea05ee0be37767f3458ca59d6",
        "uri: https://service.example/rest/2.0/image-classify/v1/body_analysis",
        '"left_mouth_corner": {"x": 606.78125, "score": 0.90121293067932}',
        '"log_id": 6362401025381690607',
        "application/x-www-form-urlencoded",
        "A" * 5000,
        "mail: someone@service.example",
        "http://service.example:8080/@path",
        "time: 12:30@noon",
    ],
)
def test_the_usual_content_of_a_cassette_is_not_reported(text):
    assert kinds(text) == []


def test_nearly_all_random_keys_of_usual_lengths_are_found():
    source = random.Random(1)
    alphabet = string.ascii_letters + string.digits
    keys = ["".join(source.choices(alphabet, k=source.choice([24, 32, 40]))) for _ in range(500)]
    assert sum(bool(kinds(key)) for key in keys) >= 495


def test_a_finding_has_the_line_and_only_a_part_of_the_secret():
    (suspect,) = find_secrets("no secret\nVa5yQRHlA4Fq5eR3LT0vuXV4\n")
    assert suspect.line == 2
    assert suspect.hint == "Va5y... (24 characters)"


def test_the_cassettes_of_this_repository_have_no_secret():
    for path in (ROOT / "cassettes").rglob("*.yaml"):
        assert find_secrets(path.read_text()) == []


def test_a_service_can_add_the_form_of_its_keys():
    text = "token: sk-1234 and sk-5678"
    assert find_secrets(text) == []
    found = find_secrets(text, {"a service key": r"\b(?P<secret>sk-\d{4})\b"})
    assert [suspect.kind for suspect in found] == ["a service key"] * 2
    assert "sk-1234" not in found[0].hint


@pytest.mark.parametrize("form", ["(", "sk-[0-9]+", None])
def test_an_invalid_form_of_keys_is_refused_by_its_name(form):
    with pytest.raises(PluginError, match="a service key"):
        find_secrets("text", {"a service key": form})


def upload(size):
    """Return a JPEG of noise: its base64 has runs between escapes that are as long as keys."""
    pixels = np.random.default_rng(1).integers(0, 256, (size, size, 3), np.uint8)
    buffer = io.BytesIO()
    PILImage.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


FORMS = {
    "in a form": lambda data: "body: image=" + quote(base64.b64encode(data).decode(), safe=""),
    "in JSON": lambda data: json.dumps({"image": base64.b64encode(data).decode()}),
    "with line ends in a form": lambda data: "image=" + quote(base64.encodebytes(data), safe=""),
    "as lines": lambda data: (
        "body: !!binary |\n" + textwrap.indent(base64.encodebytes(data).decode(), "      ")
    ),
    "as the bytes of a form": lambda data: (
        "body: !!binary |\n"
        + textwrap.indent(
            base64.encodebytes(urlencode({"image": base64.b64encode(data)}).encode()).decode(), "  "
        )
    ),
    "as a data URI": lambda data: f"data:image/jpeg;base64,{base64.b64encode(data).decode()}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [1, 20, 60, 200])
def test_an_upload_is_no_secret(form, size):
    assert kinds(form(upload(size))) == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_key_beside_an_upload_is_found(form):
    text = form(upload(60)) + "\n&access_token=24.0123456789abcdef.2592000.1700000000.282335-1"
    assert kinds(text) == ["an access token"]
    assert kinds(form(upload(60)) + "\nkey: Va5yQRHlA4Fq5eR3LT0vuXV4") == ["a random string"]


def test_a_key_directly_after_an_upload_is_found():
    text = FORMS["in a form"](upload(60)) + "&access_token=24.0123456789abcdef.2592000.17000"
    assert kinds(text) == ["an access token"]


def test_a_key_in_recorded_bytes_is_found():
    body = b"\xff\xfe" * 60 + b"access_token=24.0123456789abcdef0123"
    text = "body: !!binary |\n" + textwrap.indent(base64.encodebytes(body).decode(), "  ")
    assert [suspect.kind for suspect in find_secrets(text)] == ["an access token"]


@pytest.mark.parametrize(
    "text", ["eyJ-" * 50_000, "a:" * 100_000, "://" * 100_000, "a@" * 100_000, "%2B" * 100_000]
)
def test_a_long_text_takes_time_in_proportion_to_its_length(text):
    start = time.process_time()
    find_secrets(text)
    assert time.process_time() - start < 3
