"""`posehub cassette`: list, check and prune cassettes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table

from posehub.cli.common import echo_json, json_option
from posehub.cli.terminal import console, echo, text
from posehub.errors import CassetteError
from posehub.images.loading import load_image
from posehub.plugins.registry import list_backends
from posehub.recording.cassette import read_cassette, write_cassette
from posehub.recording.forms import form_digest
from posehub.recording.interaction import Interaction
from posehub.recording.results import recorded_name, recording_of
from posehub.recording.secrets import find_secrets

_CASSETTE = click.Path(path_type=Path, dir_okay=False)


@click.group("cassette")
def command() -> None:
    """List, check and prune cassettes."""


@command.command()
@click.argument("cassette", type=_CASSETTE)
@json_option
def show(cassette: Path, as_json: bool) -> None:
    """List the interactions of CASSETTE, with the digests of their images."""
    rows = [_row(number, entry) for number, entry in enumerate(read_cassette(cassette, _is_known))]
    if as_json:
        echo_json(rows)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("#", "backend", "image", "status", "bytes"):
        table.add_column(title, overflow="fold")
    for row in rows:
        digest = (row["image"] or "-")[: len("sha256:") + 12]
        table.add_row(
            str(row["number"]),
            text(row["backend"] or row["url"]),
            digest,
            str(row["status"]),
            str(row["bytes"]),
        )
    console().print(table)


@command.command()
@click.argument("cassettes", nargs=-1, required=True, type=_CASSETTE)
@json_option
@click.pass_context
def check(context: click.Context, cassettes: tuple[Path, ...], as_json: bool) -> None:
    """Check that CASSETTES are well-formed and hold nothing that may be a secret."""
    found = []
    shapes: dict[str, str] = {}
    for info in list_backends():
        shapes |= {} if info.recording is None else info.recording.secrets
    for cassette in cassettes:
        read_cassette(cassette, _is_known)
        text = cassette.read_text(encoding="utf-8", errors="replace")
        found += [(cassette, suspect) for suspect in find_secrets(text, shapes)]
    if as_json:
        echo_json(
            [
                {"cassette": str(path), "line": suspect.line, "kind": suspect.kind}
                for path, suspect in found
            ]
        )
    for path, suspect in found:
        echo(f"{path}:{suspect.line}: {suspect.kind}: {suspect.hint}", err=True)
    if found:
        context.exit(1)
    echo(f"cassettes: {len(cassettes)}, possible secrets: none", err=True)


@command.command()
@click.argument("cassette", type=_CASSETTE)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def prune(cassette: Path, images: tuple[Path, ...], as_json: bool) -> None:
    """Remove the responses to all images except IMAGES from CASSETTE."""
    wanted = {load_image(image).digest for image in images}
    entries = read_cassette(cassette)
    kept = [entry for entry in entries if _recorded(entry)[1] in wanted]
    if not kept:
        raise CassetteError(
            f"{cassette} has no response to any of these {len(images)} images; it is unchanged."
        )
    write_cassette(cassette, kept)
    if as_json:
        echo_json({"kept": len(kept), "removed": len(entries) - len(kept)})
    else:
        echo(f"kept: {len(kept)}, removed: {len(entries) - len(kept)}")


def _is_known(url: str) -> bool:
    """Return whether an interaction is of an installed backend, and so must be readable."""
    if recorded_name(url) is not None:
        return True
    return any(recording_of(info).recognises(url) for info in list_backends())


def _row(number: int, entry: Interaction) -> dict[str, Any]:
    backend, digest = _recorded(entry)
    return {
        "number": number,
        "backend": backend,
        "method": entry.method,
        "url": entry.url,
        "image": digest,
        "status": entry.response.status,
        "bytes": len(entry.response.body),
    }


def _recorded(entry: Interaction) -> tuple[str | None, str | None]:
    """Return the name of an interaction's backend and the digest of its image, if known."""
    for info in list_backends():
        recording = recording_of(info)
        if recording.recognises(entry.url):
            return info.name, recording.image_digest(entry.body)
    return recorded_name(entry.url), form_digest(entry.body)
