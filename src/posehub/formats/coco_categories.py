"""The categories of a COCO annotation file: which of them have keypoints, and on which skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from posehub.errors import FormatError
from posehub.formats import fields
from posehub.formats.elements import elements
from posehub.formats.faults import located
from posehub.formats.ids import Ids
from posehub.formats.notes import Notes
from posehub.formats.whole_body import has_parts
from posehub.poses.catalogue import catalogue
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17, COCO_WHOLEBODY133
from posehub.poses.skeletons.names import are_those_of, plain, spots_of


@frozen(eq=False)
class Categories:
    """The categories of an annotation file.

    Attributes:
        skeleton: of the categories that have keypoints; None if there are no categories.
        with_keypoints: category id -> whether its people have keypoints.
        ids: the categories' ids.
    """

    skeleton: Skeleton | None
    with_keypoints: dict[int, bool]
    ids: Ids


def read_categories(
    path: Path, given: Skeleton | None, notes: Notes, *, name: str | None = None
) -> Categories:
    """Return the categories of an annotation file.

    Args:
        path: of the file.
        given: the skeleton; it needs as many keypoints as the categories name, if they do.
        notes: gets links that lead to no keypoint.
        name: of the only category whose people count; None means all that have keypoints.

    Raises:
        FormatError: there is no skeleton, several, or another one than `given`.
    """
    with located(path, "categories"):
        every = [category for _, category in elements(path, "categories")]
        categories = _categories(every, given, f"{path}: categories", notes, name)
    if given is None and categories.skeleton == COCO17 and _first_has_parts(path):
        return Categories(COCO_WHOLEBODY133, categories.with_keypoints, categories.ids)
    return categories


def _first_has_parts(path: Path) -> bool:
    try:
        return has_parts(next((entry for _, entry in elements(path, "annotations")), None))
    except FormatError:
        return False  # raised again where annotations are read


def _categories(
    every: list[Any], given: Skeleton | None, where: str, notes: Notes, name: str | None
) -> Categories:
    ids = Ids()
    names = {ids.add(category, "id"): _names(category) for category in every}
    by_id = dict(zip(names, every, strict=True))
    if name is not None:
        chosen = {n for n in names if plain(str(by_id[n].get("name", ""))) == plain(name)}
        if not chosen:
            known = ", ".join(repr(category.get("name")) for category in every)
            raise ValueError(f"have no category {name!r}; there are {known}")
    else:
        chosen = set(names)
    different = dict.fromkeys(names[n] for n in names if n in chosen and names[n])
    if not different:
        if every and given is None:
            raise ValueError("name no keypoints, so name the skeleton: skeleton=...")
        return Categories(given, {n: n in chosen for n in names}, ids)
    if len(different) > 1:
        raise ValueError(
            "have different keypoints, and a result has one skeleton; split the file by category"
        )
    (keypoints,) = different
    with_keypoints = {n: n in chosen and bool(its) for n, its in names.items()}
    if given is not None:
        _refuse_other(keypoints, given)
        return Categories(given, with_keypoints, ids)
    for known_skeleton in catalogue.values():
        if are_those_of(keypoints, known_skeleton):
            return Categories(known_skeleton, with_keypoints, ids)
    category = next(by_id[n] for n in names if with_keypoints[n])
    skeleton = Skeleton(
        f"coco:{category.get('name')}",
        keypoints,
        _links(category, where, notes),
        spots=spots_of(keypoints, list(catalogue.values())),
    )
    return Categories(skeleton, with_keypoints, ids)


def _refuse_other(keypoints: tuple[str, ...], given: Skeleton) -> None:
    """Refuse names that cannot be those of the given skeleton.

    The caller's word counts more than other names. It does not count more than the same names in
    another order, which would put left in the place of right.

    Raises:
        ValueError: the numbers differ, or the order does.
    """
    if are_those_of(keypoints, given):
        return
    if given == COCO_WHOLEBODY133 and are_those_of(keypoints, COCO17):
        return  # feet, face and hands are in fields of their own
    if len(keypoints) != len(given):
        raise ValueError(
            f"name other keypoints than those of {given.name!r}: "
            f"{len(keypoints)}, and it has {len(given)}"
        )
    if sorted(map(plain, keypoints)) == sorted(map(plain, given.keypoints)):
        raise ValueError(
            f"name the keypoints of {given.name!r} in another order; name no skeleton, and convert "
            "the results"
        )


def _names(category: Any) -> tuple[str, ...]:
    names = category.get("keypoints") or [] if isinstance(category, Mapping) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"keypoints must be a list of names, got {fields.shown(category)}")
    return tuple(names)


def _links(category: Mapping[str, Any], where: str, notes: Notes) -> list[tuple[str, str]]:
    """Return the links between keypoints, which decorate drawings; odd ones are left out."""
    names, links = category["keypoints"], category.get("skeleton") or []
    found = []
    for link in links if isinstance(links, list) else [links]:
        match link:
            case [int(first), int(second)] if (
                0 < min(first, second) <= max(first, second) <= len(names)
            ):
                found.append((names[first - 1], names[second - 1]))
            case _:
                why = f"skeleton must be pairs of numbers from 1 to {len(names)}"
                notes.add("links ignored", where, f"{why}, got {fields.shown(link)}")
    return found
