"""Finding secrets in a text."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

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
