"""The MoveNet backend keeps posehub's contract."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from PIL import Image as PILImage

from posehub.testing import BackendContract

PHOTO = Path(__file__).parents[3] / "examples" / "astronaut.jpg"


def mirrored():
    with PILImage.open(PHOTO) as photo:
        return np.asarray(photo)[:, ::-1].copy()


@pytest.mark.usefixtures("models")
class TestContract(BackendContract):
    backend = "movenet"
    options = MappingProxyType({"mode": "fast", "device": "cpu"})
    images = (PHOTO, mirrored())
    empty_image = np.full((200, 300, 3), 128, np.uint8)
