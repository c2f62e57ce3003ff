"""Finding secrets in text that is to be shared."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from attrs import field, frozen

from posehub.errors import PluginError

_SHAPES = {
    "an access token": re.compile(r"access_token[\"'=:\s]+(?P<secret>[\w.\-]{8,})"),
    "a client secret": re.compile(r"client_secret[\"'=:\s]+(?P<secret>[\w.\-]{8,})"),
    "an authorization header": re.compile(r"(?i)\b(?:bearer|basic) (?P<secret>[\w.+/=\-]{8,})"),
    "an AWS access key": re.compile(r"\b(?P<secret>AKIA[0-9A-Z]{16})\b"),
    "a JSON web token": re.compile(r"\b(?P<secret>eyJ[\w\-]+\.[\w\-]+\.[\w\-]+)"),
    "a private key": re.compile(r"(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----)"),
}
# a longer run is an upload, not a key
_RUN = re.compile(r"(?<![\w+/=\-])(?P<secret>[A-Za-z0-9+/=_\-]{20,200})(?![\w+/=\-])")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LEAST_BITS = 3.2
"""Shannon entropy in bits per character. 32 random hex digits have 3.4 to 3.8, other keys more."""


@frozen
class Suspect:
    """A part of a text that may be a secret.

    Attributes:
        kind: the kind of secret, such as "an access token".
        line: number of its line, from 1.
        hint: its first characters and its length, never all of it.
    """

    kind: str
    line: int
    hint: str = field(eq=False)


def find_secrets(text: str, shapes: Mapping[str, str] = MappingProxyType({})) -> list[Suspect]:
    """Return what may be a secret, by known forms and by entropy, in the order of lines.

    Args:
        text: the text to search.
        shapes: further forms of keys, as in `Recording.secrets`.

    Raises:
        PluginError: a form is not a regular expression with a group `secret`.
    """
    known = _SHAPES | {kind: _compiled(kind, shape) for kind, shape in shapes.items()}
    suspects: list[Suspect] = []
    for number, line in enumerate(text.splitlines(), start=1):
        spans: list[tuple[int, int]] = [match.span() for match in _DIGEST.finditer(line)]
        for kind, match in _matches(line, known):
            start, end = match.span("secret")
            # a secret of a known form is not reported a second time for its entropy
            if not any(start < last and end > first for first, last in spans):
                spans.append((start, end))
                suspects.append(Suspect(kind, number, _hint(match["secret"])))
    return suspects


def _compiled(kind: str, shape: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(shape)
    except (re.error, TypeError) as error:
        raise PluginError(f"The form of {kind!r} is not a regular expression: {error}.") from error
    if "secret" not in pattern.groupindex:
        raise PluginError(f"The form of {kind!r} has no group named 'secret': {shape!r}.")
    return pattern


def _matches(
    line: str, shapes: Mapping[str, re.Pattern[str]]
) -> Iterator[tuple[str, re.Match[str]]]:
    for kind, shape in shapes.items():
        for match in shape.finditer(line):
            yield kind, match
    for match in _RUN.finditer(line):
        if looks_random(match["secret"]):
            yield "a random string", match


def looks_random(text: str) -> bool:
    """Return whether a run of characters seems to be random and not written by a person."""
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    cased = any(c.isupper() for c in text) and any(c.islower() for c in text)
    digits = sum(c.isdigit() for c in text)
    # paths and identifiers have few digits and one case
    return mixed and (cased or digits >= len(text) / 4) and entropy(text) >= _LEAST_BITS


def entropy(text: str) -> float:
    """Return the Shannon entropy of `text` in bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def _hint(secret: str) -> str:
    return f"{secret[:4]}... ({len(secret)} characters)"
