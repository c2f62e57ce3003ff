"""Running the user's own package clients, pip and npm: their mirrors, proxies and keys apply."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


def run_client(
    command: Sequence[str],
    folder: Path | None,
    on_line: Callable[[str], None],
    reason: Callable[[Sequence[str]], str],
) -> str | None:
    """Run a package client to its end.

    Args:
        command: program and arguments.
        folder: where it runs; None for the current folder.
        on_line: called with each line of its output.
        reason: returns why it failed, from the lines of its stderr; "" if they do not say it.

    Returns:
        None if it succeeded, or why it failed, without a full stop.
    """
    # stderr goes to a file: a pipe that is not read fills up and stops the client
    with tempfile.TemporaryFile() as messages:
        client = subprocess.Popen(  # noqa: S603  # the command is built by a source of model files
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            assert client.stdout is not None, "it was asked for"
            for line in client.stdout:
                on_line(line)
            code = client.wait()
        finally:
            # an interrupted pull leaves no client running
            if client.poll() is None:
                client.kill()
                client.wait()
            if client.stdout is not None:
                client.stdout.close()
        if code == 0:
            return None
        messages.seek(0)
        lines = messages.read().decode(errors="replace").strip().splitlines()
        return reason(lines).rstrip(".") or f"its exit code is {code}"
