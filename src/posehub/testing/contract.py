"""What code written against posehub relies on, as tests for any backend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np
import pytest

import posehub
from posehub.backends.base import Backend
from posehub.backends.options import fields_of
from posehub.backends.wrapper import Wrapper
from posehub.errors import ConfigError, ImageError, UnknownOptionError
from posehub.images.loading import load_image
from posehub.plugins.registry import get_registry
from posehub.poses.result import PoseResult

_WORKERS = 4
_ROUNDS = 3


class BackendContract:
    """Subclass it, name a backend and some pictures, and pytest checks the whole contract.

    Attributes:
        backend: name of an installed backend.
        images: at least two pictures it can look at, in any form `detect` takes, which differ.
        empty_image: a picture with nobody in it, or None if the backend cannot tell.
        options: what `open_backend` is given, such as the address of a stand-in for the service.
        speaks_for: name of the backend whose results these are, for one that only passes them on.
    """

    backend: ClassVar[str]
    images: ClassVar[Sequence[Any]]
    empty_image: ClassVar[Any] = None
    options: ClassVar[Mapping[str, Any]] = {}
    speaks_for: ClassVar[str | None] = None

    def open(self, **options: Any) -> Backend:
        """Open the backend; override it where more than options is needed."""
        return posehub.open_backend(self.backend, **{**self.options, **options})

    def record(self, cassette: Path) -> Backend:
        """Open the backend for recording; override it where more than options is needed."""
        return posehub.record(self.backend, cassette=cassette, options=self.options)

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
        """The skeleton is the one the backend is registered with."""
        name = self.speaks_for or self.backend
        declared = get_registry().find(name).skeleton
        if declared is None:  # the options decide
            return
        skeleton = posehub.get_skeleton(declared)
        for result in self._results():
            assert result.skeleton == skeleton

    def test_every_result_has_the_size_of_its_picture(self) -> None:
        """`image_size` is that of the upright original, whatever the backend shrunk."""
        for image, result in zip(self.images, self._results(), strict=True):
            assert result.image_size == load_image(image).size

    def test_every_result_names_the_backend(self) -> None:
        """`backend` is the name it was opened by."""
        names = {result.backend for result in self._results()}
        assert names == {self.speaks_for or self.backend}

    def test_keypoints_are_near_their_picture(self) -> None:
        """Pixels of the original: not of a shrunk copy, not shares of the size."""
        for result in self._results():
            assert result.image_size is not None
            size = np.array(result.image_size)
            points = result.keypoints[~np.isnan(result.keypoints[..., 0])]
            assert (points >= -size).all(), "a keypoint is a whole picture to the left or above"
            assert (points <= 2 * size).all(), "a keypoint is a whole picture right or below"

    def test_boxes_have_their_corners_in_order(self) -> None:
        """x1 <= x2 and y1 <= y2."""
        for result in self._results():
            boxes = result.boxes[~np.isnan(result.boxes).any(axis=1)]
            assert (boxes[:, :2] <= boxes[:, 2:]).all()

    def test_a_picture_without_people_gives_an_empty_result(self) -> None:
        """Nobody is nobody: no phantom, no error."""
        if self.empty_image is not None:
            with self.open() as backend:
                assert len(backend.detect(self.empty_image)) == 0

    def test_a_batch_keeps_its_order(self) -> None:
        """`detect_batch` answers each picture as `detect` does, in order."""
        images = [load_image(picture) for picture in self._pictures() * 2]
        with self.open() as backend:
            together = [_essence(result) for result in backend.detect_batch(images)]
            singly = [_essence(backend.detect(image)) for image in images]
        assert together == singly

    def test_an_empty_batch_is_answered_with_nothing(self) -> None:
        """No picture, no result, no error."""
        with self.open() as backend:
            assert list(backend.detect_batch([])) == []

    def test_threads_get_the_answers_to_their_own_pictures(self) -> None:
        """Many threads see what one sees."""
        with self.open() as backend:
            pictures = self._pictures()
            expected = [_essence(backend.detect(picture)) for picture in pictures] * _ROUNDS
            many = backend.detect_many(pictures * _ROUNDS, workers=_WORKERS)
            assert [_essence(result) for result in many] == expected

    def test_the_callers_pixels_are_left_alone(self) -> None:
        """A backend does not draw on what it was given."""
        pixels = [load_image(picture).pixels().copy() for picture in self._pictures()]
        before = [array.copy() for array in pixels]
        with self.open() as backend:
            for array in pixels:
                backend.detect(array)
        assert all(np.array_equal(a, b) for a, b in zip(pixels, before, strict=True))

    def test_what_is_no_picture_is_an_image_error(self) -> None:
        """Errors are typed."""
        with self.open() as backend:
            wrongs: tuple[Any, ...] = (
                b"",
                b"no picture",
                5,
                "nowhere/photo.jpg",
                np.zeros((4, 4), np.uint8),
            )
            for wrong in wrongs:
                with pytest.raises(ImageError):
                    backend.detect(wrong)

    def test_an_unknown_option_is_refused_with_the_known_ones(self) -> None:
        """Nothing is silently accepted."""
        known = fields_of(get_registry().find(self.backend).options)
        with pytest.raises(UnknownOptionError) as caught:
            self.open(an_option_nobody_has=1)
        assert all(name in str(caught.value) for name in known)

    def test_an_option_of_the_wrong_type_is_refused(self) -> None:
        """Every option has a type, and it is checked."""
        for name in fields_of(get_registry().find(self.backend).options):
            with pytest.raises(ConfigError, match=name):
                self.open(**{name: object()})

    def test_secrets_are_not_in_any_repr(self) -> None:
        """Options declared secret are not shown."""
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

    def test_closing_twice_does_no_harm(self) -> None:
        """`with` may be used on what is closed by hand, too."""
        backend = self.open()
        backend.close()
        backend.close()

    def test_listing_the_backends_does_not_import_it(self) -> None:
        """Only who opens a backend pays for it."""
        with self.open() as backend:
            module = type(_innermost(backend)).__module__
        code = f"import posehub, sys; posehub.list_backends(); sys.exit({module!r} in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603  # fixed code
        assert done.returncode == 0, f"{module} is imported by list_backends()"

    def test_a_recording_replays_to_equal_results(self, tmp_path: Path) -> None:
        """What was recorded is what comes back, offline."""
        cassette = tmp_path / "contract.yaml"
        with self.record(cassette) as backend:
            live = list(backend.detect_many(self._pictures()))
        with posehub.open_backend("replay", cassette=cassette) as backend:
            assert list(backend.detect_many(self._pictures())) == live

    def _pictures(self) -> list[Any]:
        """Return the images, arrays as copies, so that a check spoils no other one's pictures."""
        return [i.copy() if isinstance(i, np.ndarray) else i for i in self.images]

    def _results(self) -> list[PoseResult]:
        with self.open() as backend:
            return list(backend.detect_many(self._pictures()))


def _essence(result: PoseResult) -> PoseResult:
    """Return a result without what differs from call to call."""
    return attrs.evolve(result, request_id=None, raw=None)


def _innermost(backend: Backend) -> Backend:
    while isinstance(backend, Wrapper):
        backend = backend.inner
    return backend
