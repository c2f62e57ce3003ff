"""The search for people in one picture: coarse to fine, nobody looked at twice without need."""

from __future__ import annotations

import math

import numpy as np
from attrs import evolve, frozen

from posehub_blazepose import detector, landmarks
from posehub_blazepose.geometry import Floats, Region, region_of
from posehub_blazepose.networks import CANVAS_SIZE, Networks
from posehub_blazepose.people import (
    Sighting,
    distinct,
    enclosing_box,
    is_same,
    point_scores,
    same_region,
    similarity,
)
from posehub_blazepose.picture import Picture
from posehub_blazepose.sampling import Grid
from posehub_blazepose.tiles import Tile, pyramid

_SETTLED = 0.75
"""A tile is settled once one person takes up this share of it: whoever else is in it is hidden, or
so large that a coarser level has shown them."""

_CLOSE_UP = 3.0
"""Largest region a tile may find, as a share of its side: a portrait, head and shoulders, fills its
picture like that. A coarser level has shown anybody larger better."""

_LEAST_EVIDENCE = 0.56
"""Least evidence for a person where the mirror is asked."""

_DOUBTFUL = 0.8
"""Agreement with the mirror below which another region offered for a person is looked at too: as
when the first region holds two people."""

_MOVED = 0.1
"""A region is looked at again, where its first landmarks put it, if that moves it by this share of
its side, changes its side by this share or turns it by this many radians."""

_CLOSER = 0.8
"""How much smaller a region is tried for a doubtful person: one that holds two people tears them
apart once it holds one."""

_LEAST_SIDE = 8.0
"""Smallest region worth a look, in pixels: at that size nobody can be told from noise."""


@frozen
class Mode:
    """How thorough a search is.

    Attributes:
        levels: levels of tiles beyond the whole picture, at most.
        min_detection: least score of the detector, unless the user asks for another.
        checked: whether regions are refined and every person must be confirmed in the mirror.
    """

    levels: int
    min_detection: float
    checked: bool


MODES = {
    # MediaPipe's own threshold, and nothing that MediaPipe does not do
    "fast": Mode(levels=0, min_detection=0.5, checked=False),
    # the mirror tells people from what resembles them, so the detector may be less sure
    "balanced": Mode(levels=2, min_detection=0.4, checked=True),
    "thorough": Mode(levels=5, min_detection=0.3, checked=True),
}


@frozen
class Limits:
    """What is asked of a person.

    Attributes:
        max_persons: most people to return.
        min_detection: least score of the detector, in [0, 1].
        min_presence: least presence by the landmark network, in [0, 1].
    """

    max_persons: int
    min_detection: float
    min_presence: float


