"""Which arrays are images, in any memory layout, and how to convert the others."""

from __future__ import annotations

import numpy as np
import pytest

from posehub import load_image
from posehub.errors import ImageError


def _array(shape=(4, 6, 3), dtype=np.uint8):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def test_an_array_is_not_copied():
    array = _array()
    image = load_image(array)
    assert (image.size, image.format, image.encoded) == ((6, 4), None, None)
    assert np.shares_memory(image.pixels(), array)
    assert np.array_equal(image.pixels(), array)


def _read_only():
    array = _array()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "array",
    [
        _read_only(),
        _array()[::-1],
        _array()[:, ::-1],
        _array()[..., ::-1],  # RGB of an OpenCV frame
        _array((8, 6, 3))[::2],
        _array((3, 4, 6)).transpose(1, 2, 0),
        _array((4, 6, 4))[..., :3],
        np.asfortranarray(_array()),
        np.broadcast_to(np.uint8(7), (4, 6, 3)),
        np.frombuffer(bytes(72), np.uint8).reshape(4, 6, 3),
        _array().view(np.recarray),
        np.ma.masked_array(_array()),
        _array((4, 6, 3), ">u1"),
    ],
)
def test_a_uint8_rgb_array_of_any_memory_layout_is_an_image(array):
    image = load_image(array)
    assert image.size == (6, 4)
    assert np.array_equal(image.pixels(), np.asarray(array))
    assert image.pixels().flags.c_contiguous
    assert not image.owned().borrowed


@pytest.mark.parametrize(
    ("array", "got"),
    [
        (_array(dtype=np.float32), r"float32 of shape \(4, 6, 3\)"),
        (_array(dtype=np.uint16), r"uint16 of shape \(4, 6, 3\)"),
        (_array((4, 6)), r"uint8 of shape \(4, 6\)"),
        (_array((4, 6, 4)), r"uint8 of shape \(4, 6, 4\)"),
        (_array((1, 4, 6, 3)), r"uint8 of shape \(1, 4, 6, 3\)"),
        (np.zeros((), np.uint8), r"uint8 of shape \(\)"),
        (np.array(["photo.jpg"]), r"<U9 of shape \(1,\)"),
        (np.array([None]), r"object of shape \(1,\)"),
        (np.zeros((4, 6), "u1,u1,u1"), r"\[.*\] of shape \(4, 6\)"),
    ],
)
def test_an_array_of_another_dtype_or_shape_is_refused(array, got):
    with pytest.raises(ImageError, match=rf"must be uint8 RGB of shape \(H, W, 3\); got {got}"):
        load_image(array)


GREY = np.array([[0, 100], [200, 255]], np.uint8)
COLOUR = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)


@pytest.mark.parametrize(
    ("array", "advice", "pixels"),
    [
        (GREY, "np.repeat(array[..., np.newaxis], 3, axis=2)", np.stack([GREY] * 3, 2)),
        (GREY[..., None], "np.repeat(array, 3, axis=2)", np.stack([GREY] * 3, 2)),
        (np.insert(COLOUR, 3, 9, axis=2), "array[..., :3]", COLOUR),
        (np.insert(COLOUR[..., ::-1], 3, 9, axis=2), "array[..., 2::-1]", COLOUR),
        (COLOUR.transpose(2, 0, 1), "array.transpose(1, 2, 0)", COLOUR),
        (COLOUR.astype(np.float32) / 255, "(array * 255).round().astype(np.uint8)", COLOUR),
        (COLOUR.astype(">f8"), "array.round().astype(np.uint8)", COLOUR),
        (COLOUR.astype(np.uint16) << 8, "(array >> 8).astype(np.uint8)", COLOUR),
        (COLOUR.astype(">u2") << 8, "(array >> 8).astype(np.uint8)", COLOUR),
        (COLOUR.astype(np.int64), "array.astype(np.uint8)", COLOUR),
        (COLOUR > 3, "array.astype(np.uint8) * 255", (COLOUR > 3) * 255),
    ],
)
def test_the_message_says_how_to_convert_the_array(array, advice, pixels):
    with pytest.raises(ImageError) as caught:
        load_image(array)
    assert advice in str(caught.value)
    converted = eval(advice, {"array": array, "np": np})  # the advice is tested as it stands
    assert np.array_equal(load_image(converted).pixels(), pixels)


def test_an_array_of_another_library_is_refused_with_how_to_convert_it():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return _array()

    with pytest.raises(ImageError, match=r"got Tensor\. Pass numpy\.asarray\(\) of it\."):
        load_image(Tensor())


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0, 3)])
def test_an_array_without_pixels_is_refused(shape):
    with pytest.raises(ImageError, match="has no pixels: it is"):
        load_image(np.zeros(shape, np.uint8))


def test_an_array_that_is_too_large_is_refused_before_it_is_copied():
    array = np.broadcast_to(np.uint8(7), (10**6, 10**6, 3))  # 3 TB if it were copied
    with pytest.raises(ImageError, match=r"is 1000000 x 1000000.*raise .* max_pixels"):
        load_image(array)
