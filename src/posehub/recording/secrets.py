"""Finding secrets in text that is to be shared."""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import unquote

from attrs import field, frozen

from posehub.errors import PluginError

_SHAPES = {
    "an access token": re.compile(r"access_token[\\\"'=:\s]+(?P<secret>[\w.\-]{8,})"),
    "a client secret": re.compile(r"client_secret[\\\"'=:\s]+(?P<secret>[\w.\-]{8,})"),
    "an authorization header": re.compile(r"(?i)\b(?:bearer|basic) (?P<secret>[\w.+/=\-]{8,})"),
    "a password in a URL": re.compile(r"://[^\s:/@\"']*:(?P<secret>[^\s/@\"']+)@[\w\[]"),
    "a password before a host": re.compile(
        r"(?<![\w.%/@\-])[\w.%\-]+:(?P<secret>[^\s:/@\"',;{}]{4,})@[\w\-]+(?:\.[\w\-]+|:\d)"
    ),
    "an AWS access key": re.compile(r"\b(?P<secret>AKIA[0-9A-Z]{16})\b"),
    "a JSON web token": re.compile(r"\b(?P<secret>eyJ[\w\-]{1,999}\.[\w\-]{1,9999}\.[\w\-]+)"),
    "a private key": re.compile(r"(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----)"),
}
# base64 in a form has its + and / as %2B and %2F, and its line ends as %0A
_RUN = re.compile(
    r"(?<![\w+/\-%])(?P<secret>(?:[A-Za-z0-9+/_\-]|%(?:2[BFbf]|0[ADad])){20,}(?:=|%3[Dd]){0,2})"
    r"(?![\w+/\-])"
)
_LONGEST_KEY = 200
"""Characters. A longer run is an upload."""
_IMAGES = ("/9j/", "iVBORw0KGgo", "R0lGOD", "Qk", "UklGR", "SUkq", "TU0A")
"""How base64 of JPEG, PNG, GIF, BMP, WebP and TIFF begins."""
_BLOCK_LINE = re.compile(r"\s*(?P<data>[A-Za-z0-9+/]{60,}={0,2})\s*")
_BLOCK_END = re.compile(r"\s*(?P<data>[A-Za-z0-9+/]+={0,2})\s*")
_NO_SPACE = {ord(space): None for space in " \t"}
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

    Uploaded images are no secrets. What is written as base64 over several lines, as YAML writes
    bytes, is searched for known forms only.

    Args:
        text: the text to search.
        shapes: further forms of keys, as in `Recording.secrets`.

    Raises:
        PluginError: a form is not a regular expression with a group `secret`.
    """
    known = _SHAPES | {kind: _compiled(kind, shape) for kind, shape in shapes.items()}
    suspects: list[Suspect] = []
    for number, line, is_data in _parts(text):
        found = [*_in_line(number, line, known, is_data)]
        plain = unquote(line)
        if plain != line and not is_data:
            # what only shows when the escapes are read, such as the URL of a proxy in a form
            kinds = {suspect.kind for suspect in found}
            escaped = _in_line(number, plain, known, only_known=True)
            found += [suspect for suspect in escaped if suspect.kind not in kinds]
        suspects += found
    return suspects


def _parts(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield number and text of each line; a block of base64 as one decoded line, and True."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        start = number
        while number < len(lines) and _BLOCK_LINE.fullmatch(lines[number]):
            number += 1
        if number - start < 2:
            yield start + 1, lines[start], False
            number = start + 1
            continue
        if number < len(lines) and _BLOCK_END.fullmatch(lines[number]):
            number += 1
        data = "".join(lines[start:number]).translate(_NO_SPACE)
        yield start + 1, _decoded(data), True


def _decoded(data: str) -> str:
    whole = data[: len(data) // 4 * 4]
    try:
        return base64.b64decode(whole).decode("latin-1")
    except ValueError:
        return data


def _in_line(
    number: int, line: str, shapes: Mapping[str, re.Pattern[str]], only_known: bool
) -> Iterator[Suspect]:
    spans: list[tuple[int, int]] = [match.span() for match in _DIGEST.finditer(line)]
    for kind, match in _matches(line, shapes, only_known):
        start, end = match.span("secret")
        # a secret of a known form is not reported a second time for its entropy
        if not any(start < last and end > first for first, last in spans):
            spans.append((start, end))
            yield Suspect(kind, number, _hint(match["secret"]))


def _compiled(kind: str, shape: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(shape)
    except (re.error, TypeError) as error:
        raise PluginError(f"The form of {kind!r} is not a regular expression: {error}.") from error
    if "secret" not in pattern.groupindex:
        raise PluginError(f"The form of {kind!r} has no group named 'secret': {shape!r}.")
    return pattern


def _matches(
    line: str, shapes: Mapping[str, re.Pattern[str]], only_known: bool
) -> Iterator[tuple[str, re.Match[str]]]:
    for kind, shape in shapes.items():
        for match in shape.finditer(line):
            yield kind, match
    if only_known:
        return
    for match in _RUN.finditer(line):
        run = match["secret"]
        is_upload = len(run) > _LONGEST_KEY or run.startswith(_IMAGES)
        if not is_upload and looks_random(run):
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
