"""The real networks and images, and no access to a package index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from posehub import load_image
from posehub.local.models import path_of, state_of
from posehub_blazepose.backend import BlazePoseBackend
from posehub_blazepose.models import DETECTOR, LANDMARKS
from posehub_blazepose.options import BlazePoseOptions

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def images() -> dict[str, Path]:
    """Images by name; images/README.md says where they come from."""
    return {
        "astronaut": HERE.parents[2] / "examples" / "astronaut.jpg",
        **{path.stem: path for path in (HERE / "images").glob("*.jpg")},
    }


@pytest.fixture(scope="session")
def pixels(images: dict[str, Path]) -> dict[str, NDArray[np.uint8]]:
    """The same images, decoded."""
    return {name: load_image(path).pixels() for name, path in images.items()}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture(scope="session")
def models() -> SimpleNamespace:
    """The two networks as published, as bytes; `posehub models pull blazepose` fetches them."""
    for file in (DETECTOR, LANDMARKS):
        assert state_of(file) == "present", f"run: posehub models pull blazepose ({file.name})"
    return SimpleNamespace(
        detector=path_of(DETECTOR).read_bytes(), landmarks=path_of(LANDMARKS).read_bytes()
    )


@pytest.fixture(scope="session")
def backends(models: SimpleNamespace) -> Iterator[dict[str, BlazePoseBackend]]:
    """One backend for each mode."""
    modes = ("fast", "balanced", "thorough")
    opened = {mode: BlazePoseBackend(BlazePoseOptions(mode=mode)) for mode in modes}
    yield opened
    for backend in opened.values():
        backend.close()


@pytest.fixture(scope="session")
def mediapipe_people() -> dict[str, Any]:
    """What MediaPipe finds; images/README.md says how it was run."""
    people: dict[str, Any] = json.loads((HERE / "data" / "mediapipe.json").read_text())["images"]
    return people
