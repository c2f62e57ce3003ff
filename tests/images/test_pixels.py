"""Pixels are upright RGB, whatever the file's orientation and mode, and decoded when needed."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError

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
    with PILImage.open(io.BytesIO(data)) as pil:
        image = load_image(pil)
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
    ("pil", "rgb"),
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
def test_every_mode_comes_out_as_rgb(pil, rgb):
    pixels = load_image(pil).pixels()
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
    pil = (
        PILImage.fromarray(np.asarray(grey).astype(np.uint16) << 8)
        if mode == "I;16"
        else pictures.picture((48, 32), mode)
    )
    image = load_image(pictures.encode(pil, format))
    assert (image.size, image.format) == ((48, 32), format)
    assert image.pixels().shape == (32, 48, 3)
    # blue is at the lower left and white at the lower right, in any number of colours
    assert image.pixels()[16:, 24:].mean() > 1.5 * image.pixels()[16:, :24].mean()


def test_the_transparent_colour_of_a_palette_shows_white():
    pil = PILImage.new("P", (2, 2), 1)
    pil.putpalette([9, 9, 9, 200, 0, 0])
    buffer = io.BytesIO()
    pil.save(buffer, "PNG", transparency=1)
    assert (load_image(buffer.getvalue()).pixels() == 255).all()


@pytest.mark.parametrize("as_file", [False, True])
def test_float_pixels_are_refused_because_their_range_is_unknown(as_file, pictures):
    pil = PILImage.new("F", (3, 2), 0.5)
    with pytest.raises(ImageError, match="has 32-bit float pixels, whose range is unknown"):
        load_image(pictures.encode(pil, "TIFF") if as_file else pil)


# --- decoded when needed ---------------------------------------------------------------------


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
def test_pixels_are_decoded_only_when_they_are_needed(make, pictures):
    image = load_image(make(pictures))
    with pytest.raises(ImageError, match="is damaged and cannot be decoded"):
        image.pixels()


def test_pixels_are_decoded_once_and_kept(pictures):
    image = load_image(pictures.jpeg())
    assert image.pixels() is image.pixels()
