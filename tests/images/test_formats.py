"""Which file formats are opened, whatever a file is called, and what is said of the others."""

from __future__ import annotations

import io
import os
import struct
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError
from posehub.images.opening import FORMATS
from posehub.images.recognition import is_avif, is_heif

PILImage.init()
SAVED = [  # of these, an older Pillow does not know all
    "AVIF",
    "BMP",
    "DIB",
    "GIF",
    "ICO",
    "JPEG",
    "JPEG2000",
    "MPO",
    "PNG",
    "PPM",
    "QOI",
    "TGA",
    "TIFF",
    "WEBP",
]


@pytest.mark.parametrize("format", [format for format in SAVED if format in PILImage.SAVE])
@pytest.mark.parametrize("name", ["photo.jpg", "photo.eps", "photo"])
def test_the_formats_of_photos_are_opened_whatever_the_name(format, name, pictures, tmp_path):
    path = tmp_path / name
    options = {"sizes": [(64, 48)]} if format == "ICO" else {}
    path.write_bytes(pictures.encode(pictures.picture((64, 48)), format, **options))
    image = load_image(path)
    assert image.size == (64, 48)
    assert image.format == ("JPEG" if format == "MPO" else format)
    assert image.format in FORMATS
    difference = image.pixels().astype(int) - np.asarray(pictures.picture((64, 48)))
    assert np.abs(difference).mean() < 8


# --- formats that are not opened -------------------------------------------------------------

