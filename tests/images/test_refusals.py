"""What is refused before any backend is called, and that each message says what to do."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError


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
    with pytest.raises(ImageError, match=r"Cannot read .*missing\.jpg': No such file"):
        load_image(tmp_path / "missing.jpg")


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
    image = PILImage.open(io.BytesIO(pictures.png()))
    image.close()
    with pytest.raises(ImageError, match="cannot be decoded"):
        load_image(image)


def test_a_pil_image_without_pixels_is_refused():
    with pytest.raises(ImageError, match="has no pixels: it is 0 x 4"):
        load_image(PILImage.new("RGB", (0, 4)))


def test_a_file_that_claims_no_pixels_is_refused(pictures):
    with pytest.raises(ImageError):
        load_image(pictures.raw_png((0, 5)))


# --- too large -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(11, 10), (10, 11), (111, 1)])
def test_more_pixels_than_allowed_are_refused_from_any_source(size, pictures):
    image = pictures.picture(size)
    for source in (pictures.encode(image), image, np.asarray(image)):
        with pytest.raises(ImageError, match=rf"is {size[0]} x {size[1]}.*raise .* max_pixels"):
            load_image(source, max_pixels=109)


def test_as_many_pixels_as_allowed_are_accepted(pictures):
    assert load_image(pictures.png((11, 10)), max_pixels=110).size == (11, 10)


def test_an_image_loaded_under_another_limit_is_checked_again(pictures):
    image = load_image(pictures.png((11, 10)))
    with pytest.raises(ImageError, match="is 11 x 10"):
        load_image(image, max_pixels=109)


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
