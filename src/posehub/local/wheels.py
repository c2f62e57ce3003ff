"""Wheels fetched by pip, for what lies inside them; nothing is installed.

pip fetches, so that whatever index, mirror, proxy or folder of wheels the user's pip is set up for
serves posehub too.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from posehub.errors import MissingDependencyError

Progress = Callable[[int, int], None]
"""Told the bytes fetched so far and the bytes in all."""


def download(requirement: str, tags: tuple[str, str, str], folder: Path, backend: str) -> Path:
    """Fetch one wheel, with a progress bar on stderr, and return where it is.

    Args:
        requirement: distribution and version, such as "mediapipe==0.10.21".
        tags: interpreter, ABI and platform, as pip's --python-version, --abi and --platform.
        folder: where to put it; holds no other wheel.
        backend: whose models it holds, for the messages.

    Raises:
        MissingDependencyError: pip is missing, or cannot fetch the wheel.
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingDependencyError(
            f"Fetching the models of {backend} needs pip, which this Python lacks. Install "
            "it with: python -m ensurepip. Or fetch the wheel elsewhere and run: "
            f"posehub models pull {backend} --from WHEEL"
        )
    python, abi, platform = tags
    command = [sys.executable, "-m", "pip", "download", requirement]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    command += ["--python-version", python, "--abi", abi, "--platform", platform]
    command += ["--progress-bar", "raw", "--disable-pip-version-check", "--no-input"]
    described = requirement.replace("==", " ")
    with _progress_bar(f"{described}, models of {backend}") as progress:
        complaint = _run_pip(command, progress)
    wheels = list(folder.glob("*.whl"))
    if complaint is not None or len(wheels) != 1:
        raise MissingDependencyError(
            f"Cannot fetch {described} for the models of {backend}: "
            f"{complaint or 'pip gave no wheel'}. Without network, fetch the wheel elsewhere "
            f"and run: posehub models pull {backend} --from WHEEL"
        )
    return wheels[0]


def _run_pip(command: list[str], progress: Progress) -> str | None:
    """Run pip, tell its progress; return its last complaint, or None if it succeeded."""
    # stderr goes to a file, as a pipe nobody reads could fill up and stop pip
    with tempfile.TemporaryFile() as complaints:
        pip = subprocess.Popen(  # noqa: S603  # the command is built here
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        try:
            assert pip.stdout is not None, "it was asked for"
            for line in pip.stdout:
                numbers = parse_progress(line)
                if numbers is not None:
                    progress(*numbers)
            code = pip.wait()
        finally:
            # an interrupted pull leaves no pip behind
            if pip.poll() is None:
                pip.kill()
                pip.wait()
            if pip.stdout is not None:
                pip.stdout.close()
        if code == 0:
            return None
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines
        return errors[-1].removeprefix("ERROR: ").rstrip(".") if errors else f"pip exit code {code}"


def parse_progress(line: str) -> tuple[int, int] | None:
    """Return bytes so far and in all from a line of pip's raw progress, such as
    "Progress 4096 of 35583072", or None for any other line.
    """
    match line.split():
        case ["Progress", done, "of", total] if done.isdecimal() and total.isdecimal():
            return int(done), int(total)
    return None


@contextmanager
def _progress_bar(title: str) -> Iterator[Progress]:
    # loaded only here: most programs that import posehub never pull
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
