"""Records of every kind, for the tests of formats."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import strategies as st

import posehub
from posehub import PoseResult, Record
from posehub.errors import BackendError, ImageError, RateLimitedError
from posehub.testing import random_people

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def _results(draw, skeleton, dimensions, complete):
    """Results with gaps of every kind, unless `complete`; coordinates are 64ths of pixels."""
    people = draw(st.integers(0, 4))
    source = np.random.default_rng(draw(st.integers(0, 2**32)))
    gaps = 0 if complete else draw(st.sampled_from([0, 0.3, 1]))
    shape = (people, len(skeleton))
    keypoints = source.integers(-9999, 99999, (*shape, 2)) / 64
    scores = source.random(shape, np.float32)
    scores[source.random(shape) < gaps / 2] = np.nan
    missing = source.random(shape) < gaps
    keypoints[missing] = np.nan
    scores[missing] = 0
    corners = source.integers(-9999, 99999, (people, 2, 2)) / 64
    boxes = np.sort(corners, axis=1).reshape(people, 4)
    boxes[source.random(people) < gaps] = np.nan
    box_scores = source.random(people, np.float32)
    box_scores[source.random(people) < gaps] = np.nan
    keypoints_3d = None
    ids = None
    # whether an image without people has any is not kept by tables
    if people and dimensions == 3:
        keypoints_3d = source.normal(size=(*shape, 3))
    if people and draw(st.booleans()):
        ids = source.integers(-(2**63), 2**63, people)
    return PoseResult(
        keypoints=keypoints,
        scores=scores,
        boxes=boxes,
        box_scores=box_scores,
        skeleton=skeleton,
        image_size=draw(st.none() | st.just((640, 480))),
        backend=draw(st.sampled_from(["", "baidu"])),
        request_id=draw(st.none() | TEXTS),
        keypoints_3d=keypoints_3d,
        ids=ids,
    )


WHOLE = st.integers(0, 2**62)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
ERRORS = st.one_of(
    st.builds(ImageError, TEXTS),
    st.builds(BackendError, TEXTS, code=st.none() | WHOLE | st.just("busy"), request_id=TEXTS),
    st.builds(RateLimitedError, TEXTS, code=st.just(18)),
)


@pytest.fixture(scope="session")
def data_sets():
    """A strategy of lists of records with names and ids of their own, all on one skeleton."""

    def strategy(skeleton="coco17", *, dimensions=(2, 3), complete=False, names=NAMES):
        facts = {
            "image": names,
            "image_id": WHOLE,
            "digest": st.none() | st.just("sha256:" + "0" * 64),
            "frame": st.none() | WHOLE,
            "time": st.none() | st.floats(0, 1e9),
        }
        failed = st.builds(Record, error=ERRORS, size=st.sampled_from([None, (64, 48)]), **facts)

        def records(dimensions):
            results = _results(posehub.get_skeleton(skeleton), dimensions, complete)
            return st.lists(
                st.builds(Record, result=results, **facts) | failed,
                max_size=4,
                unique_by=(lambda record: record.image, lambda record: record.image_id),
            )

        return st.sampled_from(dimensions).flatmap(records)

    return strategy


@pytest.fixture
def records():
    """Three images with two people, none and one."""
    return [
        Record(f"{number}.jpg", random_people(people, seed=number), number)
        for number, people in enumerate((2, 0, 1), 1)
    ]


@pytest.fixture(scope="session")
def stripped():
    """Return a record with only what a format keeps: these facts, and `kept` of the result."""

    def strip(record, *, facts=(), **kept):
        result = record.result
        defaults = {
            "boxes": np.full((len(result), 4), np.nan),
            "box_scores": np.full(len(result), np.nan),
            "image_size": None,
            "backend": "",
            "request_id": None,
            "keypoints_3d": None,
            "ids": None,
        }
        facts = {"image": "", **{name: getattr(record, name) for name in facts}}
        return Record(result=attrs.evolve(result, **defaults | kept), **facts)

    return strip
