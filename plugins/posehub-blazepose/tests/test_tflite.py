"""Models changed in memory compute the same as before."""

from __future__ import annotations

import numpy as np
import pytest

from posehub_blazepose.detector import anchors
from posehub_blazepose.networks import Network
from posehub_blazepose.tflite import with_input_shape, without_output


def noise(size):
    return np.random.default_rng(0).uniform(0, 1, (size, size, 3)).astype(np.float32)


def test_the_other_outputs_are_bit_for_bit_the_same(models):
    model = models.landmarks
    whole, pruned = Network(model, 1), Network(without_output(model, 2), 1)
    grid = noise(256)
    expected = whole(grid)
    del expected[2]
    for got, want in zip(pruned(grid), expected, strict=True):
        assert (got == want).all()


def test_only_a_few_numbers_of_the_file_change(models):
    model = models.landmarks
    pruned = without_output(model, 2)
    assert len(pruned) == len(model)
    changed = np.frombuffer(pruned, np.uint8) != np.frombuffer(model, np.uint8)
    assert 0 < changed.sum() < 4096


def test_the_same_shape_changes_nothing(models):
    assert with_input_shape(models.detector, 224, 224) == models.detector


@pytest.mark.parametrize("shape", [(224, 448), (448, 224), (288, 384)])
def test_a_larger_detector_gives_the_trained_ones_output_in_its_corner(models, shape):
    rows, columns = shape
    small = Network(models.detector, 1)
    wide = Network(with_input_shape(models.detector, rows, columns), 1)
    grid = np.zeros((rows, columns, 3), np.float32)
    grid[:224, :224] = noise(224)
    values, logits = wide(grid)
    count = len(anchors(rows, columns))
    assert (values.shape, logits.shape) == ((count, 12), (count, 1))
    first = (rows // 8) * (columns // 8) * 2
    expected = small(grid[:224, :224])[1][: 28 * 28 * 2].reshape(28, 28, 2)
    got = logits[:first].reshape(rows // 8, columns // 8, 2)[:28, :28]
    # far from the border between noise and black both agree
    assert np.corrcoef(expected[:14, :14].ravel(), got[:14, :14].ravel())[0, 1] > 0.9
