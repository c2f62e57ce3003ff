"""The search for people in one picture: coarse to fine, nobody looked at twice without need."""

from __future__ import annotations

import math

import numpy as np
from attrs import evolve, frozen

from posehub_blazepose import detector, landmarks
from posehub_blazepose.geometry import Floats, Region, region_of
from posehub_blazepose.networks import Networks
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
"""Largest region a tile may find, as a share of its longer side: a portrait, head and shoulders,
fills its picture like that. A coarser level has shown anybody larger better."""

_HOPELESS = 0.2
"""Agreement of two looks below which a third would change nothing: they show two poses that have
nothing in common."""

_AGAIN = 0.1
"""A region shows nothing new if it differs from one looked at by less than this share of its side,
in place and in size, and by less than this many radians."""

_LEAST_SIDE = 8.0
"""Smallest region worth a look, in pixels: at that size nobody can be told from noise."""


@frozen
class Mode:
    """How thorough a search is.

    Attributes:
        levels: levels of tiles beyond the whole picture, at most.
        min_detection: least score of the detector, unless the user asks for another.
        looks: at one person, at most. From the second on regions are refined, and every person
            must be confirmed in the mirror.
        sure: agreement of two looks, in [0, 1], that is enough.
        least_evidence: for a person, in [0, 1].
    """

    levels: int
    min_detection: float
    looks: int
    sure: float
    least_evidence: float


MODES = {
    # MediaPipe's own threshold, and nothing that MediaPipe does not do
    "fast": Mode(levels=0, min_detection=0.5, looks=1, sure=1.0, least_evidence=0.0),
    # the mirror tells people from what resembles them, so the detector may be less sure
    "balanced": Mode(levels=2, min_detection=0.3, looks=3, sure=0.8, least_evidence=0.5),
    # the more places are looked at, the more of what is nobody would pass by chance
    "thorough": Mode(levels=4, min_detection=0.2, looks=5, sure=0.9, least_evidence=0.55),
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
        self._nobody: list[Region] = []

    def run(self) -> list[Sighting]:
        """Return the people, best first."""
        grid, matrix = self._picture.whole()
        self._examine(self._detect(grid, matrix), largest=math.inf)
        for tile in self._tiles():
            if not self._is_settled(tile):
                grid, matrix = self._picture.tile(tile)
                largest = _CLOSE_UP * max(tile.width, tile.height)
                self._examine(self._detect(grid, matrix), largest)
        return distinct(self._people())[: self._limits.max_persons]

    def _tiles(self) -> list[Tile]:
        width, height = self._picture.size
        whole = detector.INPUT_SIZE / max(width, height)
        levels = pyramid(width, height, whole, self._mode.levels)
        return [tile for level in levels for tile in level]

    def _is_settled(self, tile: Tile) -> bool:
        size = self._picture.size
        boxes = [enclosing_box(each.landmarks, each.scores, *size) for each in self._people()]
        return tile.share_within(np.array(boxes).reshape(-1, 4), size) >= _SETTLED

    def _people(self) -> list[Sighting]:
        """Return the sightings that are people by what is known so far."""
        return [each for each in self._found if each.evidence >= self._mode.least_evidence]

    def _detect(self, grid: Grid, matrix: Floats) -> detector.Candidates:
        values, logits = self._networks.detect(grid)
        limit = self._limits.min_detection
        return detector.suppress(detector.decode(values, logits, grid.shape[:2], matrix, limit))

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
            elif not any(is_again(region, seen) for seen in self._nobody):
                sighting = self._sight(region, score)
                if sighting is None:
                    self._nobody.append(region)
                else:
                    self._add(sighting, region)

    def _known(self, region: Region) -> int | None:
        """Return the place of the sighting that makes a look at a region needless, if any."""
        for seen, place in self._regions:
            sure = self._found[place].agreement >= self._mode.sure
            if is_again(region, seen) or (sure and same_region(region, seen)):
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
        # without the mirror the detector's word must do for its own and for that
        seen, agreement = self._look(region), math.sqrt(detection)
        if seen.person >= self._limits.min_presence and self._mode.looks > 1:
            seen, agreement = self._look_closer(seen)
        if seen.person < self._limits.min_presence:
            return None
        return Sighting(seen, point_scores(seen, *self._picture.size), detection, agreement)

    def _look_closer(self, seen: landmarks.Landmarks) -> tuple[landmarks.Landmarks, float]:
        """Return the mean of two successive looks at somebody, and how well they agree.

        Each look is at the region the one before asks for, in turns mirrored and not. People keep
        their pose in the mirror; what only resembles a person mostly does not.
        """
        best, agreement = seen, 0.0
        for number in range(1, self._mode.looks):
            region = region_of(seen.alignment, landmarks.CLOSE_SCALE)
            if region.side < _LEAST_SIDE:
                break
            before, seen = seen, self._look(region, mirrored=number % 2 == 1)
            both = landmarks.blend(before, seen)
            alike = similarity(before, seen, point_scores(both, *self._picture.size))
            if number == 1 or alike > agreement:
                best, agreement = both, alike
            if not _HOPELESS <= alike < self._mode.sure:
                break
        return best, agreement

    def _look(self, region: Region, *, mirrored: bool = False) -> landmarks.Landmarks:
        grid = self._picture.region(region)
        if mirrored:
            grid = np.ascontiguousarray(grid[:, ::-1])
        return landmarks.decode(self._networks.look(grid), region, mirrored=mirrored)


def is_again(region: Region, seen: Region) -> bool:
    """Return whether a look at a region would only repeat one that was had."""
    shift = math.hypot(region.x - seen.x, region.y - seen.y) / seen.side
    growth = abs(region.side / seen.side - 1)
    turned = abs(math.remainder(region.angle - seen.angle, math.tau))
    return max(shift, growth, turned) <= _AGAIN
