"""What is taken as an image: paths, bytes, files, PIL images; what each is called."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL import ImageOps

from posehub import load_image
from posehub.errors import ImageError
from posehub.images.loading import name_of

ORIENTATION = 0x0112


class _PathLike:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize(
    "make",
    [
        lambda path: str(path),
        lambda path: path,
        lambda path: _PathLike(str(path)),
        lambda path: _PathLike(os.fsencode(path)),
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        lambda path: memoryview(path.read_bytes()),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: load_image(path),
    ],
    ids=[
        "str",
        "Path",
        "PathLike",
        "bytes-PathLike",
        "bytes",
        "bytearray",
        "memoryview",
        "file",
        "Image",
    ],
)
def test_a_file_is_read_from_each_kind_of_source_and_keeps_its_bytes(make, pictures, tmp_path):
    path = tmp_path / "照片.png"
    path.write_bytes(pictures.png((48, 32)))
    image = load_image(make(path))
    assert (image.size, image.format, image.orientation) == ((48, 32), "PNG", 1)
    assert image.encoded == path.read_bytes()
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_a_buffer_that_was_just_written_is_read_from_its_start(pictures):
    buffer = io.BytesIO()
    pictures.picture((100, 80)).save(buffer, "JPEG")
    assert load_image(buffer).size == (100, 80)


@pytest.mark.parametrize("position", [0, 6, 10**6])
def test_an_open_file_is_read_from_its_start_and_its_position_is_restored(
    position, pictures, tmp_path
):
    path = tmp_path / "photo.png"
    path.write_bytes(pictures.png())
    for buffering in (-1, 0):
        with path.open("rb", buffering=buffering) as file:
            file.seek(position)
            image = load_image(file)
            assert (file.closed, file.tell()) == (False, position)
        assert (image.name, image.encoded) == ("photo.png", pictures.png())


def test_the_position_is_restored_after_a_refusal_too():
    buffer = io.BytesIO(b"not an image")
    buffer.seek(3)
    with pytest.raises(ImageError):
        load_image(buffer)
    assert buffer.tell() == 3


class _Stream(io.RawIOBase):
    """A file that cannot seek and gives a few bytes at a time."""

    def __init__(self, data, size=7):
        self.rest = data
        self.size = size

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(self.size, len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


def test_a_file_that_cannot_seek_is_read_from_where_it_is(pictures):
    stream = _Stream(b"prefix" + pictures.png())
    stream.read(6)
    assert load_image(stream).encoded == pictures.png()


def test_a_pipe_is_read_to_its_end(pictures):
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(pictures.png())
    with os.fdopen(reading, "rb") as file:
        assert load_image(file).encoded == pictures.png()


def test_a_file_larger_than_one_piece_is_read_whole():
    values = np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), np.uint8)
    buffer = io.BytesIO()
    PILImage.fromarray(values).save(buffer, "BMP")
    image = load_image(_Stream(buffer.getvalue(), 10**6))
    assert image.encoded == buffer.getvalue()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_file_object_needs_only_a_read_method(kind, pictures):
    class WithoutSize:
        def read(self):
            return kind(pictures.png())

    class WithSize:
        def __init__(self):
            self.file = io.BytesIO(pictures.png())

        def read(self, size=-1):
            return kind(self.file.read(size))

    for file in (WithoutSize(), WithSize()):
        assert load_image(file).encoded == pictures.png()


@pytest.mark.parametrize("name", [5, b"photo.png", None, "", "/"])
def test_a_file_may_have_any_name(name, pictures):
    file = io.BytesIO(pictures.png())
    file.name = name
    assert load_image(file).name == ("photo.png" if name == b"photo.png" else "image file")


def test_a_source_that_cannot_be_named_has_no_name():
    class Nameless:
        @property
        def filename(self):
            raise RuntimeError("no name")

    class Path:
        def __fspath__(self):
            raise RuntimeError("no path")

    assert name_of(Nameless()) is None
    assert name_of(Path()) is None


def test_a_pil_image_is_decoded_at_once(pictures):
    pil = pictures.picture((48, 32))
    image = load_image(pil)
    assert (image.size, image.format, image.encoded) == ((48, 32), None, None)
    assert np.array_equal(image.pixels(), np.asarray(pil))


def test_a_pil_image_may_be_undecoded(pictures):
    with PILImage.open(io.BytesIO(pictures.png())) as pil:
        assert np.array_equal(load_image(pil).pixels(), np.asarray(pictures.picture()))


def test_a_pil_image_opened_by_a_bytes_path_is_named_by_it(pictures, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(pictures.png())
    with PILImage.open(os.fsencode(path)) as pil:
        assert load_image(pil).name == "photo.png"
        assert name_of(pil) == str(path)


def _sideways(pictures):
    """Return a PIL image as opened from a phone's file: stored on its side, with an EXIF tag."""
    exif = PILImage.Exif()
    exif[ORIENTATION] = 6
    stored = pictures.picture((48, 32)).transpose(PILImage.Transpose.ROTATE_90)
    return PILImage.open(io.BytesIO(pictures.encode(stored, exif=exif)))


def test_an_opened_pil_image_is_turned_by_its_exif_tag(pictures):
    image = load_image(_sideways(pictures))
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_an_opened_pil_image_is_turned_once_if_it_was_loaded_or_shrunk_in_place(pictures):
    pil = _sideways(pictures)
    pil.load()
    assert load_image(pil).size == (48, 32)
    pil.thumbnail((16, 16))
    assert load_image(pil).size == (pil.height, pil.width)


@pytest.mark.parametrize(
    "change",
    [
        lambda pil: pil.rotate(-90, expand=True),
        lambda pil: pil.transpose(PILImage.Transpose.ROTATE_270),
        lambda pil: pil.copy(),
        lambda pil: pil.convert("L").convert("RGB"),
        lambda pil: pil.resize((20, 30)),
        lambda pil: pil.crop((0, 0, 20, 30)),
        ImageOps.exif_transpose,
    ],
)
def test_a_pil_image_made_by_the_caller_is_taken_as_it_is(change, pictures):
    pil = change(_sideways(pictures))
    image = load_image(pil)
    assert (image.size, image.orientation) == (pil.size, 1)
    assert np.array_equal(image.pixels(), np.asarray(pil))


def test_the_repr_shows_name_size_and_format(pictures, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    assert repr(load_image(tmp_path / "photo.jpg")) == "Image('photo.jpg', 32x24, JPEG)"
    assert repr(load_image(np.zeros((1, 2, 3), np.uint8))) == "Image('image array', 2x1, pixels)"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda path: path, "photo.png"),
        (str, "photo.png"),
        (lambda path: path.open("rb"), "photo.png"),
        (PILImage.open, "photo.png"),
        (lambda path: path.read_bytes(), None),
        (lambda path: io.BytesIO(path.read_bytes()), None),
        (lambda path: np.zeros((2, 2, 3), np.uint8), None),
    ],
)
def test_a_source_is_named_by_its_path(make, name, pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("photo.png")
    path.write_bytes(pictures.png())
    source = make(path)
    found = name_of(source)
    assert (found and os.path.relpath(found)) == name  # older Pillows resolve the path
    if hasattr(source, "close"):
        source.close()
