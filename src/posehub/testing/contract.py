"""The contract between posehub and its backends, as tests for any backend."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

from posehub.backends.base import Backend
from posehub.backends.layers import fields_of
from posehub.backends.spec import BackendSpec
from posehub.backends.wrapper import Wrapper
from posehub.errors import ConfigError, ImageError, UnknownOptionError
from posehub.images.loading import load_image
from posehub.plugins.opening import open_backend
from posehub.plugins.registry import get_registry
from posehub.poses.catalogue import get_skeleton
from posehub.poses.result import PoseResult
from posehub.recording.record import record as open_recording
from posehub.testing.processes import DETECT, DETECT_AFTER_FORK, in_another_process

_WORKERS = 4
_ROUNDS = 3


class BackendContract:
    """Subclass it, name a backend and some images, and pytest checks the whole contract.

    Attributes:
        backend: name of an installed backend.
        images: at least two different images that it takes, in any form that `detect` takes, at
            least one of them with a person.
        empty_image: an image without people, or None if the backend always finds some.
        options: what `open_backend` is given, such as the address of a stub of the service.
        result_backend: name of the backend that the results are from, if it is another one.
        finds_people: False if no image with a person is available; the checks that need people are
            then skipped, which pytest shows.
    """

    backend: ClassVar[str]
    images: ClassVar[Sequence[Any]]
    empty_image: ClassVar[Any] = None
    options: ClassVar[Mapping[str, Any]] = {}
    result_backend: ClassVar[str | None] = None
    finds_people: ClassVar[bool] = True

    def open(self, **options: Any) -> Backend:
        """Open the backend; override it if options are not enough."""
        return open_backend(self.backend, **{**self.options, **options})

    def record(self, cassette: Path) -> Backend:
        """Open the backend for recording; override it if options are not enough."""
        return open_recording(self.backend, cassette=cassette, options=self.options)

    def play(self, cassette: Path) -> Backend:
        """Open what `record` has recorded; override it together with `record`."""
        return open_recording(self.backend, cassette=cassette, mode="none", options=self.options)

    def test_every_result_has_the_shapes_and_dtypes_of_the_model(self) -> None:
        """Float32 arrays of P persons and K keypoints, scores in [0, 1]."""
        for result in self._results():
            persons, points = len(result), len(result.skeleton)
            shapes = {
                "keypoints": (persons, points, 2),
                "scores": (persons, points),
                "boxes": (persons, 4),
                "box_scores": (persons,),
                "keypoints_3d": (persons, points, 3),
            }
            for name, shape in shapes.items():
                array = getattr(result, name)
                if array is not None:
                    assert (array.shape, array.dtype) == (shape, np.float32), name
            for scores in (result.scores, result.box_scores):
                known = scores[~np.isnan(scores)]
                assert ((known >= 0) & (known <= 1)).all()

    def test_every_result_is_of_the_backends_skeleton(self) -> None:
        """The skeleton is the one that the description names."""
        name = self.result_backend or self.backend
        declared = get_registry().find(name).skeleton
        if declared is None:  # the options decide
            return
        skeleton = get_skeleton(declared)
        for result in self._results():
            assert result.skeleton == skeleton

    def test_every_result_has_the_size_of_its_image(self) -> None:
        """`image_size` is that of the upright original, not of a shrunk copy."""
        for image, result in zip(self.images, self._results(), strict=True):
            assert result.image_size == load_image(image).size

    def test_every_result_names_the_backend(self) -> None:
        """`backend` is the name it was opened by."""
        names = {result.backend for result in self._results()}
        assert names == {self.result_backend or self.backend}

    def test_keypoints_are_near_their_image(self) -> None:
        """Coordinates are pixels of the original: not of a shrunk copy, not shares of the size."""
        for result in self._results():
            assert result.image_size is not None
            size = np.array(result.image_size)
            points = result.keypoints[~np.isnan(result.keypoints[..., 0])]
            assert (points >= -size).all(), "a keypoint is a whole image to the left or above"
            assert (points <= 2 * size).all(), "a keypoint is a whole image right or below"

    def test_people_are_found_in_at_least_one_image(self) -> None:
        """Without a person, the checks of keypoints and boxes would check nothing."""
        if not self.finds_people:
            pytest.skip("no image with a person: the checks of people have checked nothing")
        assert any(len(result) for result in self._results()), (
            "the backend finds no person in any of `images`; give one with a person, or set "
            "finds_people = False"
        )

    def test_missing_keypoints_are_nan(self) -> None:
        """A keypoint that was not found is NaN, not (0, 0)."""
        for result in self._results():
            at_origin = (result.keypoints == 0).all(axis=2)
            assert not at_origin.any(), "a keypoint is at exactly (0, 0); report NaN if not found"

    def test_boxes_have_their_corners_in_order(self) -> None:
        """x1 <= x2 and y1 <= y2."""
        for result in self._results():
            boxes = result.boxes[~np.isnan(result.boxes).any(axis=1)]
            assert (boxes[:, :2] <= boxes[:, 2:]).all()

    def test_an_image_without_people_gives_an_empty_result(self) -> None:
        """No people is a result like any other: no false person, no error."""
        if self.empty_image is not None:
            with self.open() as backend:
                assert len(backend.detect(self.empty_image)) == 0

    def test_a_batch_keeps_its_order(self) -> None:
        """`detect_batch` returns for each image what `detect` returns, in order."""
        images = [load_image(image) for image in self._copies() * 2]
        with self.open() as backend:
            together = [_essence(result) for result in backend.detect_batch(images)]
            singly = [_essence(backend.detect(image)) for image in images]
        assert together == singly

    def test_an_empty_batch_gives_an_empty_list(self) -> None:
        """No image, no result, no error."""
        with self.open() as backend:
            assert list(backend.detect_batch([])) == []

    def test_threads_get_the_results_of_their_own_images(self) -> None:
        """Several threads get the results that one gets."""
        with self.open() as backend:
            images = self._copies()
            expected = [_essence(backend.detect(image)) for image in images] * _ROUNDS
            many = backend.detect_many(images * _ROUNDS, workers=_WORKERS)
            assert [_essence(result) for result in many] == expected

    def test_the_callers_arrays_are_not_changed(self) -> None:
        """A backend does not write into the arrays it is given."""
        pixels = [load_image(image).pixels().copy() for image in self._copies()]
        before = [array.copy() for array in pixels]
        with self.open() as backend:
            for array in pixels:
                backend.detect(array)
        assert all(np.array_equal(a, b) for a, b in zip(pixels, before, strict=True))

    def test_the_callers_arrays_are_not_kept(self) -> None:
        """An array is released with the call: what is still needed is copied."""
        with self.open() as backend:
            array = load_image(self._copies()[0]).pixels().copy()
            reference = weakref.ref(array)
            result = backend.detect(array)
            del array
            gc.collect()
            assert reference() is None, "the backend or its result keeps the caller's array"
            assert isinstance(result, PoseResult)

    def test_what_is_not_an_image_is_an_image_error(self) -> None:
        """Errors are typed."""
        with self.open() as backend:
            wrongs: tuple[Any, ...] = (
                b"",
                b"not an image",
                5,
                "missing/photo.jpg",
                np.zeros((4, 4), np.uint8),
            )
            for wrong in wrongs:
                with pytest.raises(ImageError):
                    backend.detect(wrong)

    def test_an_unknown_option_is_refused_with_the_known_ones(self) -> None:
        """No option is silently ignored."""
        known = fields_of(get_registry().find(self.backend).options)
        with pytest.raises(UnknownOptionError) as caught:
            self.open(unknown_option=1)
        assert all(name in str(caught.value) for name in known)

    def test_an_option_of_the_wrong_type_is_refused(self) -> None:
        """Every option has a type, and it is checked."""
        for name in fields_of(get_registry().find(self.backend).options):
            with pytest.raises(ConfigError, match=name):
                self.open(**{name: object()})

    def test_secrets_are_not_in_any_repr(self) -> None:
        """Options that are declared secret are not shown."""
        info = get_registry().find(self.backend)
        given = dict(self.options)
        marks = {}
        for name, field in fields_of(info.options).items():
            if field.metadata["secret"]:
                marks[name] = f"secret-{name}-0123456789"
        own = {field.name for field in attrs.fields(info.options)}
        options = info.options(**{k: v for k, v in {**given, **marks}.items() if k in own})
        with self.open() as backend:
            shown = repr(options) + repr(backend) + repr(_innermost(backend))
        secrets = [*marks.values(), *(str(given[name]) for name in marks if name in given)]
        assert not any(secret in shown for secret in secrets)

    def test_closing_twice_raises_nothing(self) -> None:
        """A backend may be closed by hand inside a `with` block."""
        backend = self.open()
        backend.close()
        backend.close()

    def test_listing_the_backends_does_not_import_it(self) -> None:
        """The heavy part is imported when a backend is opened."""
        with self.open() as backend:
            module = type(_innermost(backend)).__module__
        code = f"import posehub, sys; posehub.list_backends(); sys.exit({module!r} in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603  # fixed code
        assert done.returncode == 0, f"{module} is imported by list_backends()"

    def test_a_pickled_spec_opens_an_equal_backend_in_another_process(self, tmp_path: Path) -> None:
        """`backend.spec` is all that a worker process needs."""
        images = [load_image(image) for image in self._copies()]
        with self.open() as backend:
            here = [_essence(backend.detect(image)) for image in images]
            spec = backend.spec or BackendSpec(self.backend, self.options)
        (there,) = in_another_process(DETECT, tmp_path, spec, images)
        assert [_essence(result) for result in there] == here

    def test_after_a_fork_a_backend_works_or_is_refused(self, tmp_path: Path) -> None:
        """A child never gets results of the parent's images, and never hangs."""
        if not hasattr(os, "fork"):
            pytest.skip("this system has no fork")
        images = [load_image(image) for image in self._copies()]
        with self.open() as backend:
            spec = backend.spec or BackendSpec(self.backend, self.options)
        here, child = in_another_process(DETECT_AFTER_FORK, tmp_path, spec, images)
        if isinstance(child, ConfigError):
            return
        assert [_essence(result) for result in child] == [_essence(result) for result in here]

    def test_a_recording_replays_to_equal_results(self, tmp_path: Path) -> None:
        """A cassette gives the recorded results, without the backend."""
        cassette = tmp_path / "contract.yaml"
        with self.record(cassette) as backend:
            live = list(backend.detect_many(self._copies()))
        for result in self._results():
            result.to_json()  # a recording leaves out a `raw` that JSON cannot hold
        with self.play(cassette) as backend:
            assert list(backend.detect_many(self._copies())) == live

    def _copies(self) -> list[Any]:
        """Return the images, arrays as copies, so that no check changes those of another."""
        return [i.copy() if isinstance(i, np.ndarray) else i for i in self.images]

    def _results(self) -> list[PoseResult]:
        with self.open() as backend:
            return list(backend.detect_many(self._copies()))


def _essence(result: PoseResult) -> PoseResult:
    """Return a result without the parts that differ from call to call."""
    return attrs.evolve(result, request_id=None, raw=None)


def _innermost(backend: Backend) -> Backend:
    while isinstance(backend, Wrapper):
        backend = backend.inner
    return backend
