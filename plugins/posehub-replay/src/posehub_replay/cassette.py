"""Reading cassettes: VCR's YAML format, as vcrpy writes and plays it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import field, frozen

from posehub.errors import CassetteError
from posehub.transport import HttpResponse

# the loader written in C is ten times as fast, and not built everywhere
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Interaction:
    """One recorded request and its response.

    Attributes:
        url: of the request.
        body: of the request.
        response: as it was received, content encoding undone.
    """

    url: str
    body: bytes = field(repr=False)
    response: HttpResponse


def read_cassette(path: Path) -> list[Interaction]:
    """Return the interactions of a cassette, in their order.

    Raises:
        CassetteError: the file is missing or not of VCR's format; names the entry and field.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CassetteError(
            f"Cannot read cassette {path}: {error.strerror}. Check the option cassette."
        ) from error
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  # both loaders are the safe one
    except (yaml.YAMLError, ValueError) as error:
        raise CassetteError(f"Cassette {path} is not YAML: {error}") from error
    entries = data.get("interactions") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise CassetteError(f"Cassette {path} has no list of interactions; it is not VCR's format.")
    return [
        _interaction(entry, f"Cassette {path}, interaction {n}") for n, entry in enumerate(entries)
    ]


def _interaction(entry: Any, where: str) -> Interaction:
    request = _take(entry, "request", dict, where)
    response = _take(entry, "response", dict, where)
    status = _take(response, "status", dict, f"{where}, response")
    recorded = _take(response, "body", dict, f"{where}, response")
    headers = {
        str(name).lower(): str(values[0]) if isinstance(values, list) and values else str(values)
        for name, values in (response.get("headers") or {}).items()
    }
    body = _bytes(recorded.get("string"), f"{where}, response body")
    return Interaction(
        url=_take(request, "uri", str, f"{where}, request"),
        body=_bytes(request.get("body"), f"{where}, request body"),
        response=HttpResponse(
            status=_take(status, "code", int, f"{where}, status"),
            headers=headers,
            body=_plain(body, headers, where),
        ),
    )


def _take(data: Any, key: str, kind: type, where: str) -> Any:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise CassetteError(f"{where}: {key!r} must be a {kind.__name__}, got {_shown(value)}.")
    return value


def _bytes(value: Any, where: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise CassetteError(f"{where} must be text or binary, got {_shown(value)}.")
    return value


def _plain(body: bytes, headers: Mapping[str, str], where: str) -> bytes:
    decompress = _DECOMPRESS.get(headers.get("content-encoding", ""))
    if decompress is None:
        return body
    try:
        return decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise CassetteError(f"{where}: the response body does not decompress: {error}") from error


_DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


def _shown(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