POSTSCRIPT = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 100 100
%%EndComments
0 0 moveto 100 100 lineto stroke
%%EOF
"""


@pytest.fixture
def interpreter(tmp_path, monkeypatch):
    """A Ghostscript that only notes that it was started; returns where."""
    folder = tmp_path / "bin"
    folder.mkdir()
    started = tmp_path / "started"
    program = folder / "gs"
    program.write_text(f'#!/bin/sh\necho "$*" >> {started}\necho 10.0\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return started


@pytest.mark.parametrize("name", ["photo.jpg", "photo.eps", "photo.png"])
def test_postscript_is_refused_and_no_interpreter_is_started(name, interpreter, tmp_path):
    path = tmp_path / name
    path.write_bytes(POSTSCRIPT)
    for source in (path, POSTSCRIPT, io.BytesIO(POSTSCRIPT)):
        with pytest.raises(ImageError, match="is not an image but a PostScript file"):
            load_image(source)
    assert not interpreter.exists()


def test_postscript_with_a_preview_is_refused_too(interpreter):
    data = struct.pack("<4sII", b"\xc5\xd0\xd3\xc6", 30, len(POSTSCRIPT)) + bytes(18) + POSTSCRIPT
    with pytest.raises(ImageError, match="a PostScript file"):
        load_image(data)
    assert not interpreter.exists()


def test_a_pil_image_that_would_start_an_interpreter_is_refused(interpreter):
    with (
        PILImage.open(io.BytesIO(POSTSCRIPT)) as pil,
        pytest.raises(ImageError, match=r"is EPS, which another program decodes.*load\(\)"),
    ):
        load_image(pil)
    assert not interpreter.exists()


def test_a_pil_image_whose_format_is_left_to_a_handler_is_refused():
    data = b"\xd7\xcd\xc6\x9a\x00\x00" + struct.pack("<hhhhH", 0, 0, 100, 100, 72) + bytes(6)
    data += b"\x01\x00\t\x00" + bytes(40)
    with (
        PILImage.open(io.BytesIO(data)) as pil,
        pytest.raises(ImageError, match="is WMF, which another program decodes"),
    ):
        load_image(pil)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"SIMPLE  =                    T" + bytes(50), "FITS"),
        (b"\x89HDF\r\n\x1a\n" + bytes(50), "HDF5"),
        (b"GRIB\x00\x00\x00\x01" + bytes(50), "GRIB"),
        (b"BUFR" + bytes(50), "BUFR"),
        (b"\xd7\xcd\xc6\x9a" + bytes(50), "WMF"),
        (b"\x00\x00\x01\xb3" + bytes(50), "MPEG"),
        (b"\x01\xda\x01\x01" + bytes(50), "SGI"),
        (b"/* XPM */\n" + bytes(50), "XPM"),
        (b"#define im_width 16\n#define im_height 16\n" + bytes(50), "XBM"),
    ],
)
def test_other_formats_of_pillow_are_not_opened(data, format, monkeypatch):
    opened = []
    factory, accept = PILImage.OPEN[format]
    noting = lambda *arguments: opened.append(format) or factory(*arguments)  # noqa: E731
    monkeypatch.setitem(PILImage.OPEN, format, (noting, accept))
    with pytest.raises(ImageError, match="is not an image"):
        load_image(data)
    assert not opened


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n", "a PDF file. Convert it"),
        (b"8BPS\x00\x01", "a Photoshop file. Convert it"),
        (b"\xff\x0a\xfa\x1f", "a JPEG XL image. Convert it"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL image. Convert it"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing. Convert it"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "an XML text, such as an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "an HTML page. Check the address"),
        (b"\n <html><body>404</body></html>", "an HTML page. Check the address"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Fetch the file with `git lfs pull`"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41", "a video. Pass its frames"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "a video. Pass its frames"),
        (b"\x1aE\xdf\xa3\x01\x00", "a video. Pass its frames"),
        (b"photo.jpg", "text. A path is given as str or PathLike"),
    ],
)
def test_the_message_says_what_it_is_instead_of_an_image(data, what):
    with pytest.raises(ImageError) as caught:
        load_image(data)
    assert f"({len(data)} bytes, starting {data[:8]!r}) is not an image but" in str(caught.value)
    assert what in str(caught.value)


def test_unknown_data_is_refused_with_the_formats():
    with pytest.raises(ImageError, match=r"not an image in one of the formats JPEG, PNG, .*HEIF"):
        load_image(bytes(range(128, 228)))


def test_an_image_of_a_kind_that_pillow_does_not_read_is_refused_with_the_reason(pictures):
    jpeg = bytearray(pictures.jpeg())
    jpeg[jpeg.index(b"\xff\xc0") + 4] = 12  # bits of a sample, as in some X-ray images
    with pytest.raises(ImageError, match=r"format JPEG .*: SyntaxError: cannot handle 12-bit"):
        load_image(bytes(jpeg))


# --- HEIF ------------------------------------------------------------------------------------


def _heic(pictures, **options):
    buffer = io.BytesIO()
    pillow_heif.from_pillow(pictures.picture((64, 48))).save(buffer, **options)
    return buffer.getvalue()


def test_a_heic_file_is_an_image(pictures, tmp_path):
    path = tmp_path / "photo.jpg"  # as some phones and browsers name them
    path.write_bytes(_heic(pictures))
    image = load_image(path)
    assert (image.size, image.format, image.orientation) == ((64, 48), "HEIF", 1)
    assert image.encoded == path.read_bytes()
    difference = image.pixels().astype(int) - np.asarray(pictures.picture((64, 48)))
    assert np.abs(difference).mean() < 8


def test_a_heic_file_is_turned_upright_once(pictures):
    exif = PILImage.Exif()
    exif[0x0112] = 6
    image = load_image(_heic(pictures, exif=exif.tobytes()))
    assert image.size == (48, 64)
    assert (image.pixels()[5, 40] > (150, 0, 0)).all()  # the red corner has come to the right
    assert (image.pixels()[5, 40] < (256, 100, 100)).all()


def test_reading_heic_changes_nothing_for_the_callers_own_code(pictures):
    load_image(_heic(pictures))
    assert "HEIF" not in PILImage.OPEN


def test_a_heic_file_that_is_cut_is_refused(pictures):
    data = _heic(pictures)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(ImageError, match=r"HEIF that is damaged|is damaged"):
            load_image(data[: int(len(data) * share)])


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"msf1"])
def test_without_pillow_heif_the_message_names_it(brand, pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    data = _heic(pictures)
    with pytest.raises(ImageError, match=r"is a HEIF image .*pip install pillow-heif"):
        load_image(data[:8] + brand + data[12:])


def _ftyp(major, *compatible):
    brands = b"".join(compatible)
    return struct.pack(">I4s4sI", 16 + len(brands), b"ftyp", major, 0) + brands + bytes(100)


@pytest.mark.parametrize(
    ("data", "heif", "avif"),
    [
        (_ftyp(b"heic", b"mif1", b"heic"), True, False),
        (_ftyp(b"mif1", b"mif1", b"heic"), True, False),
        (_ftyp(b"mif1"), True, False),
        (_ftyp(b"avif", b"mif1", b"miaf"), False, True),
        (_ftyp(b"mif1", b"mif1", b"avif"), False, True),
        (_ftyp(b"avis", b"msf1", b"avif"), False, True),
        (_ftyp(b"isom", b"mp42"), False, False),
        (_ftyp(b"heic")[:10], False, False),
        (b"\xff\xff\xff\xffftypheic" + bytes(10), True, False),
        (b"\x00\x00\x00\x00ftypmif1", True, False),
    ],
)
def test_the_brands_distinguish_heif_and_avif(data, heif, avif):
    assert (is_heif(data), is_avif(data)) == (heif, avif)


def test_a_pillow_without_avif_is_named_as_the_reason(monkeypatch):
    monkeypatch.delitem(PILImage.OPEN, "AVIF", raising=False)
    with pytest.raises(ImageError, match=r"format AVIF .*this Pillow reads no AVIF"):
        load_image(_ftyp(b"avif", b"mif1"))
