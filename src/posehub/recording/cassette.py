"""Cassette files, in the YAML format that vcrpy reads and writes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from posehub.backends.transport import HttpResponse
from posehub.errors import CassetteError, MissingDependencyError
from posehub.files import write_atomically
from posehub.recording.encodings import decompressed
from posehub.recording.interaction import Interaction
from posehub.recording.journal import has_left_journals
from posehub.recording.yaml_text import parsed, written

_log = logging.getLogger("posehub.cassettes")

_STATUSES = range(100, 1000)
_KILLED = (
    "Its recording was interrupted. Record it again in the mode once or new; the responses that "
    "were received are kept."
)


def read_cassette(path: Path, needs: Callable[[str], bool] = lambda url: True) -> list[Interaction]:
    """Return the interactions of a cassette, in their order.

    Args:
        path: the file.
        needs: returns whether the interaction with this URL is needed. One that is not needed may
            be of any form: if it cannot be read it is skipped, and a warning has the number.

    Raises:
        CassetteError: the file is missing or is not in VCR's format; names the entry and the field.
        MissingDependencyError: a response is compressed in a way that needs another package.
    """
    try:
        if not path.is_file() and path.exists():
            raise CassetteError(f"Cassette {path} is not a plain file.")
        text = path.read_bytes()
    except OSError as error:
        killed = has_left_journals(path)
        advice = _KILLED if killed else "Check the option cassette."
        raise CassetteError(f"Cannot read cassette {path}: {error.strerror}. {advice}") from error
    return interactions_in(text, path, needs)


def interactions_in(
    text: bytes, path: Path, needs: Callable[[str], bool] = lambda url: True
) -> list[Interaction]:
    """Return the interactions in the content of the cassette `path`; see `read_cassette`."""
    interactions = []
    skipped = 0
    for number, entry in enumerate(_entries(text, path)):
        try:
            interactions.append(_interaction(entry, f"Cassette {path}, interaction {number}"))
        except (CassetteError, MissingDependencyError):
            url = _url(entry)
            if url is None or needs(url):
                raise
            skipped += 1
    if skipped:
        _log.warning("%s: skipped %d interactions of other services", path, skipped)
    return interactions


def write_cassette(path: Path, interactions: Iterable[Interaction]) -> None:
    """Write interactions as a cassette. A reader of the file sees the old one or the new one.

    The same interactions give the same bytes.

    Raises:
        CassetteError: the file cannot be written.
    """
    data = {"interactions": [_entry(interaction) for interaction in interactions], "version": 1}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, written(data))
    except OSError as error:
        raise CassetteError(f"Cannot write cassette {path}: {error.strerror}.") from error


def _entries(text: bytes, path: Path) -> list[Any]:
    try:
        data = parsed(text)
    except ValueError as error:
        raise CassetteError(f"Cassette {path} is not valid YAML: {error}") from error
    entries = data.get("interactions") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise CassetteError(
            f"Cassette {path} has no list of interactions; it is not in VCR's format."
        )
    return entries


def _entry(interaction: Interaction) -> dict[str, Any]:
    response = interaction.response
    return {
        "request": {
            "method": interaction.method,
            "uri": interaction.url,
            "headers": {},
            "body": _text(interaction.body),
        },
        "response": {
            "status": {"code": response.status, "message": _reason(response.status)},
            "headers": {name: [value] for name, value in response.headers.items()},
            "body": {"string": _text(response.body)},
        },
    }


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _url(entry: Any) -> str | None:
    request = entry.get("request") if isinstance(entry, dict) else None
    url = request.get("uri") if isinstance(request, dict) else None
    return url if isinstance(url, str) else None


def _interaction(entry: Any, where: str) -> Interaction:
    request = _take(entry, "request", dict, where)
    response = _take(entry, "response", dict, where)
    status = _take(response, "status", dict, f"{where}, response")
    recorded = _take(response, "body", dict, f"{where}, response")
    headers = _headers(response.get("headers"))
    code = _take(status, "code", int, f"{where}, status")
    if code not in _STATUSES:
        raise CassetteError(f"{where}, status: 'code' is not a status of HTTP.")
    body = _bytes(recorded.get("string"), f"{where}, response body")
    return Interaction(
        method=_whole(_take(request, "method", str, f"{where}, request")),
        url=_whole(_take(request, "uri", str, f"{where}, request")),
        body=_form(request.get("body"), f"{where}, request body"),
        response=HttpResponse(code, headers, _decompressed(body, headers, where)),
    )


def _take(data: Any, key: str, kind: type, where: str) -> Any:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise CassetteError(f"{where}: {key!r} must be a {kind.__name__}, got {_type_name(value)}.")
    return value


def _headers(headers: Any) -> dict[str, str]:
    """Return the first value of each header; what is neither text nor a number is skipped."""
    found = {}
    for name, values in headers.items() if isinstance(headers, dict) else ():
        value = values[0] if isinstance(values, list) and values else values
        if isinstance(name, str) and isinstance(value, (str, int, float)):
            found[_whole(name).lower()] = _whole(str(value))
    return found


def _form(value: Any, where: str) -> bytes:
    """Return the body of a request; vcrpy records a form of aiohttp as a mapping."""
    if not isinstance(value, dict):
        return _bytes(value, where)
    for field in value.values():
        if not isinstance(field, (str, bytes, int, float)):
            raise CassetteError(f"{where}: a form must hold texts, got {_type_name(field)}.")
    return urlencode({str(name): field for name, field in value.items()}).encode()


def _bytes(value: Any, where: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return _whole(value).encode()
    if not isinstance(value, bytes):
        raise CassetteError(f"{where} must be text or binary, got {_type_name(value)}.")
    return value


def _whole(text: str) -> str:
    """Return a text without halves of characters, which YAML can write and UTF-8 cannot."""
    return text.encode(errors="replace").decode()


def _decompressed(body: bytes, headers: Mapping[str, str], where: str) -> bytes:
    try:
        return decompressed(body, headers.get("content-encoding", ""))
    except MissingDependencyError as error:
        raise MissingDependencyError(f"{where}: the response body: {error}") from error
    except CassetteError as error:
        raise CassetteError(f"{where}: cannot decompress the response body: {error}.") from error


def _type_name(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
