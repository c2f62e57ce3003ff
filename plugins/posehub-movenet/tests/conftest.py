"""The real networks, images, and networks made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from posehub import load_image
from posehub.local.models import result_path_of, result_state_of
from posehub.local.onnx_writer import Node, Value, onnx_bytes
from posehub.local.sessions import Session, open_session
from posehub_movenet.backend import MoveNetBackend
from posehub_movenet.models import DETECTOR, POSES
from posehub_movenet.options import MoveNetOptions

ROOT = Path(__file__).parents[3]
OTHERS = ROOT / "plugins" / "posehub-blazepose" / "tests" / "images"


@pytest.fixture(scope="session")
def images() -> dict[str, Path]:
    """Images by name; those of the other plugin say there where they come from."""
    return {
        "astronaut": ROOT / "examples" / "astronaut.jpg",
        **{path.stem: path for path in OTHERS.glob("*.jpg")},
    }


@pytest.fixture(scope="session")
def pixels(images: dict[str, Path]) -> dict[str, NDArray[np.uint8]]:
    """The same images, decoded."""
    return {name: load_image(path).pixels() for name, path in images.items()}


@pytest.fixture(scope="session")
def models() -> dict[str, Path]:
    """The two networks, converted; `posehub models pull movenet` fetches and converts them."""
    for file in (DETECTOR, POSES):
        assert result_state_of(file) == "present", f"run: posehub models pull movenet ({file.name})"
    return {"detector": result_path_of(DETECTOR), "poses": result_path_of(POSES)}


@pytest.fixture(scope="session")
def backends(models: dict[str, Path]) -> Iterator[dict[str, MoveNetBackend]]:
    """One backend for each mode."""
    modes = ("fast", "balanced", "thorough")
    opened = {mode: MoveNetBackend(MoveNetOptions(mode=mode, device="cpu")) for mode in modes}
    yield opened
    for backend in opened.values():
        backend.close()


@pytest.fixture(scope="session")
def marker(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A network with MoveNet's outputs whose 17 keypoints all are the mean place of what is red."""
    constants = {
        "red": np.array([0]),
        "axes": np.array([2, 3]),
        "weight": np.full((1, 1, 4, 4), 1 / 16, np.float32),
        "white": np.array(255, np.float32),
        "seventeen": np.array([1, 17, 1, 1]),
        "half": np.array(-0.5, np.float32),
        "stride": np.array(4, np.float32),
        "row": np.array(2),
        "column": np.array(3),
        "tiny": np.array(1e-6, np.float32),
    }
    nodes = [
        Node("Transpose", ["image"], ["nchw"], {"perm": [0, 3, 1, 2]}),
        Node("Gather", ["nchw", "red"], ["bytes"], {"axis": 1}),
        Node("Cast", ["bytes"], ["grey"], {"to": 1}),
        Node("Div", ["grey", "white"], ["level"]),
        Node("Conv", ["level", "weight"], ["centre"], {"strides": [4, 4]}),
        Node("Tile", ["centre", "seventeen"], ["heatmap"]),
        Node("ReduceSum", ["level", "axes"], ["mass"], {"keepdims": 1}),
        Node("Add", ["mass", "tiny"], ["some_mass"]),
        Node("Sub", ["level", "level"], ["zeros"]),
        Node("Exp", ["zeros"], ["ones"]),
        Node("Sub", ["centre", "centre"], ["zero_cells"]),
        Node("Exp", ["zero_cells"], ["one_cells"]),
        *_mean("row", "y"),
        *_mean("column", "x"),
        Node("Concat", ["from_y", "from_x"], ["pair"], {"axis": 1}),
        Node("Tile", ["pair", "seventeen"], ["regression"]),
        Node("Identity", ["regression"], ["offset"]),
    ]
    content = onnx_bytes(
        nodes=nodes,
        inputs=[Value("image", "uint8", ("N", "H", "W", 3))],
        outputs=[
            Value(name, "float32", ("N", f"{name}_c", f"{name}_h", f"{name}_w"))
            for name in ("centre", "heatmap", "regression", "offset")
        ],
        constants=constants,
    )
    path = tmp_path_factory.mktemp("networks") / "marker.onnx"
    path.write_bytes(content)
    return open_session(path, device="cpu")


def _mean(axis: str, name: str) -> list[Node]:
    """Nodes for the way along an axis from each cell's corner to the mean place, in cells."""
    return [
        Node("CumSum", ["ones", axis], [f"count_{name}"]),
        Node("Add", [f"count_{name}", "half"], [f"place_{name}"]),
        Node("Mul", ["level", f"place_{name}"], [f"moment_{name}"]),
        Node("ReduceSum", [f"moment_{name}", "axes"], [f"moments_{name}"], {"keepdims": 1}),
        Node("Div", [f"moments_{name}", "some_mass"], [f"mean_{name}"]),
        Node("Div", [f"mean_{name}", "stride"], [f"cells_{name}"]),
        Node("CumSum", ["one_cells", axis], [f"corner_{name}"], {"exclusive": 1}),
        Node("Sub", [f"cells_{name}", f"corner_{name}"], [f"from_{name}"]),
    ]
