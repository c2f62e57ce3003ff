"""Cassettes of earlier versions can still be played.

The files in data/ were recorded with the first version of posehub: one of a service with a passing
error, one of a backend without HTTP.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import posehub
from posehub.errors import QuotaExceededError

DATA = Path(__file__).parent / "data"
SERVICE = DATA / "service_first_format.yaml"
RESULTS = DATA / "results_first_format.yaml"
IMAGE = np.full((60, 64, 3), 1, np.uint8)
DARK = np.full((40, 50, 3), 1, np.uint8)
WHITE = np.full((40, 50, 3), 255, np.uint8)


@pytest.fixture(params=["\n", "\r\n"], ids=["Linux", "Windows"])
def line_ends(request, tmp_path):
    """A function that copies a cassette with the line ends of a system."""

    def copy(cassette):
        text = cassette.read_bytes().decode().replace("\n", request.param)
        path = tmp_path / cassette.name
        path.write_bytes(text.encode())
        return path

    return copy


def test_the_responses_of_a_service_are_played(line_ends):
    with posehub.open_backend("replay", cassette=line_ends(SERVICE)) as backend:
        result = backend.detect(IMAGE)
    assert result.request_id == str(2**60 + 1)
    assert (result[0]["top_head"].x, result[0]["top_head"].y) == (32, 30)
    box = result[0].box
    assert (box.left, box.top, box.right, box.bottom) == (16, 15, 48, 45)


def test_the_results_of_a_backend_are_played(line_ends):
    with posehub.open_backend("replay", cassette=line_ends(RESULTS)) as backend:
        result = backend.detect(DARK)
    assert (result.backend, result.request_id, result.raw) == ("local", "7", {"a": 1.5})
    assert (result.image_size, result.skeleton.name) == ((50, 40), "coco17")
    expected = np.full((1, 17, 2), 1, np.float32)
    expected[0, 3] = np.nan
    np.testing.assert_array_equal(result.keypoints, expected)
    scores = np.full((1, 17), np.nan, np.float32)
    scores[0, 0], scores[0, 3] = 0.1, 0
    np.testing.assert_array_equal(result.scores, scores)
    np.testing.assert_array_equal(result.boxes, np.float32([[0, 0, 1, 1]]))
    np.testing.assert_array_equal(result.box_scores, np.float32([0.5]))
    np.testing.assert_array_equal(result.keypoints_3d, np.full((1, 17, 3), 0.1, np.float32))


def test_the_errors_of_a_backend_are_played(line_ends):
    with (
        posehub.open_backend("replay", cassette=line_ends(RESULTS)) as backend,
        pytest.raises(QuotaExceededError, match="too white"),
    ):
        backend.detect(WHITE)
