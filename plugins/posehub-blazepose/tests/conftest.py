"""The real networks, pictures, and no network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posehub import load_image
from posehub_blazepose import DETECTOR, LANDMARKS, MODELS
from posehub_blazepose.backend import BlazePoseBackend
from posehub_blazepose.networks import Networks
from posehub_blazepose.options import BlazePoseOptions

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def pictures() -> dict[str, Path]:
    """Pictures by name; pictures/README.md says where they come from."""
    return {
        "astronaut": HERE.parents[2] / "examples" / "astronaut.jpg",
        **{path.stem: path for path in (HERE / "pictures").glob("*.jpg")},
    }


@pytest.fixture(scope="session")
def pixels(pictures: dict[str, Path]) -> dict[str, NDArray[np.uint8]]:
    """The same pictures, decoded."""
    return {name: load_image(path).pixels() for name, path in pictures.items()}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture(scope="session")
def model_files() -> dict[str, bytes]:
    """The two networks as published; `posehub models pull blazepose` has put them there."""
    states = MODELS.states()
    assert set(states.values()) == {"present"}, f"run: posehub models pull blazepose ({states})"
    return {name: MODELS.read(name) for name in (DETECTOR, LANDMARKS)}


@pytest.fixture(scope="session")
def networks(model_files: dict[str, bytes]) -> Iterator[Networks]:
    opened = Networks(model_files[DETECTOR], model_files[LANDMARKS], threads=1)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def backends(model_files: dict[str, bytes]) -> Iterator[dict[str, BlazePoseBackend]]:
    """One backend for each mode."""
    modes = ("fast", "balanced", "thorough")
    opened = {mode: BlazePoseBackend(BlazePoseOptions(mode=mode)) for mode in modes}
    yield opened
    for backend in opened.values():
        backend.close()


@pytest.fixture(scope="session")
def mediapipe_people() -> dict[str, Any]:
    """What MediaPipe finds; pictures/README.md says how it was asked."""
    people: dict[str, Any] = json.loads((HERE / "data" / "mediapipe.json").read_text())["pictures"]
    return people
