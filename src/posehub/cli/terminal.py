"""Everything that the commands print: text, tables and JSON, safe on every terminal.

File names, errors of services, and names from plugins may contain terminal escape sequences and
characters that reorder the text. They are shown, never obeyed.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# C0 without tab and newline, DEL, C1 (0x9b begins a sequence like ESC [), the bidirectional
# controls and line separators of Unicode, and surrogates, which no encoding has
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NOT_ASCII = re.compile("[^\x00-\x7e]")
_DEFAULT_WIDTH = 80
_WIDTHS = range(60, 1000)  # a narrower table would drop numbers


class OutputError(click.ClickException):
    """Stdout cannot be written to."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"Cannot write to stdout: {error.strerror}.")
        # `posehub ... | head` ends this way; there is nothing to report
        self.is_expected = error.errno == errno.EPIPE


def shown(text: object) -> str:
    r"""Return a text for the terminal, with control characters as Python writes them: `\x1b`."""
    return _UNSAFE.sub(_escaped, str(text))


def json_shown(text: str, encoding: str = "utf-8") -> str:
    r"""Return a JSON text with the characters as `\uXXXX` that a terminal would obey.

    Args:
        text: JSON; its strings hold no raw C0 characters.
        encoding: of the stream; unless it is UTF-8, all that is not ASCII is escaped.
    """
    is_unicode = encoding.lower().replace("-", "").startswith("utf")
    return (_UNSAFE if is_unicode else _NOT_ASCII).sub(_json_escaped, text)


def echo(text: object = "", *, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print a line to stdout, or to stderr; control characters are shown.

    Args:
        text: what to print.
        err: whether it goes to stderr.
        nl: whether a newline ends it.
        style: as for `click.style`.

    Raises:
        OutputError: stdout cannot be written to.
    """
    with suppress(OSError) if err else _writing():  # a lost note must not end the work
        click.secho(shown(text), err=err, nl=nl, **style)


def echo_json_text(text: str) -> None:
    """Print a line of JSON.

    Raises:
        OutputError: stdout cannot be written to.
    """
    with _writing():
        click.echo(json_shown(text, getattr(sys.stdout, "encoding", None) or "utf-8"))


def echo_bytes(data: bytes) -> None:
    """Write the content of a file to stdout, unchanged.

    Raises:
        OutputError: stdout cannot be written to.
    """
    with _writing():
        click.echo(data, nl=False)


def text(content: object, style: str = "") -> Text:
    """Return a text for `console`, without markup; control characters are shown."""
    # here and below, because rich takes as long to import as all the rest
    from rich.text import Text

    return Text(shown(content), style=style)


def console() -> Console:
    """Return a console for stdout whose width shows every number, whatever COLUMNS says."""
    from rich.console import Console

    columns, lines = shutil.get_terminal_size((_DEFAULT_WIDTH, 24))
    return Console(width=min(max(columns, _WIDTHS[0]), _WIDTHS[-1]), height=lines, markup=False)


def prepare() -> None:
    """Prepare stdout and stderr: characters that the encoding lacks are escaped, not errors.

    Raises:
        click.UsageError: stdout is closed.
    """
    if sys.stdout is None:
        raise click.UsageError(
            "Stdout is closed, so the results cannot be printed. To discard them, redirect stdout "
            "to the null device."
        )
    for stream in (sys.stdout, sys.stderr):
        # the caller may have put a stream of another kind there
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Write what is buffered for stdout.

    Raises:
        OutputError: it cannot be written.
    """
    with _writing():
        sys.stdout.flush()


def show_error(error: click.ClickException) -> None:
    """Print an error to stderr as click does, with control characters shown."""
    if isinstance(error, OutputError):
        _discard(sys.stdout)
        if error.is_expected:
            return
    text = io.StringIO()
    error.show(file=text)
    echo(text.getvalue(), err=True, nl=False)


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error) from error


def _discard(stream: IO[str] | None) -> None:
    """Let the interpreter end without a second attempt to write what could not be written."""
    with suppress(AttributeError, OSError, ValueError):  # a stream may have no file descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[union-attr]  # caught above
        os.close(null)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if "\udc80" <= character <= "\udcff":  # a byte of a file name that is not UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def _json_escaped(match: re.Match[str]) -> str:
    import json

    return json.dumps(match[0])[1:-1]
