"""Cassette files, in the YAML format that vcrpy reads and writes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from attrs import field, frozen

from posehub.backends.transport import HttpResponse
from posehub.errors import CassetteError, MissingDependencyError
from posehub.files import write_atomically

try:
    import yaml
except ImportError as error:
    raise MissingDependencyError(
        "Cassettes need PyYAML, which is not installed: pip install 'posehub[cassettes]'"
    ) from error

# The ones in C are ten times as fast, but some builds of PyYAML lack them.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_ONE_LINE = 2**31 - 1  # columns: text that is wrapped differently would show as a change in git


@frozen
class Interaction:
    """One recorded request and its response.

    Attributes:
        method: method of the request.
        url: URL of the request.
        body: body of the request.
        response: the response, decompressed.
    """

    method: str
    url: str
    body: bytes = field(repr=False)
    response: HttpResponse


def read_cassette(path: Path) -> list[Interaction]:
    """Return the interactions of a cassette, in their order.

    Raises:
        CassetteError: the file is missing or is not in VCR's format; names the entry and the field.
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
        raise CassetteError(f"Cassette {path} is not valid YAML: {error}") from error
    entries = data.get("interactions") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise CassetteError(
            f"Cassette {path} has no list of interactions; it is not in VCR's format."
        )
    return [
        _interaction(entry, f"Cassette {path}, interaction {n}") for n, entry in enumerate(entries)
    ]


def write_cassette(path: Path, interactions: Iterable[Interaction]) -> None:
    """Write interactions as a cassette. A reader of the file sees the old one or the new one.

    The same interactions give the same bytes.

    Raises:
        CassetteError: the file cannot be written.
    """
    data = {"interactions": [_entry(interaction) for interaction in interactions], "version": 1}
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        raise CassetteError(f"Cannot write cassette {path}: {error.strerror}.") from error


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
        method=_take(request, "method", str, f"{where}, request"),
        url=_take(request, "uri", str, f"{where}, request"),
        body=_bytes(request.get("body"), f"{where}, request body"),
        response=HttpResponse(
            status=_take(status, "code", int, f"{where}, status"),
            headers=headers,
            body=_decompressed(body, headers, where),
        ),
    )


def _take(data: Any, key: str, kind: type, where: str) -> Any:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise CassetteError(f"{where}: {key!r} must be a {kind.__name__}, got {_type_name(value)}.")
    return value


def _bytes(value: Any, where: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise CassetteError(f"{where} must be text or binary, got {_type_name(value)}.")
    return value


def _decompressed(body: bytes, headers: Mapping[str, str], where: str) -> bytes:
    decompress = _DECOMPRESS.get(headers.get("content-encoding", ""))
    if decompress is None:
        return body
    try:
        return decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise CassetteError(f"{where}: cannot decompress the response body: {error}") from error


_DECOMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


def _type_name(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
