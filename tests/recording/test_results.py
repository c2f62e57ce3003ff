"""Backends without HTTP are recorded by their results."""

from __future__ import annotations

import time

import attrs
import numpy as np
import pytest
import yaml

import posehub
from posehub import Backend, BackendInfo, Capabilities, PoseResult, option
from posehub.errors import (
    BackendError,
    CassetteError,
    MissingDependencyError,
    QuotaExceededError,
)
from posehub.plugins.registry import get_registry
from posehub.poses.skeletons import COCO17


class Local(Backend):
    def __init__(self, info=None):
        self.info = info
        self.calls = 0

    def detect_batch(self, images):
        self.calls += len(images)
        return [self._one(image) for image in images]

    def _one(self, image):
        if image.pixels()[0, 0, 0] == 255:
            raise QuotaExceededError("too white")
        shade = float(image.pixels()[0, 0, 0])
        return PoseResult(
            keypoints=np.full((1, 17, 2), shade),
            scores=np.full((1, 17), np.nan),
            boxes=[[0, 0, shade, shade]],
            box_scores=[0.5],
            skeleton=COCO17,
            image_size=image.size,
            backend="local",
            keypoints_3d=np.ones((1, 17, 3)),
        )


@pytest.fixture
def local():
    """A plugin in memory; returns its backend."""
    backend = Local()
    info = BackendInfo(
        name="local", summary="for tests", skeleton="coco17", factory=lambda options: backend
    )
    backend.info = info

    class Plugin:
        @posehub.hookimpl
        def posehub_register_backends(self):
            return [info]

    get_registry().register(Plugin(), "local")
    yield backend
    get_registry().unregister("local")


def make_image(shade):
    return np.full((40, 50, 3), shade, np.uint8)


def test_a_local_backend_is_recorded_and_played_with_equal_results(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        live = [backend.detect(make_image(shade)) for shade in (1, 2)]
    with posehub.record("local", cassette=path) as backend:
        played = [backend.detect(make_image(shade)) for shade in (2, 1)]
    assert played == live[::-1]
    assert local.calls == 2


def test_a_cassette_plays_without_the_plugin(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        live = backend.detect(make_image(1))
    get_registry().unregister("local")
    with posehub.open_backend("replay", cassette=path) as backend:
        assert backend.detect(make_image(1)) == live


def test_errors_of_a_local_backend_are_recorded_too(local, tmp_path):
    path = tmp_path / "local.yaml"
    for _ in range(2):
        with (
            posehub.record("local", cassette=path) as backend,
            pytest.raises(QuotaExceededError, match="too white"),
        ):
            backend.detect(make_image(255))
    assert local.calls == 1


def test_the_cassette_has_the_name_of_the_backend_and_the_digest(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(make_image(1))
    (entry,) = yaml.safe_load(path.read_text())["interactions"]
    assert entry["request"]["uri"] == "posehub://local/detect"
    assert entry["request"]["body"] == f"image={posehub.load_image(make_image(1)).digest}"


def edited(path, **response):
    data = yaml.safe_load(path.read_text())
    data["interactions"][0]["response"].update(response)
    path.write_text(yaml.safe_dump(data))


def test_a_damaged_result_is_a_cassette_error(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(make_image(1))
    edited(path, body={"string": '{"skeleton": "coco17"}'})
    with (
        posehub.open_backend("replay", cassette=path) as backend,
        pytest.raises(CassetteError, match="Record it again"),
    ):
        backend.detect(make_image(1))


@pytest.mark.parametrize("name", ["NotAnErrorOfPosehub", "BackendError", "Exception"])
def test_an_unknown_error_is_a_backend_error(local, tmp_path, name):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(make_image(1))
    body = {"string": f'{{"error": "{name}", "message": "it broke"}}'}
    edited(path, status={"code": 500, "message": ""}, body=body)
    with (
        posehub.open_backend("replay", cassette=path) as backend,
        pytest.raises(BackendError, match="it broke"),
    ):
        backend.detect(make_image(1))


@attrs.frozen
class RequiredOption:
    weights: str = option(attrs.NOTHING, help="A file of the model.")


def test_a_backend_with_a_required_option_plays_without_it(install, make_info, tmp_path):
    path = tmp_path / "local.yaml"
    info = make_info("local", factory=lambda options: Local(info), options=RequiredOption)
    install(info)
    with posehub.record("local", cassette=path, weights="a") as backend:
        live = backend.detect(make_image(1))
    with posehub.open_backend("replay", cassette=path) as backend:
        assert backend.detect(make_image(1)) == live


def test_a_backend_that_fails_to_open_is_an_error_of_the_plugin(install, make_info, tmp_path):
    def fail(options):
        raise ImportError("no module named runtime")

    install(make_info("local", factory=fail))
    with (
        posehub.record("local", cassette=tmp_path / "local.yaml") as backend,
        pytest.raises(MissingDependencyError, match="no module named runtime"),
    ):
        backend.detect(make_image(1))


def test_a_backend_that_is_not_thread_safe_when_opened_is_called_by_one_thread_at_a_time(
    install, make_info, tmp_path
):
    class OneAtATime(Local):
        capabilities = Capabilities(thread_safe=False)
        running = most = 0

        def detect_batch(self, images):
            self.running += 1
            self.most = max(self.most, self.running)
            time.sleep(0.01)
            self.running -= 1
            return super().detect_batch(images)

    info = make_info("local", factory=lambda options: backend)
    backend = OneAtATime(info)
    install(info)
    images = [make_image(shade) for shade in range(8)]
    with posehub.record("local", cassette=tmp_path / "local.yaml") as recorded:
        list(recorded.detect_many(images, workers=4))
    assert backend.most == 1


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (
            {"shade": np.float32(1.5), "count": np.int64(3), "list": np.arange(2), "yes": np.True_},
            {"shade": 1.5, "count": 3, "list": [0, 1], "yes": True},
        ),
        ({"nan": float("nan")}, {"nan": None}),
        ({"object": object()}, None),
        ({"set": {1}}, None),
    ],
    ids=["NumPy", "NaN", "an object", "a set"],
)
def test_a_result_is_recorded_whatever_its_raw_holds(local, tmp_path, raw, kept):
    one = local._one
    local._one = lambda image: attrs.evolve(one(image), raw=raw)
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        live = backend.detect(make_image(1))
    with posehub.open_backend("replay", cassette=path) as backend:
        played = backend.detect(make_image(1))
    assert played == live
    assert played.raw == kept
    assert local.calls == 1
