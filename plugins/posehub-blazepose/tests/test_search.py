"""What a search looks at, and what it spares itself; the networks are the real ones, counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from attrs import evolve
from PIL import Image

from posehub_blazepose import DETECTOR, LANDMARKS
from posehub_blazepose.geometry import Region
from posehub_blazepose.networks import Networks
from posehub_blazepose.picture import Picture
from posehub_blazepose.search import MODES, Limits, Search, is_again

LIMITS = Limits(max_persons=20, min_detection=0.5, min_presence=0.5)


class CountedNetworks(Networks):
    """The networks, and how often each was run."""

    detections = 0
    looks = 0

    def detect(self, grid):
        self.detections += 1
        return super().detect(grid)

    def look(self, grid):
        self.looks += 1
        return super().look(grid)


@pytest.fixture
def counted(model_files):
    networks = CountedNetworks(model_files[DETECTOR], model_files[LANDMARKS], threads=1)
    yield networks
    networks.close()


def search(pixels, networks, mode="balanced", **changes):
    limits = evolve(LIMITS, **changes)
    return Search(Picture(np.ascontiguousarray(pixels)), networks, MODES[mode], limits).run()


@pytest.mark.parametrize(
    ("region", "again"),
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
def test_when_a_look_would_only_repeat_one(region, again):
    assert is_again(region, Region(100, 100, 50)) is again


def test_fast_takes_one_look_for_the_detector_and_one_for_each_person(counted, pixels):
    assert len(search(pixels["astronaut"], counted, "fast")) == 1
    assert (counted.detections, counted.looks) == (1, 1)


def test_somebody_seen_at_every_scale_is_looked_at_as_if_seen_once(counted, pixels):
    assert len(search(pixels["astronaut"], counted)) == 1
    assert counted.detections == 3
    assert counted.looks <= MODES["balanced"].looks


def test_where_the_detector_sees_nobody_nobody_is_looked_for(counted, pixels):
    assert search(np.full((480, 640, 3), 120, np.uint8), counted) == []
    assert (counted.detections, counted.looks) == (3, 0)


def test_tiles_that_one_person_fills_are_not_looked_at(counted, pixels):
    close = Image.fromarray(pixels["grace_hopper"][:480, 90:420])
    assert len(search(np.asarray(close), counted)) == 1
    assert counted.detections < 3


def test_what_turned_out_to_be_nobody_is_not_looked_at_again(counted, pixels):
    # of the scales that show her, each one offers the same region
    assert search(pixels["astronaut"], counted, min_presence=1.0) == []
    assert counted.looks < 3


def test_two_looks_that_disagree_are_followed_by_a_third_and_the_best_pair_counts(counted, pixels):
    scene = Image.fromarray(pixels["camera"]).resize((640, 480))
    sightings = search(np.asarray(scene), counted, min_detection=0.3)
    unsure = [each for each in sightings if each.agreement < MODES["balanced"].sure]
    assert unsure
    assert counted.looks > 2 * len(sightings)


def test_a_person_offered_by_several_scales_keeps_the_best_detection(counted, pixels):
    (seen,) = search(pixels["astronaut"], counted)
    (whole,) = search(pixels["astronaut"], counted, "fast")
    assert seen.detection >= whole.detection


def test_one_look_asks_no_mirror_and_takes_the_detectors_word(counted, pixels):
    (seen,) = search(pixels["astronaut"], counted, "fast")
    assert seen.agreement == pytest.approx(math.sqrt(seen.detection))
    assert seen.evidence == pytest.approx(seen.detection * seen.landmarks.person)
