"""Which components of a .pose file are keypoints of the image, and on which skeleton."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from posehub.formats.notes import Notes
from posehub.poses.catalogue import catalogue
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO_WHOLEBODY133
from posehub.poses.skeletons.names import BODIES, are_those_of, spots_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pose_format.pose_header import PoseHeaderComponent

WORLD = "POSE_WORLD_LANDMARKS"
"""The component of MediaPipe's landmarks in metres, which are not pixels of the image."""

_HAND_JOINTS = {
    "WRIST": "hand_root",
    **{f"THUMB_{part}": f"thumb{n}" for n, part in enumerate(("CMC", "MCP", "IP", "TIP"), 1)},
    **{
        f"{finger}_FINGER_{part}".replace("PINKY_FINGER", "PINKY"): f"{own}{n}"
        for finger, own in (
            ("INDEX", "forefinger"),
            ("MIDDLE", "middle_finger"),
            ("RING", "ring_finger"),
            ("PINKY", "pinky_finger"),
        )
        for n, part in enumerate(("MCP", "PIP", "DIP", "TIP"), 1)
    },
}
"""MediaPipe's HandLandmark -> the name in coco_wholebody133, without the side."""


@frozen
class Chosen:
    """What is read of a clip.

    Attributes:
        skeleton: of the people.
        columns: of its keypoints among all points of the clip.
    """

    skeleton: Skeleton
    columns: NDArray[np.intp]


def choose(
    components: Sequence[PoseHeaderComponent], given: Skeleton | None, where: str, notes: Notes
) -> Chosen:
    """Return the skeleton of a header, and its columns.

    Args:
        components: of the header.
        given: the skeleton that the caller names: of one component, or of all of them.
        where: the file, for notes.
        notes: gets components and limbs that are not read.

    Raises:
        ValueError: the given skeleton has another number of points than every component, or a name
            is there twice.
    """
    starts = np.cumsum([0, *(len(component.points) for component in components)])
    every = list(zip(components, starts.tolist(), strict=False))
    if any(component.name == WORLD for component, _ in every):
        notes.add("components not read", where, f"{WORLD} is in metres, not in pixels")
    image = [(component, start) for component, start in every if component.name != WORLD]
    columns = _columns(image)
    if given is not None:
        if len(given) == len(columns):
            return Chosen(given, columns)
        fitting = [pair for pair in image if are_those_of(pair[0].points, given)] or [
            pair for pair in image if len(pair[0].points) == len(given)
        ]
        if len(fitting) != 1:
            sizes = ", ".join(f"{c.name}: {len(c.points)}" for c, _ in image)
            more = f" ({sizes})" if len(image) > 1 else ""
            raise ValueError(f"has {len(columns)} points{more}, and {given.name!r} {len(given)}")
        return Chosen(given, _columns(fitting))
    if len(image) == 1:
        for known in catalogue.values():
            if are_those_of(image[0][0].points, known):
                return Chosen(known, columns)
    return Chosen(_own([component for component, _ in image], where, notes), columns)


def _columns(pairs: Sequence[tuple[PoseHeaderComponent, int]]) -> NDArray[np.intp]:
    parts = [np.arange(start, start + len(component.points)) for component, start in pairs]
    return np.concatenate([np.empty(0, np.intp), *parts]).astype(np.intp)


def _own(components: Sequence[PoseHeaderComponent], where: str, notes: Notes) -> Skeleton:
    """Return a skeleton of all points; with several components, names begin with theirs."""
    single = len(components) == 1
    names: list[str] = []
    links: list[tuple[str, str]] = []
    spots: dict[str, str] = {}
    for component in components:
        own = [point if single else f"{component.name}.{point}" for point in component.points]
        names += own
        for first, second in component.limbs:
            if max(first, second) >= len(own):
                why = f"a limb leads to point {max(first, second)} of {len(own)}"
                notes.add("limbs ignored", where, f"{component.name}: {why}")
            else:
                links.append((own[first], own[second]))
        of_points = _spots(component)
        for name, point in zip(own, component.points, strict=True):
            spot = of_points.get(point, point if not single else None)
            if spot is not None and spot not in spots.values():
                spots[name] = spot
    known = {spot for model in BODIES.values() for spot in map(model.spot, model.keypoints)}
    known |= {COCO_WHOLEBODY133.spot(name) for name in COCO_WHOLEBODY133.keypoints}
    spots = {name: spot for name, spot in spots.items() if spot in known and spot not in names}
    return Skeleton("+".join(component.name for component in components), names, links, spots=spots)


def _spots(component: PoseHeaderComponent) -> dict[str, str]:
    """Return the anatomical locations of a component's points, as far as they are known."""
    name = component.name.lower()
    if "hand" in name:
        side = "left" if "left" in name else "right"
        return {
            point: f"{side}_{_HAND_JOINTS[point]}"
            for point in component.points
            if point in _HAND_JOINTS
        }
    if "face" in name:
        return {}
    return spots_of(list(dict.fromkeys(component.points)), _models(name))


def _models(name: str) -> Sequence[Skeleton]:
    return [BODIES[name]] if name in BODIES else list(catalogue.values())
