"""Model files that lie inside a published wheel; nothing of the wheel is installed.

pip fetches the wheel, so the index, mirror, proxy or folder of wheels that the user's pip is set up
for serves posehub too.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from posehub.errors import MissingDependencyError
from posehub.local.archives import open_member
from posehub.local.clients import run_client
from posehub.local.progress import progress_bar


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
        """Fetch the wheel, unless this pull has it already, and return its path.

        Raises:
            MissingDependencyError: pip is missing, or cannot fetch the wheel.
        """
        downloads = folder / f"{self.package}-{self.version}"
        wheel = next(downloads.glob("*.whl"), None)
        return wheel or _download(f"{self.package}=={self.version}", self.tags, downloads)

    def open(self, fetched: Path) -> AbstractContextManager[BinaryIO]:
        """Open the file in a wheel on this machine.

        Raises:
            ConfigError: `fetched` is not such a wheel.
        """
        return open_member(fetched, self.member)

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
    with progress_bar(requirement.replace("==", " ")) as report:

        def on_line(line: str) -> None:
            numbers = parse_progress(line)
            if numbers is not None:
                report(*numbers)

        failure = run_client(command, None, on_line, _reason)
    wheels = list(folder.glob("*.whl"))
    if failure is None and len(wheels) == 1:
        return wheels[0]
    raise MissingDependencyError(f"pip: {failure or 'it downloaded no wheel'}.")


def _reason(lines: Sequence[str]) -> str:
    errors = [line for line in lines if line.startswith("ERROR")] or [*lines] or [""]
    return errors[-1].removeprefix("ERROR: ")


def parse_progress(line: str) -> tuple[int, int] | None:
    """Return bytes so far and in all from a line of pip's raw progress, such as
    "Progress 4096 of 35583072", or None for any other line.
    """
    match line.split():
        case ["Progress", done, "of", total] if done.isdecimal() and total.isdecimal():
            return int(done), int(total)
    return None
