"""BlazePose's networks on LiteRT; each thread that runs a network has an interpreter of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from posehub.errors import BackendError, MissingDependencyError
from posehub_blazepose import detector, landmarks
from posehub_blazepose.tflite import with_input_shape, without_output
from posehub_blazepose.tiles import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRAINED = (detector.INPUT_SIZE, detector.INPUT_SIZE)

_MASK_OUTPUT = 2
"""Index of the mask among the landmark network's outputs. The mask is not used here, and it takes
about 40 % of the network's time."""


class Network:
    """One interpreter, for one thread at a time."""

    def __init__(self, model: bytes, threads: int) -> None:
        interpreter = _interpreter_class()(model_content=model, num_threads=threads)
        interpreter.allocate_tensors()
        # the interpreter does not copy the model's bytes, so they must stay alive
        self._model = model
        self._interpreter = interpreter
        self._input = interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in interpreter.get_output_details()]

    def __call__(self, grid: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return copies of the outputs, without the batch axis, for an input (H, W, 3)."""
        self._interpreter.set_tensor(self._input, grid[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


class NetworkPool:
    """Interpreters of one model; another one is made when all are in use."""

    def __init__(self, model: bytes, threads: int) -> None:
        self._model = model
        self._threads = threads
        self._idle: list[Network] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def network(self) -> Iterator[Network]:
        """Reserve a network for the duration of the context.

        Raises:
            BackendError: the pool is closed.
        """
        with self._lock:
            if self._closed:
                raise BackendError(
                    "This blazepose backend is closed; open one with open_backend('blazepose')."
                )
            network = self._idle.pop() if self._idle else None
        network = network or Network(self._model, self._threads)
        try:
            yield network
        finally:
            with self._lock:
                if not self._closed:
                    self._idle.append(network)

    def close(self) -> None:
        """Release all networks; those in use are released after their run."""
        with self._lock:
            self._closed = True
            self._idle.clear()


class Networks:
    """The networks that the search runs, made from the two models as published."""

    def __init__(self, detector_model: bytes, landmark_model: bytes, threads: int) -> None:
        self._detectors = {
            _TRAINED: NetworkPool(detector_model, threads),
            **{
                shape: NetworkPool(with_input_shape(detector_model, *shape), threads)
                for shape in SHAPES
            },
        }
        self._landmarks = NetworkPool(without_output(landmark_model, _MASK_OUTPUT), threads)

    def run_detector(self, grid: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the detector's boxes (N, 12) and logits (N,).

        Args:
            grid: grey levels, float32 (H, W, 3) in [0, 255], of the trained shape or one of
                `tiles.SHAPES`; overwritten.
        """
        # the detector was trained on [-1, 1], MediaPipe's output_tensor_float_range
        grid *= 1 / 127.5
        grid -= 1
        with self._detectors[grid.shape[:2]].network() as network:
            values, logits = network(grid)
        return values, logits[:, 0]

    def run_landmarks(self, grid: NDArray[np.float32]) -> landmarks.Output:
        """Return the landmark network's output.

        Args:
            grid: float32 (S, S, 3) in [0, 1].
        """
        with self._landmarks.network() as network:
            values, person, heatmap, world = network(grid)
        return landmarks.Output(
            values=values.reshape(-1, 5),
            person=float(person[0]),
            heatmap=heatmap,
            world=world.reshape(-1, 3),
        )

    def close(self) -> None:
        """Release every interpreter."""
        for pool in (*self._detectors.values(), self._landmarks):
            pool.close()


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import (  # type: ignore[import-untyped]  # ships no types
            Interpreter,
        )
    except ImportError as error:
        raise MissingDependencyError(
            f"The blazepose backend needs LiteRT, which cannot be imported: {error}. "
            "Install it with: pip install ai-edge-litert"
        ) from error
    return Interpreter
