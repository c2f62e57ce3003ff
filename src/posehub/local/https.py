"""Model files at an https address."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import ge, optional

from posehub.backends.loopback import is_loopback
from posehub.errors import MissingDependencyError


def is_safe(url: str) -> bool:
    """Return whether a file may be fetched from an address: by https, or from this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )


def shown(url: str) -> str:
    """Return an address without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _check_url(_instance: object, _attribute: Attribute[str], url: str) -> None:
    if not is_safe(url):
        raise ValueError(f"url must be an https address, got {shown(url)!r}")


@frozen
class Patience:
    """How long a download waits.

    Attributes:
        timeout: seconds to connect, and to wait for the next bytes.
        attempts: after how many in a row that brought no bytes a download has failed.
        pause: sleeps for some seconds.
    """

    timeout: float = 30.0
    attempts: int = 4
    pause: Callable[[float], None] = time.sleep


@frozen
class HttpsFile:
    """A file at an https address: a source of a model file, or of the archive that holds it.

    The proxy variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY apply, and REQUESTS_CA_BUNDLE.

    Attributes:
        url: address; http only on this machine.
        size: bytes of what is published there, or None. Anything longer is refused early.
        patience: how long the download waits.
    """

    url: str = field(validator=_check_url)
    size: int | None = field(default=None, validator=optional(ge(1)))
    patience: Patience = field(default=Patience(), repr=False)

    def fetch(self, folder: Path) -> Path:
        """Download the file, unless this pull has it already, and return its path.

        A download that was cut is continued, also by a later pull, if the server can do so.

        Raises:
            MissingDependencyError: requests is not installed, or the file cannot be downloaded.
            ConfigError: the folder of model files cannot be written.
        """
        target = folder / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        if not target.exists():
            try:
                from posehub.local.download import download
            except ImportError as error:
                raise MissingDependencyError(
                    "the package requests is not installed; install it with: "
                    "pip install 'posehub[http]'."
                ) from error
            download(self.url, target, size=self.size, patience=self.patience)
        return target

    def open(self, fetched: Path) -> AbstractContextManager[BinaryIO]:
        """Open the file."""
        return fetched.open("rb")

    def __str__(self) -> str:
        return shown(self.url)
