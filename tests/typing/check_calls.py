"""The types of the calls as `mypy --strict` and editors see them; `make check` reads this file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import assert_type

import numpy as np

import posehub
from posehub import PosehubError, PoseResult, Record


def check_one_image(backend: posehub.Backend) -> None:
    assert_type(backend.detect("photo.jpg"), PoseResult)
    assert_type(backend.detect(Path("photo.jpg")), PoseResult)
    assert_type(backend.detect(b"..."), PoseResult)
    assert_type(backend.detect(BytesIO()), PoseResult)
    assert_type(backend.detect(np.zeros((4, 4, 3), np.uint8)), PoseResult)
    assert_type(posehub.detect("photo.jpg", backend="replay"), PoseResult)
    backend.detect(5)  # type: ignore[arg-type]  # a number is not an image


def check_many_images(backend: posehub.Backend) -> None:
    paths = ["a.jpg", "b.jpg"]
    assert_type(backend.detect_many(paths), Iterator[PoseResult])
    assert_type(backend.detect_many(paths, workers=8, on_error="raise"), Iterator[PoseResult])
    assert_type(backend.detect_many(paths, on_error="return"), Iterator[PoseResult | PosehubError])
    assert_type(backend.detect_records(paths), Iterator[Record])
    backend.detect_many(paths, on_error="ignore")  # type: ignore[call-overload]  # not a choice


async def check_event_loop(backend: posehub.Backend) -> None:
    async with backend as opened:
        assert_type(await opened.adetect("photo.jpg"), PoseResult)
        assert_type(opened.adetect_many(["a.jpg"]), AsyncIterator[PoseResult])
        assert_type(
            opened.adetect_many(["a.jpg"], workers=4, on_error="return"),
            AsyncIterator[PoseResult | PosehubError],
        )


def check_results(result: PoseResult) -> None:
    assert_type(result[0], posehub.Person)
    assert_type(result[:2], PoseResult)
    assert_type(result.mask(min_score=0.5), PoseResult)
    assert_type(result[0].id, int | None)
