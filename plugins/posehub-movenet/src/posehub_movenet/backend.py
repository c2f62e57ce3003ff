"""The backend: images in, results out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PILImage

from posehub import Backend, Image, PoseResult
from posehub.errors import BackendError
from posehub.local.models import ensure
from posehub.local.sessions import open_session
from posehub.poses.skeletons import COCO17
from posehub_movenet import INFO
from posehub_movenet.detector import Detections
from posehub_movenet.models import DETECTOR, POSES
from posehub_movenet.modes import MODES
from posehub_movenet.options import MoveNetOptions
from posehub_movenet.people import Limits, Networks, People, people_in, people_of
from posehub_movenet.scores import keypoint_scores, person_scores

_TOGETHER = 16
"""Inputs of one run on a GPU. On a CPU a batch takes as long as its inputs one by one."""

_PLAIN = 0.6
"""Score of a box that the caller gives: about what NanoDet gives a person in plain view."""


class MoveNetBackend(Backend):
    """MoveNet on this machine; threads share its networks.

    Raises:
        MissingDependencyError: onnxruntime is not installed, or the models cannot be fetched.
        ConfigError: the folder for models, or the device, cannot be used.
    """

    info = INFO

    def __init__(self, options: MoveNetOptions) -> None:
        self._mode = MODES[options.mode]
        detection, person = options.min_detection_score, options.min_person_score
        self._limits = Limits(
            max_persons=options.max_persons,
            min_detection=self._mode.min_detection if detection is None else detection,
        )
        self._min_person = self._mode.min_person if person is None else person
        paths = ensure((DETECTOR, POSES), backend=INFO.name)
        opened = partial(open_session, device=options.device, threads=options.threads)
        with ThreadPoolExecutor(len(paths), thread_name_prefix="movenet-open") as executor:
            detector, poses = executor.map(opened, paths)
        together = 1 if poses.device == "cpu" else _TOGETHER
        self.device = poses.device
        self._networks: Networks | None = Networks(detector, poses, together)

    def detect_batch(
        self,
        images: Sequence[Image],
        boxes: Sequence[NDArray[np.float32]] | None = None,
    ) -> list[PoseResult]:
        """Return the people in each image, best first; or the one in each of the boxes, in order.

        Args:
            images: to search.
            boxes: (P, 4) for each image, x1, y1, x2, y2 in pixels, of people known already.

        Raises:
            ImageError: an image is damaged.
            BackendError: the backend is closed.
        """
        if boxes is None:
            return [self._detect(image) for image in images]
        return [self._pose(image, known) for image, known in zip(images, boxes, strict=True)]

    def close(self) -> None:
        """Release the networks; those in use are released after their run."""
        self._networks = None

    def _detect(self, image: Image) -> PoseResult:
        pixels = PILImage.fromarray(image.pixels())
        people = people_of(pixels, self._opened(), self._mode, self._limits)
        result = self._result(people, image)
        return result[result.box_scores >= self._min_person]

    def _pose(self, image: Image, boxes: NDArray[np.float32]) -> PoseResult:
        pixels = PILImage.fromarray(image.pixels())
        known = Detections(boxes.astype(np.float64), np.full(len(boxes), _PLAIN))
        return self._result(people_in(pixels, known, self._opened(), self._mode), image)

    def _opened(self) -> Networks:
        if self._networks is None:
            raise BackendError(
                "This movenet backend is closed; open one with open_backend('movenet')."
            )
        return self._networks

    def _result(self, people: People, image: Image) -> PoseResult:
        calibration = self._mode.calibration
        return PoseResult(
            keypoints=people.poses.points,
            scores=keypoint_scores(people.poses.values, people.evidence, calibration),
            boxes=people.boxes,
            box_scores=person_scores(people.evidence, calibration),
            skeleton=COCO17,
            image_size=image.size,
            backend=INFO.name,
            raw={"device": self.device},
        )
