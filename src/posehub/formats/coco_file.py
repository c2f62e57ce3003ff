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

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from attrs import converters, field, frozen
from numpy.typing import NDArray

from posehub.errors import FormatError
from posehub.formats import fields
from posehub.formats.coco_categories import Categories
from posehub.formats.elements import elements
from posehub.formats.ids import Ids
from posehub.formats.notes import Notes
from posehub.formats.whole_body import joined
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO_WHOLEBODY133

Floats = NDArray[np.float64]

T = TypeVar("T")


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
        keypoints: (K, 3), x, y and the third value: of annotations 0 if not labelled, else
            above 0 (COCO-WholeBody has fractions); of results any number.
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


def read_images(path: Path, ids: Ids, notes: Notes) -> Iterator[CocoImage]:
    """Yield the images of an annotation file; add their ids to `ids`.

    Raises:
        FormatError: no image is well-formed.
    """

    def image(entry: Any) -> CocoImage:
        name = fields.text(entry, "file_name")
        return CocoImage(
            image_id=ids.add(entry, "id"),
            name=name,
            size=_size(entry),
            digest=_of_type(entry, "digest", str),
            frame=_of_type(entry, "frame", int),
            time=_of_type(entry, "time", float, int),
        )

    for _, found in well_formed(path, "images", image, notes):
        yield found


def read_annotations(
    path: Path, categories: Categories, images: Ids, notes: Notes
) -> Iterator[tuple[str, CocoPerson]]:
    """Yield entry name and person of each annotation whose category has keypoints.

    An annotation without keypoints is a person of whom nothing is labelled.

    Raises:
        FormatError: no annotation is well-formed.
    """
    skeleton = categories.skeleton

    def annotation(entry: Any) -> CocoPerson | None:
        category = categories.ids.find(entry, "category_id")
        if category is None:
            raise ValueError(
                f"category_id {fields.shown(entry['category_id'])} is not in 'categories'"
            )
        if skeleton is None or not categories.with_keypoints[category]:
            return None
        image_id = images.find(entry, "image_id")
        if image_id is None:
            raise ValueError(f"image_id {fields.shown(entry['image_id'])} is not in 'images'")
        person = _person(entry, skeleton, image_id)
        if (person.keypoints[:, 2] < 0).any():
            raise ValueError("keypoints must have a visibility of 0, or above it if labelled")
        return person

    return well_formed(path, "annotations", annotation, notes)


def read_results(
    path: Path,
    skeleton: Skeleton,
    image_id: Callable[[Any], int],
    notes: Notes,
    category: Callable[[Any], bool] | None = None,
) -> Iterator[tuple[str, CocoPerson]]:
    """Yield entry name and person of each entry of a results file.

    Args:
        path: of the file.
        skeleton: of the people, which the file does not name.
        image_id: the number of an entry's image; raises ValueError.
        notes: gets what is skipped.
        category: whether an entry is of a category that counts; None means every one is.

    Raises:
        FormatError: no entry is well-formed.
    """

    def result(entry: Any) -> CocoPerson | None:
        if category is not None and not category(entry):
            return None
        if not fields.take(entry, "keypoints"):
            raise ValueError("keypoints is empty")
        fields.number(entry, "score")
        return _person(entry, skeleton, image_id(entry))

    return well_formed(path, "", result, notes)


def well_formed(
    path: Path, key: str, parse: Callable[[Any], T | None], notes: Notes
) -> Iterator[tuple[str, T]]:
    """Yield name and value of each entry of an array; odd entries are skipped and counted.

    Args:
        path: of the file.
        key: of the array, or "" if the file is one.
        parse: the value of an entry, None if it is of no interest; raises ValueError.
        notes: gets the entries that are skipped.

    Raises:
        FormatError: there are entries, and none is well-formed; this is the first one's fault.
    """
    first: FormatError | None = None
    count = 0
    for entry, data in elements(path, key):
        where = f"{path}: {entry}"
        try:
            value = parse(data)
        except ValueError as error:
            notes.add(f"{key or 'results'} skipped", where, error)
            first = first or FormatError(f"{where}: {error}")
            continue
        count += 1
        if value is not None:
            yield entry, value
    if first is not None and not count:
        raise first


def missing_in_results(keypoints: Floats) -> NDArray[np.bool_]:
    """Return which keypoints of results, (..., K, 3), are not reported, (..., K): x = y = 0."""
    missing: NDArray[np.bool_] = (keypoints[..., :2] == 0).all(axis=-1)
    return missing


def scores_in_results(keypoints: Floats) -> Floats:
    """Return the scores of keypoints of results, (..., K): third values in [0, 1], else NaN."""
    third = keypoints[..., 2]
    return np.where((third >= 0) & (third <= 1), third, np.nan)


def _person(entry: Any, skeleton: Skeleton, image_id: int) -> CocoPerson:
    points = len(skeleton)
    keypoints = _keypoints(entry, skeleton).reshape(points, 3)
    area = fields.loose_number(entry, "area")
    if area is not None and area < 0:
        raise ValueError(f"area must be at least 0, got {area}")
    score = fields.loose_number(entry, "score")
    scores = np.full(points, np.nan)
    if entry.get("keypoint_scores") is not None:
        scores = fields.numbers_or_null(entry, "keypoint_scores", points)
    count = fields.loose_number(entry, "num_keypoints")
    return CocoPerson(
        image_id=image_id,
        keypoints=keypoints,
        box=_box(entry),
        score=np.nan if score is None else score,
        keypoint_scores=scores,
        area=np.nan if area is None else area,
        num_keypoints=int(np.count_nonzero(keypoints[:, 2]) if count is None else count),
        crowd=bool(fields.loose_number(entry, "iscrowd")),
        track_id=_of_type(entry, "track_id", int),
    )


def _keypoints(entry: Mapping[str, Any], skeleton: Skeleton) -> Floats:
    """Return x, y and the third value of the keypoints, (3 K,); zeros if there are none."""
    values = entry.get("keypoints")
    if skeleton == COCO_WHOLEBODY133 and (not values or len(values) != 3 * len(skeleton)):
        return joined(entry)
    if values is None or values == []:
        return np.zeros(3 * len(skeleton))
    return fields.numbers_or_zero(entry, "keypoints", 3 * len(skeleton))


def _box(entry: Mapping[str, Any]) -> Floats:
    """Return x, y, width and height; AlphaPose calls the field `box`."""
    key = "bbox" if entry.get("bbox") else "box"
    if (not isinstance(entry.get(key), list) and key == "box") or not entry[key]:
        return np.full(4, np.nan)
    box = fields.numbers(entry, key, 4)
    if (box[2:] < 0).any():
        raise ValueError(f"{key} has a negative width or height: {fields.shown(entry[key])}")
    return box


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    sides = [fields.loose_number(image, side) for side in ("width", "height")]
    if None in sides or 0 in sides:
        return None
    width, height = (int(side) for side in sides if side is not None)
    if width < 0 or height < 0:
        raise ValueError(f"width and height must be above 0, got {width} and {height}")
    return width, height


def _of_type(data: Mapping[str, Any], key: str, *types: type) -> Any:
    value = data.get(key)
    return value if type(value) in types else None
