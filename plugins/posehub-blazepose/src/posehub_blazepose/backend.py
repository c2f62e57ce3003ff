"""The backend: images in, results out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from posehub import Backend, Image, PoseResult
from posehub.local.models import ensure
from posehub.poses.skeletons import BLAZEPOSE33
from posehub_blazepose import INFO
from posehub_blazepose.inputs import Inputs
from posehub_blazepose.models import DETECTOR, LANDMARKS
from posehub_blazepose.networks import Networks
from posehub_blazepose.options import BlazePoseOptions
from posehub_blazepose.people import Detection, enclosing_box, hip_centred
from posehub_blazepose.sampling import Pixels
from posehub_blazepose.search import MODES, Limits, Search


class BlazePoseBackend(Backend):
    """BlazePose on this machine.

    Raises:
        MissingDependencyError: LiteRT is not installed, or the models cannot be fetched.
        ConfigError: the folder for models cannot be used.
    """

    info = INFO

    def __init__(self, options: BlazePoseOptions) -> None:
        self._mode = MODES[options.mode]
        chosen = options.min_detection_score
        self._limits = Limits(
            max_persons=options.max_persons,
            min_detection=self._mode.min_detection if chosen is None else chosen,
            min_presence=options.min_presence,
        )
        detector, landmarks = ensure((DETECTOR, LANDMARKS), backend=INFO.name)
        self._networks = Networks(detector.read_bytes(), landmarks.read_bytes(), options.threads)

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the people in each image, best first.

        The next image is decoded while the networks run on one.

        Raises:
            ImageError: an image is damaged.
            BackendError: the backend is closed.
        """
        return [self._detect(image, pixels) for image, pixels in decoded_ahead(images)]

    def close(self) -> None:
        """Release the networks."""
        self._networks.close()

    def _detect(self, image: Image, pixels: Pixels) -> PoseResult:
        people = Search(Inputs(pixels), self._networks, self._mode, self._limits).run()
        return result_of(people, image.size)


def decoded_ahead(images: Sequence[Image]) -> Iterator[tuple[Image, Pixels]]:
    """Yield each image with its pixels; another thread decodes the next one meanwhile."""
    if len(images) == 1:
        yield images[0], images[0].pixels()
        return
    with ThreadPoolExecutor(1, thread_name_prefix="blazepose-decode") as executor:
        upcoming = [executor.submit(image.pixels) for image in images[:1]]
        for number, image in enumerate(images, 1):
            pixels = upcoming.pop().result()
            upcoming = [executor.submit(later.pixels) for later in images[number : number + 1]]
            yield image, pixels


def result_of(people: Sequence[Detection], size: tuple[int, int]) -> PoseResult:
    """Return the people of an image of `size` (width, height) as a PoseResult."""
    if not people:
        return PoseResult.empty(BLAZEPOSE33, image_size=size, backend=INFO.name)
    return PoseResult(
        keypoints=np.stack([each.landmarks.points for each in people]),
        scores=np.stack([each.scores for each in people]),
        boxes=np.stack([enclosing_box(each.landmarks, each.scores, *size) for each in people]),
        box_scores=np.array([each.score for each in people]),
        skeleton=BLAZEPOSE33,
        image_size=size,
        backend=INFO.name,
        keypoints_3d=np.stack([hip_centred(each.landmarks.world) for each in people]),
    )
