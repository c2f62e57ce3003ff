from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image as PILImage

import posehub
from posehub.cloud.clock import Clock
from posehub.cloud.service import open_service
from posehub_baidu import RECORDING
from posehub_baidu.options import BaiduOptions
from posehub_baidu.testing import BaiduStub

# A deadline would depend on the machine. The database, and the constants that hypothesis collects
# from the sources, would be written into the checkout.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{tempfile.gettempdir()}/posehub-hypothesis")
settings.register_profile("hermetic", database=None, deadline=None)
settings.load_profile("hermetic")

DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the keys, proxies, certificates and posehub.toml of the user who runs the tests."""
    for name in os.environ:
        if name.upper().startswith(("POSEHUB_", "BAIDU_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def stub() -> Iterator[BaiduStub]:
    with BaiduStub() as running:
        yield running


@pytest.fixture
def open_baidu() -> Iterator[Callable[..., posehub.Backend]]:
    """Open a backend on a stub, with the stub's keys unless others are given; closed afterwards.

    With `waits`, the backend adds the seconds of its waits to that list and does not wait.
    """
    opened: list[posehub.Backend] = []

    def open_it(
        stub: BaiduStub, *, waits: list[float] | None = None, **options: Any
    ) -> posehub.Backend:
        if not CREDENTIALS & options.keys():
            options |= stub.keys
        options["endpoint"] = stub.url
        if waits is None:
            backend = posehub.open_backend("baidu", **options)
        else:
            backend = open_service(RECORDING, BaiduOptions(**options), Clock(wait=waits.append))
        opened.append(backend)
        return backend

    yield open_it
    for backend in opened:
        backend.close()


CREDENTIALS = {
    *("api_key", "secret_key", "access_token", "bearer_key", "iam_access_key", "iam_secret_key"),
}


@pytest.fixture(scope="session")
def image_file() -> Callable[..., bytes]:
    """Make an image file; another seed makes another image."""

    def make(
        width: int = 64, height: int = 64, format: str = "JPEG", *, seed: int = 0, **save: Any
    ) -> bytes:
        colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
        buffer = io.BytesIO()
        PILImage.fromarray(colours).resize((width, height)).save(buffer, format, **save)
        return buffer.getvalue()

    return make


@pytest.fixture(scope="session")
def two_people() -> bytes:
    """A real response of the service to a photo of two people."""
    return (DATA / "body_analysis_two_people.json").read_bytes()
