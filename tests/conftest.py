"""What the tests share: fresh settings, no network, in-memory plugins, a small backend, pictures.

Helpers come as fixtures, because tests are imported one by one and not as a package.
"""

from __future__ import annotations

import io
import ipaddress
import os
import socket
import struct
import threading
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image as PILImage

import posehub
from posehub import Backend, BackendInfo, Capabilities, PoseResult
from posehub.local.models import FOLDER_VARIABLE, models_folder
from posehub.plugins.registry import get_registry
from posehub.poses.skeletons import COCO17

settings.register_profile("posehub", deadline=None, database=None)
settings.load_profile("posehub")

_MODELS = models_folder()  # where the set-up has put them, before the tests get a home of their own
_SETTINGS_PREFIXES = ("POSEHUB_", "BAIDU_")
_NETWORK_SETTINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "NETRC")


@pytest.fixture(autouse=True)
def _fresh_settings(tmp_path_factory, monkeypatch):
    """Give each test a user without settings, keys or proxies."""
    for name in list(os.environ):
        if name.startswith(_SETTINGS_PREFIXES) or name.upper() in _NETWORK_SETTINGS:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv(FOLDER_VARIABLE, str(_MODELS))
    # a pip that is started after all finds nothing, instead of the network
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    """Refuse connections that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            if not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test reached for the network: {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


class FakeBackend(Backend):
    """Finds nobody in any picture, and remembers what it was asked.

    A result's `request_id` is the picture's digest, so that tests can tell whose it is.

    Attributes:
        answer: called with the pictures instead, if given.
        batches: the sizes (width, height) of the pictures of each call.
        closed: how often it was closed.
    """

    def __init__(self, info, answer=None):
        self.info = info
        self.answer = answer or self.nobody
        self.batches = []
        self.closed = 0
        self._lock = threading.Lock()

    def detect_batch(self, images):
        with self._lock:
            self.batches.append([image.size for image in images])
        return self.answer(images)

    def nobody(self, images):
        return [
            PoseResult.empty(COCO17, image_size=i.size, backend="fake", request_id=i.digest)
            for i in images
        ]

    def close(self):
        self.closed += 1


@pytest.fixture(scope="session")
def make_info():
    """A factory of descriptions; what is not given is the least a backend needs."""

    def make(name="fake", **fields):
        fields = {"factory": lambda options: FakeBackend(info), **fields}
        info = BackendInfo(
            **{"name": name, "summary": "finds nobody", "skeleton": "coco17"} | fields
        )
        return info

    return make


@pytest.fixture(scope="session")
def make_backend(make_info):
    """A factory of `FakeBackend`."""

    def make(answer=None, **capabilities):
        return FakeBackend(make_info(capabilities=Capabilities(**capabilities)), answer)

    return make


@pytest.fixture(scope="session")
def make_plugin():
    """A factory of plugins with real hooks, not yet registered."""

    def make(*backends, skeletons=(), formats=()):
        class Plugin:
            @posehub.hookimpl
            def posehub_register_backends(self):
                return backends

            @posehub.hookimpl
            def posehub_register_skeletons(self):
                return skeletons

            @posehub.hookimpl
            def posehub_register_formats(self):
                return formats

        return Plugin()

    return make


@pytest.fixture
def install(make_plugin):
    """Register what a plugin may bring with the running registry; removed afterwards."""
    registry = get_registry()
    names = []

    def register(*backends, **others):
        name = f"in-memory-{len(names)}"
        registry.register(make_plugin(*backends, **others), name, version="1.2.3")
        names.append(name)

    yield register
    for name in names:
        registry.unregister(name)


def _picture(size=(32, 24), mode="RGB"):
    """A picture whose four quarters differ, so that no turn of it looks like another."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (230, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 220)
    pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return PILImage.fromarray(pixels).convert(mode)


def _encode(picture, format="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def _chunk(kind, body):
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def _png(size, *chunks, bits=8, colour=2, data=b""):
    """A PNG put together by hand: the header, any chunks, the pixel data, the end."""
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(data))
    return b"".join(
        [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), *chunks, pixels, _chunk(b"IEND", b"")]
    )


@pytest.fixture(scope="session")
def pictures():
    """Makers of pictures and files: `picture`, `encode`, `jpeg`, `png`, `chunk`, `raw_png`."""
    return SimpleNamespace(
        picture=_picture,
        encode=_encode,
        jpeg=lambda size=(32, 24), **options: _encode(_picture(size), "JPEG", **options),
        png=lambda size=(32, 24), **options: _encode(_picture(size), "PNG", **options),
        numbered=lambda number: np.zeros((1, number + 1, 3), np.uint8),
        chunk=_chunk,
        raw_png=_png,
    )