class Search:
    """The search in one picture."""

    def __init__(self, picture: Picture, networks: Networks, mode: Mode, limits: Limits) -> None:
        self._picture = picture
        self._networks = networks
        self._mode = mode
        self._limits = limits
        self._found: list[Sighting] = []
        self._regions: list[tuple[Region, int]] = []

    def run(self) -> list[Sighting]:
        """Return the people, best first."""
        grid, matrix = self._picture.whole()
        self._examine(self._detect(grid, matrix), largest=math.inf)
        for tile in self._tiles():
            if not self._is_settled(tile):
                grid, matrix = self._picture.tile(tile)
                self._examine(self._detect(grid, matrix), largest=_CLOSE_UP * tile.side)
        return distinct(self._people())[: self._limits.max_persons]

    def _tiles(self) -> list[Tile]:
        width, height = self._picture.size
        whole = detector.INPUT_SIZE / max(width, height)
        levels = pyramid(width, height, CANVAS_SIZE, whole, self._mode.levels)
        return [tile for level in levels for tile in level]

    def _is_settled(self, tile: Tile) -> bool:
        size = self._picture.size
        boxes = [enclosing_box(each.landmarks, each.scores, *size) for each in self._people()]
        return tile.share_within(np.array(boxes).reshape(-1, 4), size) >= _SETTLED

    def _people(self) -> list[Sighting]:
        """Return the sightings that are people by what is known so far."""
        if not self._mode.checked:
            return self._found
        return [each for each in self._found if each.evidence >= _LEAST_EVIDENCE]

    def _detect(self, grid: Grid, matrix: Floats) -> detector.Candidates:
        size = len(grid)
        values, logits = self._networks.detect(grid)
        limit = self._limits.min_detection
        return detector.suppress(detector.decode(values, logits, size, matrix, limit))

    def _examine(self, candidates: detector.Candidates, largest: float) -> None:
        """Look at each candidate, unless it is somebody found already."""
        for points, score in zip(candidates.points, candidates.scores.tolist(), strict=True):
            region = region_of(points[:2], landmarks.REGION_SCALE)
            if not _LEAST_SIDE <= region.side <= largest:
                continue
            place = self._known(region)
            if place is not None:
                found = self._found[place]
                self._found[place] = evolve(found, detection=max(found.detection, score))
            elif (sighting := self._sight(region, score)) is not None:
                self._add(sighting, region)

    def _known(self, region: Region) -> int | None:
        """Return the place of the sighting that makes a look at a region needless, if any."""
        for seen, place in self._regions:
            sure = self._found[place].agreement >= _DOUBTFUL
            if same_region(region, seen) and (sure or not has_moved(seen, region)):
                return place
        return None

    def _add(self, sighting: Sighting, region: Region) -> None:
        places = (n for n, found in enumerate(self._found) if is_same(sighting, found))
        place = next(places, len(self._found))
        if place == len(self._found):
            self._found.append(sighting)
        else:
            found = self._found[place]
            best = max(found, sighting, key=lambda each: each.score)
            self._found[place] = evolve(best, detection=max(found.detection, sighting.detection))
        self._regions += [(region, place), (sighting.landmarks.region, place)]

    def _sight(self, region: Region, detection: float) -> Sighting | None:
        """Return what the landmark network sees in a region, or None if that is nobody."""
        grid = self._picture.region(region)
        seen = landmarks.decode(self._networks.look(grid), region)
        if seen.person < self._limits.min_presence:
            return None
        if not self._mode.checked:
            return self._sighting(seen, 1.0, detection)
        better = region_of(seen.alignment, landmarks.REGION_SCALE)
        if has_moved(region, better) and better.side >= _LEAST_SIDE:
            grid = self._picture.region(better)
            seen = landmarks.decode(self._networks.look(grid), better)
        best = self._sighting(*self._check(seen, grid), detection)
        if best.agreement < _DOUBTFUL:
            closer = evolve(seen.region, side=_CLOSER * seen.region.side)
            grid = self._picture.region(closer)
            seen = landmarks.decode(self._networks.look(grid), closer)
            other = self._sighting(*self._check(seen, grid), detection)
            best = max(best, other, key=lambda each: each.evidence)
        return best if best.landmarks.person >= self._limits.min_presence else None

    def _sighting(self, seen: landmarks.Landmarks, agreement: float, detection: float) -> Sighting:
        scores = point_scores(seen, *self._picture.size)
        return Sighting(seen, scores, detection, agreement)

    def _check(self, seen: landmarks.Landmarks, grid: Grid) -> tuple[landmarks.Landmarks, float]:
        """Return landmarks averaged with those of the mirrored region, and how well they agree.

        People keep their pose in the mirror; what only resembles a person mostly does not.
        """
        output = self._networks.look(np.ascontiguousarray(grid[:, ::-1]))
        mirrored = landmarks.decode(output, seen.region, mirrored=True)
        both = landmarks.blend(seen, mirrored)
        weights = point_scores(both, *self._picture.size)
        return both, similarity(seen, mirrored, weights)


def has_moved(before: Region, after: Region) -> bool:
    """Return whether a region is far enough from another to look anew."""
    shift = math.hypot(after.x - before.x, after.y - before.y) / before.side
    growth = abs(after.side / before.side - 1)
    turned = abs(math.remainder(after.angle - before.angle, math.tau))
    return max(shift, growth, turned) > _MOVED
