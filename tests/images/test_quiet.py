"""What Pillow and libtiff print stays off the terminal, and other warnings are not touched."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from PIL import Image as PILImage

from posehub import load_image
from posehub.errors import ImageError
from posehub.images.quiet import NoPillowWarnings


def _large(pictures):
    """A PNG that Pillow warns of: more than 89 million pixels."""
    return pictures.raw_png((9_500, 9_500), bits=1, colour=0, data=bytes(9_500 * 1_189))


def _odd_tiff(pictures):
    """A TIFF with a tag that reaches beyond the file; Pillow warns of it."""
    data = bytearray(pictures.encode(pictures.picture(), "TIFF", software="some camera"))
    place = data.index(b"\x31\x01\x02\x00")  # tag 305, ASCII
    data[place + 4 : place + 8] = b"\xff\xff\x00\x00"
    return bytes(data)


def _odd_apng(pictures):
    data = pictures.png()
    place = data.index(b"IDAT") - 4
    return data[:place] + pictures.chunk(b"acTL", bytes(8)) + data[place:]


def _odd_mpo(pictures):
    first, second = pictures.picture((48, 32)), pictures.picture((16, 8))
    data = bytearray(pictures.encode(first, "MPO", save_all=True, append_images=[second]))
    place = data.index(b"MPF\0") + 4
    data[place + 8 : place + 20] = bytes(12)
    return bytes(data)


def _broken_tiff(pictures):
    """A compressed TIFF that libtiff prints an error of."""
    data = bytearray(
        pictures.encode(pictures.picture((64, 48)), "TIFF", compression="tiff_deflate")
    )
    data[10:16] = b"\xff" * 6
    return bytes(data)


def _deep_tiff(pictures):
    """A TIFF of which Pillow logs an error: more samples per pixel than it decodes."""
    data = bytearray(pictures.encode(pictures.picture(), "TIFF"))
    place = data.index(b"\x15\x01\x03\x00")  # tag 277, SHORT
    data[place + 8 : place + 10] = b"\x00\x40"
    return bytes(data)


NOISY = [_large, _odd_tiff, _odd_apng, _odd_mpo, _broken_tiff, _deep_tiff]


@pytest.mark.parametrize("make", [_large, _odd_tiff, _odd_apng, _odd_mpo])
def test_pillow_does_warn_of_these_files(make, pictures):
    with warnings.catch_warnings(record=True) as caught, suppress(Exception):
        warnings.simplefilter("always")
        with PILImage.open(io.BytesIO(make(pictures))) as image:
            if image.width < 1000:
                image.load()
    assert caught


@pytest.mark.parametrize("make", NOISY)
@pytest.mark.parametrize("action", ["default", "always", "error"])
def test_no_warning_reaches_the_caller_whatever_the_filters(make, action, pictures, capfd):
    data = make(pictures)
    with warnings.catch_warnings(record=True) as caught, suppress(Exception):
        warnings.simplefilter(action)
        image = load_image(data)
        if image.size[0] < 1000:
            image.pixels()
    assert caught == []
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_by_a_plain_process(pictures, tmp_path):
    """Pytest has filters and handlers of its own; a plain process has none."""
    for number, make in enumerate(NOISY):
        (tmp_path / f"{number}.bin").write_bytes(make(pictures))
    script = f"""
import pathlib, posehub
for path in sorted(pathlib.Path({str(tmp_path)!r}).glob("*.bin")):
    try:
        image = posehub.load_image(path)
        if image.size[0] < 1000:
            image.pixels()
    except posehub.PosehubError:
        pass
"""
    for flags in ([], ["-W", "always"], ["-W", "error"]):
        done = subprocess.run(
            [sys.executable, *flags, "-c", script], capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("", "")


def test_a_good_image_does_not_fail_where_warnings_are_errors(pictures):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_image(_odd_tiff(pictures)).size == (32, 24)
        assert load_image(_large(pictures)).size == (9_500, 9_500)


def test_pillow_still_warns_the_caller_afterwards(pictures):
    load_image(_odd_tiff(pictures))
    with pytest.warns(UserWarning, match=r"larger than file|Truncated"):
        PILImage.open(io.BytesIO(_odd_tiff(pictures)))


def test_warnings_of_other_threads_are_not_ignored():
    inside, warned = threading.Event(), threading.Event()

    def load():
        with NoPillowWarnings():
            inside.set()
            warned.wait(10)

    thread = threading.Thread(target=load)
    thread.start()
    inside.wait(10)
    with pytest.warns(UserWarning, match="of the caller"):
        warnings.warn("of the caller", stacklevel=1)
    warned.set()
    thread.join()


def test_many_threads_leave_the_filters_of_the_caller_in_place(pictures):
    data = _odd_tiff(pictures)

    def load(number):
        if number % 2:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return load_image(data).size
        return load_image(data).size

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(load, range(200))) == {(32, 24)}


def test_contexts_may_be_nested():
    with NoPillowWarnings():
        with NoPillowWarnings():
            warnings.warn("inner", stacklevel=1)
        warnings.warn("outer", stacklevel=1)
    with pytest.warns(UserWarning, match="after"):
        warnings.warn("after", stacklevel=1)


def test_libtiff_prints_for_the_caller_afterwards(pictures, capfd):
    with pytest.raises(ImageError, match="is damaged"):
        load_image(_broken_tiff(pictures))
    assert capfd.readouterr().err == ""
    with pytest.raises(OSError, match="-2"):
        PILImage.open(io.BytesIO(_broken_tiff(pictures))).load()
    assert "Decode" in capfd.readouterr().err
