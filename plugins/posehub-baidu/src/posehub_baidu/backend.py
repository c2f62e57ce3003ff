"""The backend: fit the image, send the request, decode the response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posehub import Backend, Image, PoseResult
from posehub.backends.transport import Transport
from posehub_baidu import INFO
from posehub_baidu.decode import decode
from posehub_baidu.fit import fit
from posehub_baidu.options import BaiduOptions
from posehub_baidu.request import detection_request

# The filter that Baidu recommends: more than 3 keypoints with a score above 0.2, and a box score
# above 0.03.
_VALID_PARTS = 3
_VALID_PART_SCORE = 0.2
_VALID_BOX_SCORE = 0.03


class BaiduBackend(Backend):
    """Sends one request to body_analysis for each image.

    Args:
        options: the endpoint and the filter are used.
        transport: sends the requests.
    """

    info = INFO

    def __init__(self, options: BaiduOptions, transport: Transport) -> None:
        self._options = options
        self._transport = transport

    def detect_batch(self, images: Sequence[Image]) -> list[PoseResult]:
        """Return the people in each image."""
        return [self._detect_one(image) for image in images]

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _detect_one(self, image: Image) -> PoseResult:
        upload = fit(image)
        request = detection_request(self._options.endpoint, upload.form, image)
        result = decode(self._transport.send(request), image.size, upload.size)
        return valid_persons(result) if self._options.valid_persons else result


def valid_persons(result: PoseResult) -> PoseResult:
    """Return the people who pass the filter that Baidu recommends; people without scores do not."""
    parts = (result.scores > _VALID_PART_SCORE).sum(axis=1)
    keep: np.ndarray[tuple[int], np.dtype[np.bool_]] = (parts > _VALID_PARTS) & (
        result.box_scores > _VALID_BOX_SCORE
    )
    return result[keep]
