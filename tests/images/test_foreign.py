"""Objects of other code and special files: an `ImageError` at most, without waiting for ever."""

from __future__ import annotations

import gc
import io
import os
import socket
import time
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as PILImage

import posehub
from posehub import load_image
from posehub.errors import ImageError
from posehub.images.limits import max_bytes
from posehub.images.loading import name_of, own

SMALL = 1000  # max_pixels; bounds what is read to 64 MiB and a little


class _Odd(Exception):
    def __str__(self):
        raise RuntimeError("no message either")


class _Raising:
    """An object whose attributes, path or content raise an error."""

    def __init__(self, error, where):
        self.error = error
        self.where = where

    def __getattr__(self, name):
        raise self.error if self.where == "attribute" else AttributeError(name)


class _RaisingPath(_Raising):
    def __fspath__(self):
        raise self.error


class _RaisingFile(_Raising):
    def read(self, size=-1):
        raise self.error


ERRORS = [
    RuntimeError("from a library"),
    OSError(5, "Input/output error"),
    UnicodeDecodeError("utf-8", b"\xff" * 10**6, 0, 1, "invalid start byte"),
    KeyError("key"),
    StopIteration(),
    RecursionError("too deep"),
    MemoryError(),
    TypeError("wrong"),
    _Odd(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "make",
    [_RaisingPath, _RaisingFile, _Raising],
)
def test_whatever_an_object_raises_is_an_image_error(make, error):
    source = make(error, "attribute")
    with pytest.raises(ImageError):
        load_image(source)
    assert name_of(source) is None


@pytest.mark.parametrize("path", [5, None, b"missing.jpg", object(), ["photo.jpg"]])
def test_a_path_may_be_of_any_type(path):
    class Named:
        def __fspath__(self):
            return path

    with pytest.raises(ImageError):
        load_image(Named())


def test_a_path_that_names_itself_is_refused():
    class Circular:
        def __fspath__(self):
            return os.fspath(self)

    with pytest.raises(ImageError, match="RecursionError"):
        load_image(Circular())


@pytest.mark.parametrize("path", ["photo\0.jpg", "\0", "\ud800.jpg", "~\0" * 5000])
def test_a_path_that_no_system_allows_is_refused(path):
    with pytest.raises(ImageError, match="Cannot read"):
        load_image(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text", r"is open as text; open it in binary mode \('rb'\)"),
        (None, "has no bytes to read yet"),
        (5, r"its read\(\) returned int, not bytes"),
        ([b"data"], r"its read\(\) returned list, not bytes"),
        (np.zeros(5, np.uint8), r"its read\(\) returned ndarray, not bytes"),
    ],
)
def test_a_file_that_gives_no_bytes_is_refused(content, message):
    for read in (lambda: content, lambda size: content):
        with pytest.raises(ImageError, match=message):
            load_image(SimpleNamespace(read=read))


def test_an_asynchronous_file_is_refused_with_what_to_do():
    class Upload:
        async def read(self, size=-1):
            return b"data"

    with pytest.raises(ImageError, match=r"asynchronous; pass its bytes: `await file\.read"):
        load_image(Upload())


def test_a_released_memoryview_is_refused():
    view = memoryview(b"data")
    view.release()
    with pytest.raises(ImageError, match="released"):
        load_image(view)


class _LoadFails(PILImage.Image):
    def load(self):
        raise _Odd


class _NoSize(PILImage.Image):
    size = property(lambda self: self.missing)


def test_a_pil_image_whose_methods_fail_is_refused():
    for kind in (_LoadFails, _NoSize):
        image = kind()
        image._size = (4, 4)
        with pytest.raises(ImageError):
            load_image(image)


def test_a_pil_image_that_was_closed_is_refused(pictures):
    opened = PILImage.open(io.BytesIO(pictures.png()))
    made = pictures.picture()
    for image in (opened, made):
        image.close()
        with pytest.raises(ImageError, match="cannot be decoded"):
            load_image(image)


def test_a_pil_image_whose_file_was_closed_is_refused(pictures):
    file = io.BytesIO(pictures.encode(pictures.picture((400, 300)), "TIFF"))
    image = PILImage.open(file)
    file.close()
    with pytest.raises(ImageError, match="cannot be decoded"):
        load_image(image)


def test_detect_many_goes_on_after_every_such_source(make_backend, pictures, tmp_path):
    bad = [
        _RaisingPath(RuntimeError("x"), ""),
        _RaisingFile(RuntimeError("x"), ""),
        _Raising(RuntimeError("x"), "attribute"),
        SimpleNamespace(read=lambda: None),
        "photo\0.jpg",
        os.devnull,
        tmp_path,
        object(),
        _LoadFails(),
    ]
    sources = [image for source in bad for image in (source, pictures.png())]
    for workers in (1, 4):
        with make_backend() as backend:
            outcomes = list(backend.detect_many(sources, workers=workers, on_error="return"))
            records = list(backend.detect_records(sources, workers=workers))
        assert [type(o) for o in outcomes] == [ImageError, posehub.PoseResult] * len(bad)
        assert [r.error is None for r in records] == [False, True] * len(bad)


