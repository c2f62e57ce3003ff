"""One member of a zip or tar archive as a stream; never more of it in memory than is asked for."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import frozen

from posehub.backends.model_files import ModelSource
from posehub.errors import ConfigError

UNREADABLE = (
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged, encrypted or unknown archive raises."""

SUFFIXES = (".whl", ".zip", ".task", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
"""Endings of archives."""

_MAGICS: tuple[tuple[bytes, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\x00", lzma.open),
)
_MAX_READ = 4 << 20
"""Bytes that a tar reader may ask for at once. Only a forged header asks for more: `tarfile` reads
headers of any declared size into memory."""

_MAX_MEMBERS = 100_000
"""Members of a tar archive that are searched; far more than a package of models has."""


@frozen
class ArchiveMember:
    """A file inside a zip or tar archive that another source fetches: a source of a model file.

    Attributes:
        source: fetches the archive.
        member: as for `open_member`.
    """

    source: ModelSource
    member: str

    def fetch(self, folder: Path) -> Path:
        """Fetch the archive, unless this pull has it already, and return its path.

        Raises:
            MissingDependencyError: it cannot be fetched.
            ConfigError: it cannot be written.
        """
        return self.source.fetch(folder)

    def open(self, fetched: Path) -> AbstractContextManager[BinaryIO]:
        """Open the file in an archive.

        Raises:
            ConfigError: the archive does not hold it, or is no archive.
        """
        return open_member(fetched, self.member)

    def __str__(self) -> str:
        return f"{self.source} ({self.member})"


@contextmanager
def open_member(archive: Path, member: str) -> Iterator[BinaryIO]:
    """Open a file in a zip archive, or in a tar archive packed by gzip, bzip2, xz or not at all.

    Args:
        archive: path of the archive.
        member: path of the file inside it, with `/`. Folders above may be left out: the first file
            whose path ends so is taken.

    Raises:
        ConfigError: there is no such file in it, or it is no archive.
    """
    with ExitStack() as stack:
        try:
            if zipfile.is_zipfile(archive):
                stream = _zip_member(stack.enter_context(zipfile.ZipFile(archive)), member)
            else:
                unpacked = cast(BinaryIO, _Guarded(stack.enter_context(_unpacked(archive))))
                tar = stack.enter_context(tarfile.open(fileobj=unpacked, mode="r:"))
                stream = _tar_member(tar, member)
        except UNREADABLE as error:
            raise ConfigError(f"Cannot read {archive} as a zip or tar archive: {error}.") from error
        if stream is None:
            raise ConfigError(f"{archive} does not hold {member}.")
        yield stack.enter_context(stream)


def _zip_member(archive: zipfile.ZipFile, member: str) -> BinaryIO | None:
    for entry in archive.infolist():
        if _is(entry.filename, member):
            return cast(BinaryIO, archive.open(entry))
    return None


def _tar_member(archive: tarfile.TarFile, member: str) -> BinaryIO | None:
    for _ in range(_MAX_MEMBERS):
        entry = archive.next()
        if entry is None:
            return None
        if entry.isreg() and _is(entry.name, member):
            return cast(BinaryIO, archive.extractfile(entry))
        archive.members = []  # type: ignore[attr-defined]  # otherwise it keeps every header
    raise tarfile.ReadError(f"it has more than {_MAX_MEMBERS} members")


def _is(path: str, member: str) -> bool:
    return path == member or path.endswith(f"/{member}")


def _unpacked(archive: Path) -> Any:
    with archive.open("rb") as file:
        start = file.read(8)
    for magic, opener in _MAGICS:
        if start.startswith(magic):
            return opener(archive)
    return archive.open("rb")


class _Guarded:
    """A file that refuses to read much at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MAX_READ:
            raise tarfile.ReadError(f"it declares a header of {size} bytes")
        return self._file.read(size)
