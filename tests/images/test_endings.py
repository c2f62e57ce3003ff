"""Whether an image file is complete, by its headers and end markers."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub.images.endings import Ending, read_ending, without_padding

FORMATS = ["JPEG", "PNG", "BMP"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_whole_file_is_complete(format, pictures):
    data = pictures.encode(pictures.picture(), format)
    assert read_ending(format, data) == Ending(complete=True)


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_after_the_end_are_ignored(format, pictures):
    data = pictures.encode(pictures.picture(), format)
    assert read_ending(format, data + b"\x00trailer\xff").complete


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_cut_anywhere_is_incomplete(format, pictures):
    data = pictures.encode(pictures.picture((9, 7)), format)
    complete = [cut for cut in range(len(data)) if read_ending(format, data[:cut]).complete]
    # the last row of a BMP may lack its padding: 9 x 3 bytes are padded to 28
    assert complete == ([len(data) - 1] if format == "BMP" else [])


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 1}])
def test_scans_and_restart_markers_of_a_jpeg_are_not_its_end(options, pictures):
    data = pictures.jpeg((64, 48), **options)
    assert read_ending("JPEG", data).complete
    assert not read_ending("JPEG", data[:-2]).complete


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_jpeg(pictures):
    whole = pictures.jpeg(exif=b"Exif\x00\x00" + pictures.jpeg((8, 8)))
    start_of_scan = whole.rindex(b"\xff\xda")
    assert b"\xff\xd9" in whole[:start_of_scan]
    assert not read_ending("JPEG", whole[: start_of_scan + 20]).complete


def test_fill_bytes_before_a_jpeg_marker_are_skipped(pictures):
    data = pictures.jpeg()
    assert read_ending("JPEG", data[:2] + b"\xff\xff\xff" + data[2:]).complete


@pytest.mark.parametrize("stray", [b"\x00", b"1234567", b"\xff\x00", b"\xff\x01"])
def test_bytes_between_the_segments_of_a_jpeg_are_skipped(stray, pictures):
    data = pictures.jpeg()
    data = data[:20] + stray + data[20:]  # behind the JFIF segment
    assert read_ending("JPEG", data).complete
    assert not read_ending("JPEG", data[:-2]).complete


@pytest.mark.parametrize("marker", [b"\xff\xd8", b"\xff\xd9"])
def test_a_marker_out_of_place_leaves_the_end_of_a_jpeg_in_doubt(marker, pictures):
    data = pictures.jpeg()
    assert read_ending("JPEG", data[:20] + marker + data[20:]) == Ending(complete=False)


def test_padding_is_removed_but_for_what_the_decoder_reads_ahead():
    assert without_padding(b"pixels" + bytes(100)) == b"pixels" + bytes(16)
    assert without_padding(b"pixels" + bytes(5)) == b"pixels" + bytes(5)
    assert without_padding(b"pixels") == b"pixels"


def test_an_exif_chunk_of_a_png_is_found_behind_the_pixels(pictures):
    data = pictures.png()
    end = data.rindex(b"IEND") - 4
    late = data[:end] + pictures.chunk(b"eXIf", b"MM\x00*") + data[end:]
    assert read_ending("PNG", late) == Ending(complete=True, exif=b"MM\x00*")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_every_depth_of_bmp_is_measured(mode, pictures):
    data = pictures.encode(pictures.picture((13, 5), mode), "BMP")
    assert read_ending("BMP", data).complete
    assert not read_ending("BMP", data[:-4]).complete


def _bmp_core(width, height, row):
    header = struct.pack("<IHHHH", 12, width, height, 1, 24)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 26) + header + row * height


def test_the_old_bmp_header_of_os2_is_read(pictures):
    data = _bmp_core(2, 3, b"\x01" * 8)
    assert read_ending("BMP", data).complete
    assert not read_ending("BMP", data[:-8]).complete


@pytest.mark.parametrize("offset", [0, 40])
def test_a_bmp_without_the_place_of_its_pixels_is_in_doubt(offset, pictures):
    data = bytearray(pictures.encode(pictures.picture(), "BMP"))
    struct.pack_into("<I", data, 10, offset)
    assert read_ending("BMP", bytes(data)) == Ending(complete=False)


def test_a_bmp_stored_top_down_is_measured_too(pictures):
    data = bytearray(pictures.encode(pictures.picture(), "BMP"))
    struct.pack_into("<i", data, 22, -24)
    assert read_ending("BMP", bytes(data)).complete
    assert not read_ending("BMP", bytes(data[:-8])).complete


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", None])
def test_the_end_of_other_formats_is_in_doubt(format):
    assert read_ending(format, b"whatever") == Ending(complete=False)


@given(st.sampled_from(FORMATS), st.binary(max_size=200))
def test_arbitrary_bytes_raise_no_error(format, data):
    assert isinstance(read_ending(format, data).complete, bool)


@given(st.sampled_from(FORMATS), st.data())
def test_arbitrary_damage_raises_no_error(pictures, format, data):
    file = bytearray(pictures.encode(pictures.picture((9, 7)), format))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_ending(format, bytes(file)).complete, bool)
