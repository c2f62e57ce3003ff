"""The search for people in one image, from coarse to fine, without needless network runs."""

from __future__ import annotations

import math

import numpy as np
from attrs import evolve, frozen

from posehub_blazepose import detector, landmarks
from posehub_blazepose.geometry import Floats, Region, region_of
from posehub_blazepose.inputs import Inputs
from posehub_blazepose.networks import Networks
from posehub_blazepose.people import (
    Detection,
    distinct,
    enclosing_box,
    is_same,
    point_scores,
    same_region,
    similarity,
)
from posehub_blazepose.sampling import Grid
from posehub_blazepose.tiles import Tile, pyramid

_COVERED = 0.75
"""A tile is skipped if one person's box covers this share of it: another person in it would be
hidden, or so large that a coarser level shows them."""

_CLOSE_UP = 3.0
"""Largest region that is taken from a tile, as a share of the tile's longer side: the region of a
portrait, head and shoulders, that fills the tile. A coarser level shows larger people better."""

_NO_AGREEMENT = 0.2
"""Agreement of two passes below which a third pass is useless: the poses have nothing in common."""

_REPEAT = 0.1
"""A region is a repeat of another one if it differs by less than this share of the side, in
position and in size, and by less than this many radians."""

_LEAST_SIDE = 8.0
"""Smallest region to run the landmark network on, in pixels: a smaller person cannot be told from
noise."""


@frozen
class Mode:
    """How thorough a search is.

    Attributes:
        levels: levels of tiles after the pass on the whole image, at most.
        min_detection: least score of the detector, unless the user gives another.
        passes: runs of the landmark network for one person, at most. From the second on the region
            is refined and every other pass is mirrored, and both must agree.
        enough_agreement: agreement of two passes, in [0, 1], after which no more are run.
        min_evidence: least evidence for a person, in [0, 1].
    """

    levels: int
    min_detection: float
    passes: int
    enough_agreement: float
    min_evidence: float


MODES = {
    # MediaPipe's own threshold, and only the steps of MediaPipe
    "fast": Mode(levels=0, min_detection=0.5, passes=1, enough_agreement=1.0, min_evidence=0.0),
    # mirrored passes reject what only resembles a person, so the detector's threshold can be lower
    "balanced": Mode(levels=2, min_detection=0.3, passes=3, enough_agreement=0.8, min_evidence=0.5),
    # more regions are examined, so more false ones would pass by chance
    "thorough": Mode(
        levels=4, min_detection=0.2, passes=5, enough_agreement=0.9, min_evidence=0.55
    ),
}


@frozen
class Limits:
    """What counts as a person, and how many people are returned.

    Attributes:
        max_persons: most people to return.
        min_detection: least score of the detector, in [0, 1].
        min_presence: least likelihood of a person by the landmark network, in [0, 1].
    """

    max_persons: int
    min_detection: float
    min_presence: float


