"""A backend in memory, for tests that need people and no model or service."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Self

import attrs
import numpy as np

from posehub.backends.base import Backend
from posehub.backends.info import BackendInfo
from posehub.backends.wrapper import Wrapper
from posehub.errors import PosehubError
from posehub.images.image import Image
from posehub.plugins.hookspecs import hookimpl
from posehub.plugins.registry import get_registry
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton
from posehub.poses.skeletons import COCO17


def random_people(
    count: int, *, seed: int, skeleton: Skeleton = COCO17, image_size: tuple[int, int] = (640, 480)
) -> PoseResult:
    """Return `count` people at random places, the same ones for the same seed.

    Every keypoint is reported, inside the image, with a score in [0.5, 1].
    """
    source = np.random.default_rng(seed)
    size = np.array(image_size, np.float32)
    centres = source.uniform(0.3, 0.7, (count, 1, 2)) * size
    offsets = source.uniform(-0.25, 0.25, (count, len(skeleton), 2)) * size
    keypoints = centres + offsets
    boxes = np.concatenate(
        [keypoints.min(axis=1, initial=np.inf), keypoints.max(axis=1, initial=-np.inf)], axis=1
    )
    return PoseResult(
        keypoints=keypoints,
        scores=source.uniform(0.5, 1.0, (count, len(skeleton))),
        boxes=boxes.reshape(count, 4),
        box_scores=source.uniform(0.5, 1.0, count),
        skeleton=skeleton,
        image_size=image_size,
    )


class FakeBackend(Backend):
    """Returns given results in turn, and keeps the images it was given.

    In a `with` block it is registered, so that `open_backend` finds it by its name.

    Attributes:
        asked: the images it was given, in order.
        closed: how often it was closed.
    """

    def __init__(self, name: str, outcomes: Sequence[PoseResult | PosehubError]) -> None:
        skeletons = [outcome.skeleton for outcome in outcomes if isinstance(outcome, PoseResult)]
        self.info = BackendInfo(
            name=name,
            summary="returns given people",
            skeleton=skeletons[0].name if skeletons else COCO17.name,
            factory=lambda options: _Opened(self),
        )
        self.asked: list[Image] = []
        self.closed = 0
        self._outcomes = outcomes
        self._lock = threading.Lock()

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the next outcome for each image, or raise it if it is an error."""
        return [self._next(image) for image in images]

    def close(self) -> None:
        """Count that it was closed."""
        self.closed += 1

    def __enter__(self) -> Self:
        get_registry().register(self, self._plugin)
        return self

    def __exit__(self, *_: object) -> None:
        get_registry().unregister(self._plugin)

    @hookimpl
    def posehub_register_backends(self) -> list[BackendInfo]:
        """Register this backend; the object is its own plugin."""
        return [self.info]

    @property
    def _plugin(self) -> str:
        return f"{self.info.name} (in memory)"

    def _next(self, image: Image) -> PoseResult:
        with self._lock:
            outcome = self._outcomes[len(self.asked) % len(self._outcomes)]
            self.asked.append(image.owned())  # the array belongs to the caller again
        if isinstance(outcome, PosehubError):
            raise outcome
        return attrs.evolve(outcome, image_size=image.size, backend=self.info.name)


class _Opened(Wrapper):
    """What `open_backend` returns: closing it keeps the fake backend registered."""

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        return self.inner.detect_batch(images)


def fake_backend(
    persons: PoseResult | Sequence[PoseResult | PosehubError] | int = 1,
    *,
    name: str = "fake",
    seed: int = 0,
) -> FakeBackend:
    """Return a backend in memory; in a `with` block, `open_backend` finds it too.

    Args:
        persons: what it returns: people; a list of results and errors, taken in turn and then from
            the start again; or a number of random people.
        name: what `open_backend` calls it.
        seed: of the random people.
    """
    if isinstance(persons, int):
        persons = random_people(persons, seed=seed)
    return FakeBackend(name, [persons] if isinstance(persons, PoseResult) else list(persons))
