"""PCK and the errors of keypoints, on numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.evaluation.pck import correct_share, keypoint_errors

NAN = np.nan


@pytest.mark.parametrize(
    ("distances", "labelled", "reach", "share"),
    [
        ([[1, 2, 3]], [[1, 1, 1]], [2], 2 / 3),
        ([[1, 2, NAN]], [[1, 1, 1]], [2], 2 / 3),
        ([[1, 2, 3]], [[1, 0, 1]], [2], 1 / 2),
        ([[1, 2], [1, 2]], [[1, 1], [1, 1]], [1.5, 2], 3 / 4),
        ([[1, 2], [1, 2]], [[1, 1], [1, 1]], [1.5, NAN], 1 / 2),
        ([[1]], [[0]], [2], None),
        ([[1]], [[1]], [NAN], None),
        (np.empty((0, 3)), np.empty((0, 3)), [], None),
    ],
)
def test_the_share_of_labelled_keypoints_within_reach(distances, labelled, reach, share):
    got = correct_share(
        np.array(distances, float), np.array(labelled, bool), np.array(reach, float)
    )
    assert got == (None if share is None else pytest.approx(share))


def test_the_errors_of_a_keypoint_are_of_the_labelled_and_found_ones():
    distances = np.array([[1.0], [3.0], [NAN], [5.0], [7.0]])
    labelled = np.array([[True], [True], [True], [True], [False]])
    (point,) = keypoint_errors(
        ["nose"],
        distances,
        labelled,
        np.array([[0.5], [0.7], [NAN], [0.9], [0.1]]),
        np.full(5, 40.0),
    )
    assert (point.name, point.labelled, point.found) == ("nose", 4, 3)
    assert point.median_error == 3
    assert point.p90_error == pytest.approx(4.6)
    assert point.similarity == pytest.approx(0.7)
    assert point.pck == 2 / 4


def test_a_keypoint_that_was_never_found_has_no_error():
    (point,) = keypoint_errors(
        ["nose"],
        np.array([[NAN]]),
        np.array([[True]]),
        np.array([[NAN]]),
        np.array([1.0]),
    )
    assert (point.found, point.median_error, point.similarity, point.pck) == (0, None, None, 0)
