"""A file whose end is in doubt is decoded: refused only if pixels are missing."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError

ORIENTATION = 0x0112


def _noise(size=(64, 48)):
    """Return an image that no encoder makes much smaller, so that each byte has pixels."""
    width, height = size
    values = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    return PILImage.fromarray(values)


def _decoded(data):
    with PILImage.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _second_segment(jpeg):
    """Return where the second segment of a JPEG starts."""
    return 4 + struct.unpack_from(">H", jpeg, 4)[0]


# --- JPEG ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stray",
    [
        b"\x00",
        b"1234567",
        b"\xff\x00",
        b"\xff\x00" * 4,
        b"ab\xff\x00cd",
        b"\xff\xff\xff",
        b"\x00\xff",
    ],
)
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_bytes_between_the_segments_of_a_jpeg_are_skipped(stray, options, pictures):
    jpeg = pictures.jpeg((48, 32), **options)
    place = _second_segment(jpeg)
    image = load_image(jpeg[:place] + stray + jpeg[place:])
    assert image.size == (48, 32)
    assert np.array_equal(image.pixels(), _decoded(jpeg))


def test_a_jpeg_with_stray_bytes_is_still_checked_without_decoding(pictures):
    # a scan that names a component the frame does not have: decoding fails
    jpeg = bytearray(pictures.jpeg())
    jpeg[jpeg.rindex(b"\xff\xda") + 5] = 99
    place = _second_segment(jpeg)
    image = load_image(bytes(jpeg[:place] + b"1234567" + jpeg[place:]))
    with pytest.raises(ImageError, match="is damaged and cannot be decoded"):
        image.pixels()


@pytest.mark.parametrize("padding", [b"\x00" * 10, b"\x00" * 5000, b"\x1a" * 300, b"padding " * 9])
@pytest.mark.parametrize("size", [(8, 8), (64, 48)])
def test_a_jpeg_without_end_marker_is_an_image_if_all_pixels_are_there(padding, size, pictures):
    jpeg = pictures.encode(_noise(size), "JPEG")
    image = load_image(jpeg.removesuffix(b"\xff\xd9") + padding)
    assert np.array_equal(image.pixels(), _decoded(jpeg))


@pytest.mark.parametrize("padding", [b"", b"\x00" * 10, b"\x00" * 5000, b"\xff" * 5000])
@pytest.mark.parametrize("share", [0.4, 0.6, 0.9, 0.98])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}])
def test_a_jpeg_that_is_cut_is_refused_with_or_without_padding(padding, share, options, pictures):
    jpeg = pictures.encode(_noise(), "JPEG", **options)
    cut = jpeg[: int(len(jpeg) * share)]
    with pytest.raises(ImageError, match=r"truncated: its JPEG data stops before the end marker\."):
        load_image(cut + padding)


@pytest.mark.parametrize("cut", [1, 2, 3, 10])
def test_a_jpeg_without_its_last_bytes_is_refused(cut, pictures):
    with pytest.raises(ImageError, match="truncated: its JPEG data stops before the end marker"):
        load_image(pictures.jpeg()[:-cut])


def test_a_jpeg_that_is_cut_within_its_headers_is_refused(pictures):
    jpeg = pictures.jpeg()
    with pytest.raises(ImageError, match="truncated: its JPEG data stops within the headers"):
        load_image(jpeg[: jpeg.index(b"\xff\xdb") + 10])


@pytest.mark.parametrize("marker", [b"\xff\xd8", b"\xff\xd9"])
def test_a_jpeg_with_a_marker_out_of_place_is_decoded_at_once(marker, pictures):
    jpeg = pictures.jpeg()
    place = _second_segment(jpeg)
    with pytest.raises(ImageError, match="is damaged and cannot be decoded"):
        load_image(jpeg[:place] + marker + jpeg[place:])


def test_a_jpeg_that_needs_decoding_to_be_checked_is_upright_and_keeps_its_bytes(pictures):
    exif = PILImage.Exif()
    exif[ORIENTATION] = 6
    jpeg = pictures.encode(_noise((48, 32)), "JPEG", exif=exif)
    data = jpeg.removesuffix(b"\xff\xd9") + bytes(20)
    image = load_image(data)
    assert (image.size, image.orientation, image.format) == ((32, 48), 6, "JPEG")
    assert image.encoded == data
    assert np.array_equal(image.pixels(), np.rot90(_decoded(jpeg), -1))


# --- PNG -------------------------------------------------------------------------------------


def _png_damages(png, chunk):
    end = png.rindex(b"IEND") - 4
    body, last = png[:end], png[end:]
    wrong_length = struct.pack(">I", 5000)
    return {
        "without IEND": body,
        "cut in IEND": png[:-6],
        "without the checksum of the pixels": body[:-4],
        "IEND of a wrong length": body + wrong_length + last[4:],
        "a chunk of a wrong length behind the pixels": body
        + wrong_length
        + b"prVt"
        + b"abcd"
        + last,
        "an unknown chunk that is cut": body + chunk(b"prVt", b"abcd")[:-6],
        "stray bytes behind the pixels": body + b"stray bytes" + last,
    }


@pytest.mark.parametrize("damage", _png_damages(b"\0\0\0\0IEND", lambda kind, body: kind + body))
def test_a_png_with_all_its_pixels_is_an_image(damage, pictures):
    png = pictures.encode(_noise())
    data = _png_damages(png, pictures.chunk)[damage]
    image = load_image(data)
    assert image.encoded == data
    assert np.array_equal(image.pixels(), _decoded(png))


@pytest.mark.parametrize("padding", [b"", bytes(5000)])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_png_that_is_cut_is_refused_with_the_chunk(share, padding, pictures):
    png = pictures.encode(_noise())
    with pytest.raises(ImageError, match="truncated: its PNG data stops within the chunk 'IDAT'"):
        load_image(png[: int(len(png) * share)])


def test_a_png_that_is_cut_between_chunks_is_refused(pictures):
    png = pictures.encode(_noise())
    with pytest.raises(ImageError, match="truncated: its PNG data stops before the chunk 'IEND'"):
        load_image(png[: png.index(b"IDAT") - 4])


def test_a_png_whose_pixels_have_a_wrong_length_is_refused(pictures):
    png = bytearray(pictures.encode(_noise()))
    struct.pack_into(">I", png, png.index(b"IDAT") - 4, 100)
    with pytest.raises(ImageError):
        load_image(bytes(png))


# --- large metadata --------------------------------------------------------------------------

LARGE = zlib.compress(bytes(2 * 2**20))  # more than Pillow unpacks of one text


def _large(kind):
    return {
        b"iCCP": b"profile\0\0" + LARGE,
        b"zTXt": b"comment\0\0" + LARGE,
        b"iTXt": b"comment\0\1\0\0\0" + LARGE,
    }[kind]


@pytest.mark.parametrize("kind", [b"iCCP", b"zTXt", b"iTXt"])
def test_large_texts_and_profiles_of_a_png_do_not_matter(kind, pictures):
    data = pictures.png((48, 32))
    head = data.index(b"IDAT") - 4
    image = load_image(data[:head] + pictures.chunk(kind, _large(kind)) + data[head:])
    assert (image.size, image.format) == ((48, 32), "PNG")
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_large_texts_behind_the_pixels_do_not_matter_either(kind, pictures):
    data = pictures.png((48, 32))
    end = data.rindex(b"IEND") - 4
    image = load_image(data[:end] + pictures.chunk(kind, _large(kind)) + data[end:])
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_many_texts_of_a_png_do_not_matter(pictures):
    data = pictures.png((48, 32))
    head = data.index(b"IDAT") - 4
    text = pictures.chunk(b"zTXt", b"comment\0\0" + zlib.compress(bytes(2**20)))
    image = load_image(data[:head] + text * 70 + data[head:])
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_a_text_with_a_wrong_checksum_does_not_matter(pictures):
    data = pictures.png((48, 32))
    head = data.index(b"IDAT") - 4
    text = pictures.chunk(b"tEXt", b"comment\0text")[:-1] + b"?"
    image = load_image(data[:head] + text + data[head:])
    assert np.array_equal(image.pixels(), np.asarray(pictures.picture((48, 32))))


def test_a_png_with_large_texts_is_still_turned_upright(pictures):
    exif = PILImage.Exif()
    exif[ORIENTATION] = 6
    data = pictures.png((48, 32), exif=exif)
    head = data.index(b"IDAT") - 4
    image = load_image(data[:head] + pictures.chunk(b"zTXt", _large(b"zTXt")) + data[head:])
    assert (image.size, image.orientation) == ((32, 48), 6)


# --- BMP -------------------------------------------------------------------------------------


def _run_length_bmp(size_field):
    """Return an 8 x 2 BMP of two runs, whose header says `size_field` for its bytes of pixels."""
    pixels = b"\x08\x01\x00\x00" + b"\x08\x02\x00\x01"
    header = struct.pack("<IiiHHIIiiII", 40, 8, 2, 1, 8, 1, size_field, 0, 0, 256, 0)
    palette = bytes(4) + b"\x00\x00\xff\x00" + b"\x00\xff\x00\x00" + bytes(4 * 253)
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, offset) + header + palette + pixels


@pytest.mark.parametrize("size_field", [0, 8, 9, 5000])
def test_a_run_length_bmp_may_have_a_wrong_size_in_its_header(size_field):
    image = load_image(_run_length_bmp(size_field))
    assert (image.pixels()[1] == (255, 0, 0)).all()
    assert (image.pixels()[0] == (0, 255, 0)).all()


@pytest.mark.parametrize("size_field", [0, 5000])
def test_a_run_length_bmp_that_is_cut_is_refused(size_field):
    with pytest.raises(ImageError, match=r"is truncated|is damaged"):
        load_image(_run_length_bmp(size_field)[:-5])


def test_a_bmp_without_the_place_of_its_pixels_is_decoded(pictures):
    bmp = bytearray(pictures.encode(pictures.picture(), "BMP"))
    struct.pack_into("<I", bmp, 10, 0)
    assert np.array_equal(load_image(bytes(bmp)).pixels(), np.asarray(pictures.picture()))
    with pytest.raises(ImageError, match="is damaged"):
        load_image(bytes(bmp[:-40]))


def test_a_bmp_that_is_cut_is_refused_with_what_is_missing(pictures):
    bmp = pictures.encode(pictures.picture(), "BMP")
    with pytest.raises(ImageError, match="truncated: 1,000 bytes of its BMP data are missing"):
        load_image(bmp[:-1000])


# --- every format ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "format", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "JPEG2000", "TGA"]
)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.8, 0.95])
def test_a_file_that_is_cut_is_refused(format, share, pictures):
    data = pictures.encode(_noise(), format)
    with pytest.raises(ImageError, match=r"truncated|damaged|is not an image"):
        load_image(data[: int(len(data) * share)])