class Search:
    """The search in one image."""

    def __init__(self, inputs: Inputs, networks: Networks, mode: Mode, limits: Limits) -> None:
        self._inputs = inputs
        self._networks = networks
        self._mode = mode
        self._limits = limits
        self._found: list[Detection] = []
        # each examined region that showed a person, with that person's index in `_found`
        self._regions: list[tuple[Region, int]] = []
        self._rejected: list[Region] = []

    def run(self) -> list[Detection]:
        """Return the people, best first."""
        grid, matrix = self._inputs.whole()
        self._examine(self._candidates(grid, matrix), largest=math.inf)
        for tile in self._tiles():
            if not self._is_covered(tile):
                grid, matrix = self._inputs.tile(tile)
                largest = _CLOSE_UP * max(tile.width, tile.height)
                self._examine(self._candidates(grid, matrix), largest)
        return distinct(self._people())[: self._limits.max_persons]

    def _tiles(self) -> list[Tile]:
        width, height = self._inputs.size
        whole = detector.INPUT_SIZE / max(width, height)
        levels = pyramid(width, height, whole, self._mode.levels)
        return [tile for level in levels for tile in level]

    def _is_covered(self, tile: Tile) -> bool:
        people, size = self._people(), self._inputs.size
        boxes = [enclosing_box(person.landmarks, person.scores, *size) for person in people]
        return tile.largest_share(np.array(boxes).reshape(-1, 4), size) >= _COVERED

    def _people(self) -> list[Detection]:
        return [found for found in self._found if found.evidence >= self._mode.min_evidence]

    def _candidates(self, grid: Grid, matrix: Floats) -> detector.Candidates:
        values, logits = self._networks.run_detector(grid)
        limit = self._limits.min_detection
        return detector.suppress(detector.decode(values, logits, grid.shape[:2], matrix, limit))

    def _examine(self, candidates: detector.Candidates, largest: float) -> None:
        """Run the landmark network on each candidate whose region is new."""
        for points, score in zip(candidates.points, candidates.scores.tolist(), strict=True):
            region = region_of(points[:2], landmarks.REGION_SCALE)
            if not _LEAST_SIDE <= region.side <= largest:
                continue
            index = self._known(region)
            if index is not None:
                found = self._found[index]
                best = max(found.detector_score, score)
                self._found[index] = evolve(found, detector_score=best)
            elif not any(is_repeat(region, rejected) for rejected in self._rejected):
                detection = self._detection(region, score)
                if detection is None:
                    self._rejected.append(region)
                else:
                    self._add(detection, region)

    def _known(self, region: Region) -> int | None:
        """Return the index of the person whose region this is, or None if it must be examined."""
        for examined, index in self._regions:
            confirmed = self._found[index].agreement >= self._mode.enough_agreement
            if is_repeat(region, examined) or (confirmed and same_region(region, examined)):
                return index
        return None

    def _add(self, detection: Detection, region: Region) -> None:
        indices = (n for n, found in enumerate(self._found) if is_same(detection, found))
        index = next(indices, len(self._found))
        if index == len(self._found):
            self._found.append(detection)
        else:
            found = self._found[index]
            best = max(found, detection, key=lambda each: each.score)
            best_score = max(found.detector_score, detection.detector_score)
            self._found[index] = evolve(best, detector_score=best_score)
        self._regions += [(region, index), (detection.landmarks.region, index)]

    def _detection(self, region: Region, detector_score: float) -> Detection | None:
        """Return what the landmark network finds in a region, or None if it is not a person."""
        # if no mirrored pass is run, the detector's score stands for the agreement too
        pose, agreement = self._run_landmarks(region), math.sqrt(detector_score)
        if pose.person >= self._limits.min_presence and self._mode.passes > 1:
            pose, agreement = self._refined(pose)
        if pose.person < self._limits.min_presence:
            return None
        scores = point_scores(pose, *self._inputs.size)
        return Detection(pose, scores, detector_score, agreement)

    def _refined(self, pose: landmarks.Landmarks) -> tuple[landmarks.Landmarks, float]:
        """Return the mean of two successive passes for a person, and their agreement.

        Each pass runs on the region given by the pass before; every other one is mirrored. The pose
        of a person is the same in a mirrored pass; that of an object mostly is not.
        """
        best, agreement = pose, 0.0
        for number in range(1, self._mode.passes):
            region = region_of(pose.alignment, landmarks.CLOSE_SCALE)
            if region.side < _LEAST_SIDE:
                break
            before, pose = pose, self._run_landmarks(region, mirrored=number % 2 == 1)
            both = landmarks.blend(before, pose)
            alike = similarity(before, pose, point_scores(both, *self._inputs.size))
            if number == 1 or alike > agreement:
                best, agreement = both, alike
            if not _NO_AGREEMENT <= alike < self._mode.enough_agreement:
                break
        return best, agreement

    def _run_landmarks(self, region: Region, *, mirrored: bool = False) -> landmarks.Landmarks:
        grid = self._inputs.region(region)
        if mirrored:
            grid = np.ascontiguousarray(grid[:, ::-1])
        return landmarks.decode(self._networks.run_landmarks(grid), region, mirrored=mirrored)


def is_repeat(region: Region, examined: Region) -> bool:
    """Return whether a run on a region would only repeat a run on an examined one."""
    shift = math.hypot(region.x - examined.x, region.y - examined.y) / examined.side
    growth = abs(region.side / examined.side - 1)
    rotation = abs(math.remainder(region.angle - examined.angle, math.tau))
    return max(shift, growth, rotation) <= _REPEAT