def test_own_raises_nothing_else_either():
    class Odd:
        @property
        def __class__(self):
            raise RuntimeError("no class")

    for source in (Odd(), _RaisingFile(RuntimeError("x"), ""), None):
        with pytest.raises(ImageError):
            own(source)


# --- special files ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/tty"])
def test_a_device_is_refused(path):
    with pytest.raises(ImageError, match=r"is not a regular file|Cannot read"):
        load_image(path)


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("photo.jpg")
        with pytest.raises(ImageError, match="is not a regular file"):
            load_image("photo.jpg")


def test_a_named_pipe_is_refused_with_and_without_a_writer(tmp_path):
    path = tmp_path / "pipe.jpg"
    os.mkfifo(path)
    with pytest.raises(ImageError, match="is not a regular file"):
        load_image(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writing = os.open(path, os.O_WRONLY)
    with pytest.raises(ImageError, match="is not a regular file"):
        load_image(path)
    os.close(writing)
    os.close(reading)


def test_files_of_proc_are_refused_although_they_have_content():
    for name in ("status", "maps", "mem", "environ"):
        with pytest.raises(ImageError):
            load_image(f"/proc/self/{name}")


def test_a_sparse_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "photo.jpg"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ImageError, match=r"has 1,099,511,627,776 bytes; the limit is 867,108,864"):
        load_image(path)
    with path.open("rb") as file, pytest.raises(ImageError, match="has 1,099,511,627,776 bytes"):
        load_image(file)


def test_the_limit_in_bytes_follows_the_limit_in_pixels(tmp_path):
    assert max_bytes(0) == 64 * 2**20
    assert max_bytes(100_000_000) == 800_000_000 + 64 * 2**20


class _Endless:
    """A file that never ends; counts what was read of it."""

    def __init__(self, start, piece):
        self.start = start
        self.piece = piece
        self.count = 0

    def read(self, size=-1):
        data, self.start = self.start or self.piece, b""
        self.count += len(data)
        return data


@pytest.mark.parametrize("piece", [bytes(1000), bytes(10**6), b"\xff" * 5000])
@pytest.mark.parametrize("start", [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_does_not_end_is_refused_at_the_limit(start, piece):
    file = _Endless(start, piece)
    with pytest.raises(ImageError, match=r"has more than 67,116,864 bytes; the limit is"):
        load_image(file, max_pixels=SMALL)
    assert file.count < max_bytes(SMALL) + 2 * 10**6


def test_an_open_device_that_does_not_end_is_refused():
    started = time.monotonic()
    with Path("/dev/zero").open("rb") as file, pytest.raises(ImageError, match="has more than"):
        load_image(file, max_pixels=SMALL)
    assert time.monotonic() - started < 30


# --- what an error keeps ---------------------------------------------------------------------


def test_an_error_keeps_no_other_error_and_no_data(pictures, tmp_path):
    large = bytes(2_000_000)
    cut = pictures.jpeg((64, 48), quality=100)[:-30]
    sources = [
        "photo\0.jpg",
        "x" * 10**6,
        tmp_path,
        tmp_path / "missing.jpg",
        b"\xff\xd8\xff" + large,
        cut + large,
        pictures.png()[:50] + large,
        pictures.encode(pictures.picture(), "TIFF", compression="tiff_lzw")[:-20],
        pictures.encode(pictures.picture(), "GIF")[:40] + large,
        large,
        io.StringIO("text"),
        _RaisingFile(UnicodeDecodeError("utf-8", large, 0, 1, "invalid"), ""),
        _RaisingFile(ValueError(large), ""),
        _RaisingPath(KeyError(large), ""),
        np.zeros((5, 5), np.uint8),
    ]
    for source in sources:
        with pytest.raises(ImageError) as caught:
            load_image(source)
        error = caught.value
        assert (error.__cause__, error.__context__) == (None, None)
        assert len(error.args) == 1
        assert len(error.args[0]) < 1000
        assert not vars(error)


def test_errors_that_are_kept_hold_no_image_in_memory():
    buffer = io.BytesIO()
    PILImage.effect_noise((64, 64), 100).save(buffer, "JPEG")
    cut = buffer.getvalue()[:-500]
    tracemalloc.start()
    try:
        errors = []
        for number in range(60):
            with pytest.raises(ImageError) as caught:
                load_image(cut + bytes(3_000_000 - number))
            errors.append(caught.value.with_traceback(None))
            del caught
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 10_000_000  # the images have 180 MB
    finally:
        tracemalloc.stop()
    assert len(errors) == 60
