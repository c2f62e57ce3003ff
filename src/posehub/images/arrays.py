"""Pixel arrays as the caller gives them: taken as they are, or refused with how to convert them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def array_fault(array: NDArray[Any]) -> str:
    """Return what is wrong with an array as an image and what to do, or "" if nothing is."""
    if array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3:
        return ""
    advice = " ".join(filter(None, (_shape_advice(array.shape), _dtype_advice(array.dtype))))
    return (
        f"An image array must be uint8 RGB of shape (H, W, 3); "
        f"got {array.dtype} of shape {array.shape}. {advice}"
    ).rstrip()


def _shape_advice(shape: tuple[int, ...]) -> str:
    match shape:
        case (_, _, 3):
            return ""
        case (_, _, 4):
            return (
                "For RGBA pass array[..., :3]; for BGRA, as OpenCV has it, array[..., 2::-1]; "
                "both ignore the transparency."
            )
        case (_, _, 1):
            return "For grey values pass np.repeat(array, 3, axis=2)."
        case (_, _):
            return "For grey values pass np.repeat(array[..., np.newaxis], 3, axis=2)."
        case (3, _, _):
            return "For channels in front pass array.transpose(1, 2, 0)."
        case (_, _, _, _):
            return "For a batch pass the arrays in it one by one, to detect_many."
    return ""


def _dtype_advice(dtype: np.dtype[Any]) -> str:
    if dtype == np.uint8:
        return ""
    if dtype.kind == "b":
        return "For a mask pass array.astype(np.uint8) * 255."
    if dtype.kind == "f":
        return (
            "Values from 0 to 1 become uint8 by (array * 255).round().astype(np.uint8), "
            "values from 0 to 255 by array.round().astype(np.uint8)."
        )
    if dtype.kind == "u" and dtype.itemsize == 2:
        return "Values of 16 bits become uint8 by (array >> 8).astype(np.uint8)."
    if dtype.kind in "iu":
        return "Values from 0 to 255 become uint8 by array.astype(np.uint8)."
    return ""
