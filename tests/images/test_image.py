"""The digest of an `Image`, its copies and its pickles."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub import load_image

ORIENTATION = 0x0112


def _exif(orientation):
    exif = PILImage.Exif()
    exif[ORIENTATION] = orientation
    return exif


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


# --- copies and pickles ----------------------------------------------------------------------


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
