"""Whatever the bytes or objects: an image or an `ImageError`, in bounded time and memory."""

from __future__ import annotations

import io
import resource
import time
from functools import cache
from types import SimpleNamespace

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PILImage

from posehub import Image, load_image
from posehub.errors import ImageError
from posehub.images.loading import name_of, own

MAX_PIXELS = 100_000
SECONDS = 5  # of processor time for an example; most take a millisecond
MEGABYTES = 500  # that a fuzzer may add to the process

PILImage.init()
KINDS = {
    "JPEG": {},
    "JPEG, progressive": {"progressive": True},
    "JPEG, restart markers": {"restart_marker_blocks": 1},
    "MPO": {"save_all": True},
    "PNG": {},
    "PNG, palette": {"mode": "P"},
    "PNG, interlaced": {"mode": "1"},
    "PNG, animated": {"save_all": True},
    "PNG, 16 bits": {"mode": "I;16"},
    "BMP": {},
    "BMP, palette": {"mode": "P"},
    "DIB": {},
    "GIF": {"mode": "P"},
    "GIF, animated": {"mode": "P", "save_all": True},
    "TIFF": {},
    "TIFF, LZW": {"compression": "tiff_lzw"},
    "TIFF, deflate": {"compression": "tiff_deflate"},
    "TIFF, JPEG": {"compression": "jpeg"},
    "TIFF, fax": {"mode": "1", "compression": "group4"},
    "TIFF, several": {"save_all": True},
    "WEBP": {},
    "WEBP, lossless": {"lossless": True},
    "WEBP, animated": {"save_all": True},
    "PPM": {},
    "QOI": {},
    "TGA": {},
    "TGA, run-length": {"compression": "tga_rle"},
    "ICO": {},
    "JPEG2000": {},
    "AVIF": {"speed": 10},
    "HEIF": {},
}
FILES = {  # an older Pillow writes fewer formats
    kind: options
    for kind, options in KINDS.items()
    if kind == "HEIF" or kind.partition(",")[0] in PILImage.SAVE
}


def _photo(mode, seed):
    values = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)
    values[:12] = 90
    if mode == "I;16":
        return PILImage.fromarray(values[..., 0].astype(np.uint16) << 8)
    return PILImage.fromarray(values).convert(mode)


@cache
def _file(kind):
    """Return a good file of each format, with an EXIF block where the format has one."""
    options = dict(FILES[kind])
    mode = options.pop("mode", "RGB")
    image, other = _photo(mode, 1), _photo(mode, 2)
    format = kind.partition(",")[0]
    buffer = io.BytesIO()
    exif = PILImage.Exif()
    exif[0x0112] = 6
    if options.get("save_all"):
        options["append_images"] = [other]
    if format in ("JPEG", "PNG", "TIFF", "WEBP", "AVIF"):
        options["exif"] = exif
    if format == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, format, **options)
    return buffer.getvalue()


@st.composite
def damaged_files(draw):
    """A file with some bytes changed, inserted, removed or repeated, or cut, or with a tail."""
    data = bytearray(_file(draw(st.sampled_from(sorted(FILES)))))
    for _ in range(draw(st.integers(0, 6))):
        # most of what readers decide stands at the start
        place = draw(st.integers(0, len(data)) | st.integers(0, min(64, len(data))))
        piece = draw(st.binary(min_size=1, max_size=8) | st.just(b"\xff" * 4) | st.just(bytes(4)))
        match draw(st.sampled_from(["change", "insert", "remove", "repeat"])):
            case "change":
                data[place : place + len(piece)] = piece
            case "insert":
                data[place:place] = piece
            case "remove":
                del data[place : place + draw(st.integers(1, 50))]
            case "repeat":
                data[place:place] = data[place : place + draw(st.integers(1, 50))]
    cut = draw(st.integers(0, len(data)) | st.just(len(data)))
    tail = draw(st.just(b"") | st.binary(max_size=30) | st.just(bytes(300)))
    return bytes(data[:cut]) + tail


@st.composite
def joined_files(draw):
    """The start of one file and the end of another."""
    first, second = (_file(draw(st.sampled_from(sorted(FILES)))) for _ in range(2))
    return first[: draw(st.integers(0, len(first)))] + second[draw(st.integers(0, len(second))) :]


STARTS = sorted({_file("JPEG")[:20], _file("PNG")[:33], *(_file(kind)[:12] for kind in FILES)})


@pytest.fixture(scope="module", autouse=True)
def _bounded_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown / 1024 < MEGABYTES


def _load(source):
    """Return the decoded image, or None for an `ImageError`; anything else fails the test."""
    image = error = None
    started = time.process_time()
    try:
        image = load_image(source, max_pixels=MAX_PIXELS)
        pixels = image.pixels()
    except ImageError as raised:
        error = raised
    assert time.process_time() - started < SECONDS
    if error is not None:
        assert (error.__cause__, error.__context__) == (None, None)
        assert len(str(error)) < 1500
        return None
    assert isinstance(image, Image)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (image.size[1], image.size[0], 3)
    assert pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS
    return image


@pytest.mark.parametrize("kind", FILES)
def test_each_file_that_is_damaged_here_is_an_image(kind):
    assert _load(_file(kind)) is not None


@given(st.binary(max_size=300))
def test_any_bytes(data):
    _load(data)


@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_behind_the_start_of_a_format(start, data):
    _load(start + data)


@given(damaged_files())
def test_damaged_files(capfd, data):
    _load(data)
    assert capfd.readouterr() == ("", "")


@given(joined_files())
def test_joined_files(data):
    _load(data)


@given(st.text(max_size=300) | st.text("/9j4AQSkZRg+_-=%. \n", max_size=300))
def test_any_text(text):
    _load(text)
    _load(text.encode("utf-8", "surrogatepass"))
    assert name_of(text) in (None, text)


def _raise(error):
    raise error


@given(
    st.lists(
        st.binary(max_size=50)
        | st.sampled_from([None, "text", 5, bytearray(b"data"), memoryview(b"data"), []])
        | st.sampled_from([OSError(5, "error"), ValueError(), KeyError("x"), RuntimeError()]),
        max_size=5,
    ),
    st.sampled_from([None, 5, b"name", "photo.jpg", "\ud800", ""]),
)
def test_any_file_object(answers, name):
    left = iter(answers)

    def read(size=-1):
        answer = next(left, b"")
        return _raise(answer) if isinstance(answer, Exception) else answer

    file = SimpleNamespace(read=read, name=name)
    assert name_of(file) is None or isinstance(name_of(file), str)
    _load(file)


@given(
    st.sampled_from([np.uint8, np.uint16, np.int32, np.float32, np.bool_, ">u2", "U3", object]),
    st.lists(st.integers(0, 5), max_size=5),
    st.booleans(),
)
def test_any_array(dtype, shape, reversed_):
    array = np.zeros(shape, dtype)
    if reversed_ and array.ndim:
        array = array[::-1]
    image = _load(array)
    assert (image is not None) == (
        array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3 and array.size > 0
    )


@given(damaged_files())
def test_damaged_files_in_the_order_of_a_backend(data):
    """What a backend does with a file of the caller: own it, pickle it, decode it."""
    try:
        image = own(io.BytesIO(data), max_pixels=MAX_PIXELS)
    except ImageError:
        return
    assert image.owned() is image
    assert image.digest.startswith("sha256:")
    _load(image)
