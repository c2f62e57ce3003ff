"""Anchors, decoding and suppression."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub_blazepose.detector import INPUT_SIZE, Candidates, anchors, decode, suppress

SHAPE = (INPUT_SIZE, INPUT_SIZE)
IDENTITY = np.array([[1.0, 0, 0], [0, 1.0, 0]])
DOUBLED = np.array([[2.0, 0, 10], [0, 2.0, 20]])


def candidates(*rows):
    faces = np.array([box for box, _ in rows], float).reshape(-1, 4)
    points = np.repeat(faces[:, None, :2], 4, axis=1)
    return Candidates(faces, points, np.array([score for _, score in rows], float))


def test_there_are_as_many_anchors_as_the_network_has_outputs():
    assert anchors(*SHAPE).shape == (2254, 2)
    assert anchors(448, 672).shape == (6 * 2254, 2)


def test_anchors_are_cell_centres_row_by_row_with_two_per_cell():
    assert anchors(*SHAPE)[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]
    assert anchors(*SHAPE)[-1].tolist() == [208, 208]


def test_decoding_places_a_candidate_relative_to_its_anchor_and_in_the_image():
    values = np.zeros((2254, 12), np.float32)
    logits = np.full(2254, -5, np.float32)
    values[2] = [1, 2, 10, 20, 0, 0, 5, 0, 0, 5, 5, 5]
    logits[2] = 3
    found = decode(values, logits, SHAPE, DOUBLED, 0.5)
    # anchor (12, 4), so the face is centred at the centre of element (13, 6), and 10 x 20 elements
    assert found.faces.tolist() == [[27, 13, 47, 53]]
    assert found.points[0].tolist() == [[35, 29], [45, 29], [35, 39], [45, 39]]
    assert found.scores == pytest.approx([1 / (1 + np.exp(-3))])


def test_candidates_are_ordered_by_score_and_have_at_least_the_least_score():
    logits = np.full(2254, -200, np.float32)
    logits[[5, 9, 700]] = [0.1, 2, -0.1]
    found = decode(np.zeros((2254, 12), np.float32), logits, SHAPE, IDENTITY, 0.5)
    assert found.scores == pytest.approx(1 / (1 + np.exp([-2, -0.1])))


def test_a_score_of_zero_gives_no_candidate():
    logits = np.full(2254, -200, np.float32)
    found = decode(np.zeros((2254, 12), np.float32), logits, SHAPE, IDENTITY, 0.0)
    assert len(suppress(found)) == 0


def test_overlapping_faces_become_one_weighted_by_score():
    merged = suppress(candidates(((0, 0, 10, 10), 0.9), ((2, 0, 12, 10), 0.6)))
    assert merged.scores.tolist() == [0.9]
    assert merged.faces[0] == pytest.approx([0.8, 0, 10.8, 10])


def test_separate_faces_stay_separate():
    apart = candidates(((0, 0, 10, 10), 0.9), ((8, 0, 18, 10), 0.6))
    assert len(suppress(apart)) == 2


def test_no_candidates_stay_no_candidates():
    empty = suppress(candidates())
    assert (empty.faces.shape, empty.points.shape, len(empty)) == ((0, 4), (0, 4, 2), 0)


boxes = st.tuples(st.floats(0, 90), st.floats(0, 90), st.floats(1, 40), st.floats(1, 40))


@given(st.lists(st.tuples(boxes, st.floats(0.3, 1)), max_size=12))
def test_suppression_gives_no_new_score_and_no_face_outside_all_faces(rows):
    rows = sorted(
        (((x, y, x + w, y + h), score) for (x, y, w, h), score in rows), key=lambda row: -row[1]
    )
    merged = suppress(candidates(*rows))
    assert len(merged) <= len(rows)
    assert set(merged.scores.tolist()) <= {score for _, score in rows}
    if rows:
        low, high = candidates(*rows).faces.min(), candidates(*rows).faces.max()
        assert merged.faces.min() >= low - 1e-9
        assert merged.faces.max() <= high + 1e-9
