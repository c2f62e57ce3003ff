"""The parser of COCO's two kinds of keypoint files, for `posehub.read` and for evaluation.

Annotations, as cocodataset.org describes them under "Data format": `images` (id, file_name, width,
height), `annotations` (image_id, category_id, keypoints as x, y, v; bbox as x, y, width, height;
area, iscrowd, num_keypoints) and `categories`, which name the keypoints. Results, as under
"Results format": an array of people, each with image_id, category_id, keypoints as x, y and a third
value, and score.

posehub writes some more fields, which COCO's tools ignore: `digest`, `frame` and `time` of an
image; `score`, `keypoint_scores` (as MMPose calls them; null stands for NaN) and `track_id` (as
PoseTrack calls it) of a person. A value of `digest`, `frame`, `time` or `track_id` that is not of
posehub's type is ignored, because other tools may use these names for something else.

All numbers are float64, so that evaluation computes with the numbers of the file.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import converters, field, frozen
from numpy.typing import NDArray

from posehub.formats import fields
from posehub.formats.elements import elements
from posehub.formats.faults import located
from posehub.poses.catalogue import catalogue
from posehub.poses.skeleton import Skeleton

Floats = NDArray[np.float64]

_VISIBILITIES = {0, 1, 2}  # not labelled; labelled and not visible; labelled and visible


@frozen
class Categories:
    """The categories of an annotation file.

    Attributes:
        skeleton: of the categories that have keypoints; None if there are no categories.
        with_keypoints: category id -> whether its people have keypoints.
    """

    skeleton: Skeleton | None
    with_keypoints: dict[int, bool]


@frozen
class CocoImage:
    """An image of an annotation file."""

    image_id: int
    name: str
    size: tuple[int, int] | None
    digest: str | None
    frame: int | None
    time: float | None = field(converter=converters.optional(float))


@frozen(eq=False)
class CocoPerson:
    """An annotated or detected person with K keypoints.

    Attributes:
        image_id: of the person's image.
        keypoints: (K, 3), x, y and the third value: the visibility 0, 1 or 2 of annotations; of
            results any number.
        box: (4,), x, y, width, height; NaN if the file has none.
        score: NaN if the file has none.
        keypoint_scores: (K,); NaN where the file has none.
        area: square pixels; NaN if the file has none.
        num_keypoints: as the file has it, else the number of keypoints whose third value is not 0.
        crowd: whether this is a group of people, which evaluation ignores.
        track_id: the person's id across the frames of a film, or None.
    """

    image_id: int
    keypoints: Floats
    box: Floats
    score: float
    keypoint_scores: Floats
    area: float
    num_keypoints: int
    crowd: bool
    track_id: int | None


def read_categories(path: Path, given: Skeleton | None) -> Categories:
    """Return the categories of an annotation file.

    Args:
        path: of the file.
        given: the skeleton to use if the categories name no keypoints.

    Raises:
        FormatError: there is no skeleton, several, or another one than `given`.
    """
    with located(path, "categories"):
        return _categories([category for _, category in elements(path, "categories")], given)


def read_images(path: Path, known: set[int]) -> Iterator[CocoImage]:
    """Yield the images of an annotation file; add their ids to `known`.

    Raises:
        FormatError: an image is malformed, or its id is in `known` already.
    """
    for entry, image in elements(path, "images"):
        with located(path, entry):
            image_id = fields.whole_number(image, "id")
            if image_id in known:
                raise ValueError(f"duplicate id {image_id}")
            known.add(image_id)
            found = CocoImage(
                image_id=image_id,
                name=fields.text(image, "file_name"),
                size=_size(image),
                digest=_of_type(image, "digest", str),
                frame=_of_type(image, "frame", int),
                time=_of_type(image, "time", float, int),
            )
        yield found


def read_annotations(
    path: Path, categories: Categories, images: Container[int]
) -> Iterator[tuple[str, CocoPerson]]:
    """Yield entry name and person of each annotation whose category has keypoints.

    Raises:
        FormatError: an annotation is malformed, or its category or image is unknown.
    """
    points = 0 if categories.skeleton is None else len(categories.skeleton)
    for entry, annotation in elements(path, "annotations"):
        with located(path, entry):
            category = fields.whole_number(annotation, "category_id")
            if category not in categories.with_keypoints:
                raise ValueError(f"category_id {category} is not in 'categories'")
            if not categories.with_keypoints[category]:
                continue
            person = _person(annotation, points)
            if person.image_id not in images:
                raise ValueError(f"image_id {person.image_id} is not in 'images'")
            if not _VISIBILITIES.issuperset(person.keypoints[:, 2].tolist()):
                raise ValueError("keypoints must have a visibility of 0, 1 or 2")
        yield entry, person


def read_results(
    path: Path, points: int, category: int | None = None
) -> Iterator[tuple[str, CocoPerson]]:
    """Yield entry name and person of each entry of a results file.

    Args:
        path: of the file.
        points: the number of keypoints, which the file does not name.
        category: skip entries of another category; None means skip none.

    Raises:
        FormatError: an entry is malformed.
    """
    for entry, result in elements(path):
        with located(path, entry):
            fields.number(result, "score")
            if category is not None and result.get("category_id", category) != category:
                continue
            person = _person(result, points)
        yield entry, person


def missing_in_results(keypoints: Floats) -> NDArray[np.bool_]:
    """Return which keypoints of results, (..., K, 3), are not reported, (..., K): x = y = 0."""
    missing: NDArray[np.bool_] = (keypoints[..., :2] == 0).all(axis=-1)
    return missing


def scores_in_results(keypoints: Floats) -> Floats:
    """Return the scores of keypoints of results, (..., K): third values in [0, 1], else NaN."""
    third = keypoints[..., 2]
    return np.where((third >= 0) & (third <= 1), third, np.nan)


def _person(entry: Any, points: int) -> CocoPerson:
    keypoints = fields.numbers(entry, "keypoints", 3 * points).reshape(points, 3)
    box = np.full(4, np.nan)
    if "bbox" in entry:
        box = fields.numbers(entry, "bbox", 4)
        if (box[2:] < 0).any():
            raise ValueError(f"bbox has a negative width or height: {fields.shown(entry['bbox'])}")
    area = fields.optional(fields.number, entry, "area")
    if area is not None and area < 0:
        raise ValueError(f"area must be at least 0, got {area}")
    score = fields.optional(fields.number, entry, "score")
    scores = np.full(points, np.nan)
    if "keypoint_scores" in entry:
        scores = fields.numbers_or_null(entry, "keypoint_scores", points)
    count = fields.optional(fields.number, entry, "num_keypoints")
    return CocoPerson(
        image_id=fields.whole_number(entry, "image_id"),
        keypoints=keypoints,
        box=box,
        score=np.nan if score is None else score,
        keypoint_scores=scores,
        area=np.nan if area is None else area,
        num_keypoints=int(np.count_nonzero(keypoints[:, 2]) if count is None else count),
        crowd=bool(entry.get("iscrowd")),
        track_id=_of_type(entry, "track_id", int),
    )


def _categories(categories: list[Any], given: Skeleton | None) -> Categories:
    names = {fields.whole_number(category, "id"): _names(category) for category in categories}
    different = dict.fromkeys(filter(None, names.values()))
    if not different:
        if categories and given is None:
            raise ValueError("name no keypoints, so name the skeleton: skeleton=...")
        return Categories(given, dict.fromkeys(names, True))
    if len(different) > 1:
        raise ValueError(
            "have different keypoints, and a result has one skeleton; split the file by category"
        )
    (keypoints,) = different
    with_keypoints = {category_id: bool(its) for category_id, its in names.items()}
    if given is not None:
        if given.keypoints != keypoints:
            raise ValueError(f"name other keypoints than those of {given.name!r}")
        return Categories(given, with_keypoints)
    for known in catalogue.values():
        if known.keypoints == keypoints:
            return Categories(known, with_keypoints)
    category = next(category for category in categories if _names(category))
    skeleton = Skeleton(f"coco:{category.get('name')}", keypoints, _links(category))
    return Categories(skeleton, with_keypoints)


def _names(category: Any) -> tuple[str, ...]:
    names = category.get("keypoints", []) if isinstance(category, Mapping) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"keypoints must be a list of names, got {fields.shown(category)}")
    return tuple(names)


def _links(category: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = category["keypoints"]
    try:
        # counted from 1
        pairs = [
            (int(first) - 1, int(second) - 1) for first, second in category.get("skeleton", [])
        ]
        if any(index < 0 for pair in pairs for index in pair):
            raise IndexError
        return [(names[first], names[second]) for first, second in pairs]
    except (TypeError, ValueError, IndexError):
        raise ValueError(
            f"skeleton must be pairs of numbers from 1 to {len(names)}, "
            f"got {fields.shown(category['skeleton'])}"
        ) from None


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    if image.get("width") is None and image.get("height") is None:
        return None
    return fields.whole_number(image, "width"), fields.whole_number(image, "height")


def _of_type(data: Mapping[str, Any], key: str, *types: type) -> Any:
    value = data.get(key)
    return value if type(value) in types else None
