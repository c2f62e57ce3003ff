"""Which network runs a search needs, and which it saves, counted with the real networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from attrs import evolve
from PIL import Image

from posehub_blazepose.geometry import Region
from posehub_blazepose.inputs import Inputs
from posehub_blazepose.networks import Networks
from posehub_blazepose.search import MODES, Limits, Search, is_repeat

LIMITS = Limits(max_persons=20, min_detection=0.5, min_presence=0.5)


class CountedNetworks(Networks):
    """The networks, and how often each was run."""

    detector_runs = 0
    landmark_runs = 0

    def run_detector(self, grid):
        self.detector_runs += 1
        return super().run_detector(grid)

    def run_landmarks(self, grid):
        self.landmark_runs += 1
        return super().run_landmarks(grid)


@pytest.fixture
def counted(models):
    networks = CountedNetworks(models.detector, models.landmarks, threads=1)
    yield networks
    networks.close()


def search(pixels, networks, mode="balanced", **changes):
    limits = evolve(LIMITS, **changes)
    return Search(Inputs(np.ascontiguousarray(pixels)), networks, MODES[mode], limits).run()


@pytest.mark.parametrize(
    ("region", "repeat"),
    [
        (Region(100, 100, 50), True),
        (Region(104, 103, 50), True),
        (Region(100, 100, 54), True),
        (Region(100, 100, 50, 0.09), True),
        (Region(100, 100, 50, math.tau), True),
        (Region(106, 100, 50), False),
        (Region(100, 100, 56), False),
        (Region(100, 100, 44), False),
        (Region(100, 100, 50, 0.11), False),
        (Region(100, 100, 50, math.pi), False),
    ],
)
def test_when_a_region_is_a_repeat(region, repeat):
    assert is_repeat(region, Region(100, 100, 50)) is repeat


def test_fast_runs_the_detector_once_and_the_landmarks_once_per_person(counted, pixels):
    assert len(search(pixels["astronaut"], counted, "fast")) == 1
    assert (counted.detector_runs, counted.landmark_runs) == (1, 1)


def test_a_person_found_at_every_scale_is_examined_once(counted, pixels):
    assert len(search(pixels["astronaut"], counted)) == 1
    assert counted.detector_runs == 3
    assert counted.landmark_runs <= MODES["balanced"].passes


def test_without_candidates_the_landmark_network_is_not_run(counted):
    assert search(np.full((480, 640, 3), 120, np.uint8), counted) == []
    assert (counted.detector_runs, counted.landmark_runs) == (3, 0)


def test_tiles_that_one_person_fills_are_skipped(counted, pixels):
    close = Image.fromarray(pixels["grace_hopper"][:480, 90:420])
    assert len(search(np.asarray(close), counted)) == 1
    assert counted.detector_runs < 3


def test_a_rejected_region_is_not_examined_again(counted, pixels):
    # each scale that shows her proposes the same region
    assert search(pixels["astronaut"], counted, min_presence=1.0) == []
    assert counted.landmark_runs < 3


def test_passes_that_disagree_are_followed_by_another_and_the_best_pair_counts(counted, pixels):
    scene = Image.fromarray(pixels["camera"]).resize((640, 480))
    found = search(np.asarray(scene), counted, min_detection=0.3)
    assert any(each.agreement < MODES["balanced"].enough_agreement for each in found)
    assert counted.landmark_runs > 2 * len(found)


def test_a_person_found_at_several_scales_has_the_best_detector_score(counted, pixels):
    (balanced,) = search(pixels["astronaut"], counted)
    (fast,) = search(pixels["astronaut"], counted, "fast")
    assert balanced.detector_score >= fast.detector_score


def test_without_a_mirrored_pass_the_detector_score_stands_for_the_agreement(counted, pixels):
    (found,) = search(pixels["astronaut"], counted, "fast")
    assert found.agreement == pytest.approx(math.sqrt(found.detector_score))
    assert found.evidence == pytest.approx(found.detector_score * found.landmarks.person)
