"""What looks like a secret, and what does not."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

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
        ("key bce-v3/ALTAK-abc/def", "a Baidu API key"),
        ("bce-auth-v1/ak/2026-01-01T00:00:00Z/1800/host/00ff", "a Baidu signature"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("eyJhbGciOi.eyJzdWIiOi.SflKxwRJSM", "a JSON web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("Va5yQRHlA4Fq5eR3LT0vuXV4", "a random string"),
        ("d41d8cd98f00b204e9800998ecf8427e", "a random string"),
    ],
)
def test_keys_are_found_by_shape_or_by_entropy(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "image=sha256:32ba2a7d7447324842767e1f79bf4e6b6399302ea05ee0be37767f3458ca59d6",
        "uri: https://aip.baidubce.com/rest/2.0/image-classify/v1/body_analysis",
        '"left_mouth_corner": {"x": 606.78125, "score": 0.90121293067932}',
        '"log_id": 6362401025381690607',
        "application/x-www-form-urlencoded",
        "A" * 5000,
    ],
)
def test_what_belongs_into_a_cassette_is_not_suspected(text):
    assert kinds(text) == []


def test_random_keys_of_usual_lengths_are_nearly_all_found():
    source = random.Random(1)
    alphabet = string.ascii_letters + string.digits
    keys = ["".join(source.choices(alphabet, k=source.choice([24, 32, 40]))) for _ in range(500)]
    assert sum(bool(kinds(key)) for key in keys) >= 495


def test_a_suspect_names_its_line_and_never_shows_the_whole():
    (suspect,) = find_secrets("fine\nVa5yQRHlA4Fq5eR3LT0vuXV4\n")
    assert suspect.line == 2
    assert suspect.hint == "Va5y... (24 characters)"


def test_the_cassettes_of_this_repository_are_clean():
    for path in (ROOT / "cassettes").rglob("*.yaml"):
        assert find_secrets(path.read_text()) == []
