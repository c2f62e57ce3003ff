"""Which sources are images, which are refused, and that pixels are upright RGB."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PILImage

from posehub import Image, load_image
from posehub.errors import ImageError
from posehub.images.loading import name_of

ORIENTATION = 0x0112

# how a camera that writes this EXIF orientation stores an upright image (EXIF 2.32, 4.6.4.A)
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


def _exif(orientation):
    exif = PILImage.Exif()
    exif[ORIENTATION] = orientation
    return exif


def _stored(pictures, orientation, size=(48, 32)):
    upright = np.asarray(pictures.picture(size))
    return upright, PILImage.fromarray(np.ascontiguousarray(STORED[orientation](upright)))


# --- every kind of source --------------------------------------------------------------------


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


def test_an_open_file_is_read_from_its_position_and_left_open(pictures, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(b"prefix" + pictures.png())
    with path.open("rb") as file:
        file.seek(6)
        image = load_image(file)
        assert not file.closed
    assert (image.name, image.encoded) == ("photo.png", pictures.png())


def test_an_array_is_not_copied():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    image = load_image(array)
    assert (image.size, image.format, image.encoded) == ((4, 2), None, None)
    assert np.array_equal(image.pixels(), array)


def test_an_array_that_is_a_view_comes_out_contiguous():
    array = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)[::2, ::-1]
    image = load_image(array)
    assert np.array_equal(image.pixels(), array)
    assert image.pixels().flags.c_contiguous


def test_a_pil_image_is_decoded_at_once(pictures):
    picture = pictures.picture((48, 32))
    image = load_image(picture)
    assert (image.size, image.format, image.encoded) == ((48, 32), None, None)
    assert np.array_equal(image.pixels(), np.asarray(picture))


def test_a_pil_image_may_be_undecoded(pictures):
    with PILImage.open(io.BytesIO(pictures.png())) as picture:
        assert np.array_equal(load_image(picture).pixels(), np.asarray(pictures.picture()))


def test_the_repr_shows_name_size_and_format(pictures, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    assert repr(load_image(tmp_path / "photo.jpg")) == "Image('photo.jpg', 32x24, JPEG)"
    assert repr(load_image(np.zeros((1, 2, 3), np.uint8))) == "Image('image array', 2x1, pixels)"


# --- upright ---------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_a_lossless_file_comes_out_upright(format, orientation, pictures):
    upright, stored = _stored(pictures, orientation)
    options = {"lossless": True} if format == "WEBP" else {}
    image = load_image(pictures.encode(stored, format, exif=_exif(orientation), **options))
    assert image.size == (48, 32)
    assert np.array_equal(image.pixels(), upright)


@pytest.mark.parametrize("orientation", STORED)
def test_a_jpeg_comes_out_upright(orientation, pictures):
    upright, stored = _stored(pictures, orientation)
    data = pictures.encode(stored, "JPEG", exif=_exif(orientation), quality=95, subsampling=0)
    image = load_image(data)
    assert (image.size, image.orientation) == ((48, 32), orientation)
    assert np.abs(image.pixels().astype(int) - upright).max() < 40


@pytest.mark.parametrize("orientation", STORED)
def test_the_orientation_of_a_png_counts_behind_its_pixels_too(orientation, pictures):
    upright, stored = _stored(pictures, orientation)
    data = pictures.encode(stored)
    end = data.rindex(b"IEND") - 4
    exif = _exif(orientation).tobytes().removeprefix(b"Exif\x00\x00")
    image = load_image(data[:end] + pictures.chunk(b"eXIf", exif) + data[end:])
    assert (image.size, image.orientation) == ((48, 32), orientation)
    assert np.array_equal(image.pixels(), upright)


@pytest.mark.parametrize("orientation", STORED)
def test_an_opened_pil_image_comes_out_upright(orientation, pictures):
    upright, stored = _stored(pictures, orientation)
    data = pictures.encode(stored, exif=_exif(orientation))
    with PILImage.open(io.BytesIO(data)) as picture:
        image = load_image(picture)
    assert image.size == (48, 32)
    assert np.array_equal(image.pixels(), upright)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_counts_as_upright(orientation, pictures):
    image = load_image(pictures.png((48, 32), exif=_exif(orientation)))
    assert (image.size, image.orientation) == ((48, 32), 1)
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_damaged_exif_does_not_make_a_good_image_fail(pictures):
    image = load_image(pictures.png((48, 32), exif=b"Exif\x00\x00garbage"))
    assert (image.size, image.orientation) == ((48, 32), 1)
    assert image.pixels().shape == (32, 48, 3)


def test_a_jpeg_with_a_second_image_behind_the_first_is_a_jpeg(pictures):
    first, second = pictures.picture((48, 32)), pictures.picture((16, 8))
    data = pictures.encode(first, "MPO", save_all=True, append_images=[second])
    image = load_image(data)
    assert (image.format, image.size) == ("JPEG", (48, 32))
    assert image.pixels().shape == (32, 48, 3)


# --- RGB -------------------------------------------------------------------------------------


def _of_mode(mode, colour):
    return PILImage.new(mode, (3, 2), colour)


@pytest.mark.parametrize(
    ("picture", "rgb"),
    [
        (_of_mode("1", 1), (255, 255, 255)),
        (_of_mode("L", 200), (200, 200, 200)),
        (_of_mode("RGB", (1, 2, 3)), (1, 2, 3)),
        (_of_mode("RGBA", (10, 20, 30, 255)), (10, 20, 30)),
        (_of_mode("RGBA", (10, 20, 30, 0)), (255, 255, 255)),
        (_of_mode("LA", (70, 255)), (70, 70, 70)),
        (_of_mode("LA", (70, 0)), (255, 255, 255)),
        (_of_mode("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
        (_of_mode("I;16", 0x1234), (0x12, 0x12, 0x12)),
        (_of_mode("I;16B", 0xFFFF), (255, 255, 255)),
        (_of_mode("I", 0x8000), (0x80, 0x80, 0x80)),
        (_of_mode("I", 70000), (255, 255, 255)),
        (_of_mode("I", -5), (0, 0, 0)),
        (_of_mode("RGB", (10, 200, 30)).quantize(4), (10, 200, 30)),
    ],
    ids=lambda value: value.mode if isinstance(value, PILImage.Image) else None,
)
def test_every_mode_comes_out_as_rgb(picture, rgb):
    pixels = load_image(picture).pixels()
    assert (pixels.shape, pixels.dtype) == ((2, 3, 3), np.uint8)
    assert pixels.flags.c_contiguous
    assert (pixels == rgb).all()


@pytest.mark.parametrize(
    ("mode", "format"),
    [
        ("1", "PNG"),
        ("L", "JPEG"),
        ("P", "GIF"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("I;16", "PNG"),
        ("I;16", "TIFF"),
        ("RGB", "BMP"),
        ("RGB", "PPM"),
    ],
)
def test_files_of_every_kind_are_images(mode, format, pictures):
    grey = pictures.picture((48, 32), "L")
    picture = (
        PILImage.fromarray(np.asarray(grey).astype(np.uint16) << 8)
        if mode == "I;16"
        else pictures.picture((48, 32), mode)
    )
    image = load_image(pictures.encode(picture, format))
    assert (image.size, image.format) == ((48, 32), format)
    assert image.pixels().shape == (32, 48, 3)
    # blue is at the lower left and white at the lower right, in any number of colours
    assert image.pixels()[16:, 24:].mean() > 1.5 * image.pixels()[16:, :24].mean()


def test_the_transparent_colour_of_a_palette_shows_white():
    picture = PILImage.new("P", (2, 2), 1)
    picture.putpalette([9, 9, 9, 200, 0, 0])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", transparency=1)
    assert (load_image(buffer.getvalue()).pixels() == 255).all()


@pytest.mark.parametrize("as_file", [False, True])
def test_float_pixels_are_refused_because_their_range_is_unknown(as_file, pictures):
    picture = PILImage.new("F", (3, 2), 0.5)
    with pytest.raises(ImageError, match="has 32-bit float pixels, whose range is unknown"):
        load_image(pictures.encode(picture, "TIFF") if as_file else picture)


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "got"),
    [
        (None, "NoneType"),
        (5, "int"),
        ([1, 2], "list"),
        (object(), "object"),
        ({"path": "photo.jpg"}, "dict"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(source, got):
    with pytest.raises(ImageError, match=rf"must be a path, bytes, .* \(H, W, 3\); got {got}\."):
        load_image(source)


@pytest.mark.parametrize(
    "url", ["https://example.com/photo.jpg", "file:///photo.jpg", "data:image/png;base64,AAAA"]
)
def test_a_url_is_refused_with_what_to_do(url):
    with pytest.raises(ImageError, match=r"got the URL .*Download it first"):
        load_image(url)


def test_a_long_url_is_shortened_in_the_message():
    with pytest.raises(ImageError) as caught:
        load_image("data:image/png;base64," + "A" * 10**6)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("empty", [b"", bytearray(), io.BytesIO()])
def test_an_empty_source_is_refused(empty):
    with pytest.raises(ImageError, match=r"is empty \(0 bytes\)"):
        load_image(empty)


def test_an_empty_file_is_refused_by_name(tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(ImageError, match=r"photo\.jpg is empty"):
        load_image(tmp_path / "photo.jpg")


@pytest.mark.parametrize("data", [b"not an image", b"<html></html>", b"\xff\xd8\xff", b"\x00"])
def test_what_is_not_an_image_is_refused_with_how_it_starts(data):
    with pytest.raises(ImageError, match=rf"\({len(data)} bytes, starting .* is not an image"):
        load_image(data)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ImageError, match=r"Cannot read .*nobody\.jpg': No such file"):
        load_image(tmp_path / "nobody.jpg")


def test_a_path_no_system_allows_is_refused():
    with pytest.raises(ImageError, match=r"Cannot read .*null"):
        load_image("photo\0.jpg")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ImageError, match="is a folder; pass the images in it"):
        load_image(tmp_path)


def test_a_path_through_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match=r"Cannot read .*: Not a directory"):
        load_image(tmp_path / "file" / "photo.jpg")


def test_a_named_pipe_without_a_writer_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageError, match="is not a regular file"):
        load_image(tmp_path / "pipe.jpg")


def test_a_device_is_refused():
    with pytest.raises(ImageError, match="is not a regular file"):
        load_image(os.devnull)


def test_a_file_open_as_text_is_refused_with_the_mode_to_use(pictures, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.jpeg())
    with (
        path.open(encoding="utf-8") as file,
        pytest.raises(ImageError, match=r"photo\.jpg is open as text; .*\('rb'\)"),
    ):
        load_image(file)


def test_a_file_that_gives_text_is_refused_with_the_mode_to_use():
    with pytest.raises(ImageError, match=r"image file is open as text; .*\('rb'\)"):
        load_image(io.StringIO("text"))


def test_a_closed_file_is_refused(pictures):
    file = io.BytesIO(pictures.png())
    file.close()
    with pytest.raises(ImageError, match=r"Cannot read image file: .*closed"):
        load_image(file)


def test_a_closed_pil_image_is_refused(pictures):
    picture = PILImage.open(io.BytesIO(pictures.png()))
    picture.close()
    with pytest.raises(ImageError, match="cannot be decoded"):
        load_image(picture)


@pytest.mark.parametrize(
    ("array", "got"),
    [
        (np.zeros((4, 5, 3), np.float32), r"float32 of shape \(4, 5, 3\)"),
        (np.zeros((4, 5, 3), np.uint16), r"uint16 of shape \(4, 5, 3\)"),
        (np.zeros((4, 5), np.uint8), r"uint8 of shape \(4, 5\)"),
        (np.zeros((4, 5, 4), np.uint8), r"uint8 of shape \(4, 5, 4\)"),
        (np.zeros((1, 4, 5, 3), np.uint8), r"uint8 of shape \(1, 4, 5, 3\)"),
        (np.zeros((), np.uint8), r"uint8 of shape \(\)"),
    ],
)
def test_an_array_of_another_dtype_or_shape_is_refused(array, got):
    with pytest.raises(ImageError, match=rf"must be uint8 RGB of shape \(H, W, 3\); got {got}"):
        load_image(array)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3)])
def test_an_array_without_pixels_is_refused(shape):
    with pytest.raises(ImageError, match="has no pixels: it is"):
        load_image(np.zeros(shape, np.uint8))


def test_a_pil_image_without_pixels_is_refused():
    with pytest.raises(ImageError, match="has no pixels: it is 0 x 4"):
        load_image(PILImage.new("RGB", (0, 4)))


def test_a_file_that_claims_no_pixels_is_refused(pictures):
    with pytest.raises(ImageError):
        load_image(pictures.raw_png((0, 5)))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.99])
def test_a_truncated_file_is_refused(format, share, pictures):
    data = pictures.encode(pictures.picture((64, 48)), format)
    with pytest.raises(ImageError, match=r"truncated|damaged|is not an image"):
        load_image(data[: int(len(data) * share)])


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_file_without_its_last_byte_is_refused_as_truncated(format, pictures):
    data = pictures.encode(pictures.picture(), format)
    with pytest.raises(ImageError, match=rf"is truncated: its {format} data stops before the end"):
        load_image(data[:-1])


# --- too large -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(11, 10), (10, 11), (111, 1)])
def test_more_pixels_than_allowed_are_refused_from_any_source(size, pictures):
    picture = pictures.picture(size)
    for source in (pictures.encode(picture), picture, np.asarray(picture)):
        with pytest.raises(ImageError, match=rf"is {size[0]} x {size[1]}.*raise .* max_pixels"):
            load_image(source, max_pixels=109)


def test_as_many_pixels_as_allowed_are_accepted(pictures):
    assert load_image(pictures.png((11, 10)), max_pixels=110).size == (11, 10)


def test_an_image_loaded_under_another_limit_is_checked_again(pictures):
    image = load_image(pictures.png((11, 10)))
    with pytest.raises(ImageError, match="is 11 x 10"):
        load_image(image, max_pixels=109)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(10_001, 10_000), (100_000_001, 1), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_from_its_header(size, pictures):
    with pytest.raises(ImageError, match=r"megapixels; the limit is 100|too large to decode"):
        load_image(pictures.raw_png(size))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF"])
def test_a_file_that_is_too_large_is_not_decoded(format, pictures):
    options = {"compression": "tiff_lzw"} if format == "TIFF" else {}
    data = pictures.encode(pictures.picture((64, 48)), format, **options)
    middle = len(data) // 2
    damaged = data[:middle] + bytes(20) + data[middle + 20 :]
    with pytest.raises(ImageError, match="is damaged and cannot be decoded"):
        load_image(damaged)
    with pytest.raises(ImageError, match=r"is 64 x 48, 0\.0 megapixels; the limit is 0\.001"):
        load_image(damaged, max_pixels=1000)


# --- not decoded until somebody asks ---------------------------------------------------------


def _broken_png(pictures):
    data = pictures.png()
    start = data.index(b"IDAT") + 4
    return data[:start] + bytes(20) + data[start + 20 :]


def _broken_jpeg(pictures):
    # a scan that announces a component the frame does not have
    data = bytearray(pictures.jpeg())
    data[data.rindex(b"\xff\xda") + 5] = 99
    return bytes(data)


def _broken_bmp(pictures):
    # run-length encoded, with a run of pixels beyond the end
    header = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 8, 1, 4, 0, 0, 256, 0)
    head = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 40 + 1024) + header + bytes(1024)
    return head + b"\x00\x05\x01\x01"


@pytest.mark.parametrize("make", [_broken_png, _broken_jpeg, _broken_bmp])
def test_pixels_are_decoded_only_when_asked_for(make, pictures):
    image = load_image(make(pictures))
    with pytest.raises(ImageError, match="is damaged and cannot be decoded"):
        image.pixels()


def test_pixels_are_decoded_once_and_kept(pictures):
    image = load_image(pictures.jpeg())
    assert image.pixels() is image.pixels()


# --- the digest ------------------------------------------------------------------------------


def test_the_digest_of_a_file_is_of_its_bytes():
    data = (Path(__file__).parents[2] / "examples" / "astronaut.jpg").read_bytes()
    assert load_image(data).digest == "sha256:" + hashlib.sha256(data).hexdigest()


def test_the_same_pixels_have_the_same_digest_in_any_memory_layout():
    array = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
    copy = np.asfortranarray(array)
    assert load_image(array).digest == load_image(copy).digest
    assert load_image(array).digest == load_image(PILImage.fromarray(array)).digest


def test_pixels_of_another_shape_have_another_digest():
    array = np.zeros((4, 8, 3), np.uint8)
    assert load_image(array).digest != load_image(array.reshape(8, 4, 3)).digest


# --- whatever the bytes ----------------------------------------------------------------------


def _load_and_decode(data):
    """Return an Image, or None for an ImageError; any other exception fails the test."""
    try:
        image = load_image(data, max_pixels=100_000)
        image.pixels()
    except ImageError:
        return None
    return image


@given(st.binary(max_size=300))
def test_arbitrary_bytes_give_an_image_or_an_image_error(data):
    assert isinstance(_load_and_decode(data), Image | None)


@given(
    st.sampled_from(["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=6),
    st.floats(0.2, 1),
)
def test_damaged_files_give_an_image_or_an_image_error(pictures, format, damages, share):
    options = {} if format in ("BMP", "GIF") else {"exif": _exif(6)}
    data = bytearray(pictures.encode(pictures.picture(), format, **options))
    for place, garbage in damages:
        position = int(place * (len(data) - 1))
        data[position : position + len(garbage)] = garbage
    image = _load_and_decode(bytes(data[: int(share * len(data))]))
    assert image is None or image.pixels().shape == (image.size[1], image.size[0], 3)


# --- copies and pickles ------------------------------------------------------------------------


def test_an_array_of_the_caller_is_copied_when_the_image_must_outlive_the_call():
    array = np.zeros((2, 3, 3), np.uint8)
    image = load_image(array).owned()
    array[:] = 9
    assert not image.pixels().any()
    assert image.owned() is image


def test_an_image_that_owns_its_pixels_is_not_copied_again(pictures):
    for source in (pictures.png(), pictures.picture(), np.zeros((4, 4, 3), np.uint8)[:, ::2]):
        image = load_image(source)
        assert image.owned() is image


@pytest.mark.parametrize("decoded", [False, True])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_pickle_of_a_file_costs_its_bytes(format, decoded, pictures):
    data = pictures.encode(pictures.picture((64, 48)), format, exif=_exif(6))
    image = load_image(data)
    if decoded:
        image.pixels()
    pickled = pickle.dumps(image)
    assert len(pickled) < len(data) + 500
    copy = pickle.loads(pickled)
    assert (copy.size, copy.digest, copy.name) == (image.size, image.digest, image.name)
    assert np.array_equal(copy.pixels(), image.pixels())


def test_the_pickle_of_an_array_has_its_pixels():
    image = load_image(np.arange(18, dtype=np.uint8).reshape(2, 3, 3))
    copy = pickle.loads(pickle.dumps(image))
    assert copy.digest == image.digest


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
    assert name_of(source) == name
    if hasattr(source, "close"):
        source.close()
