"""Backends without HTTP are recorded by their results."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

import posehub
from posehub import Backend, BackendInfo, PoseResult
from posehub.errors import BackendError, CassetteError, QuotaExceededError
from posehub.plugins.registry import get_registry
from posehub.poses.skeletons import COCO17


class Local(Backend):
    def __init__(self):
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
    """A real plugin in memory; returns its backend."""
    backend = Local()
    info = BackendInfo(
        name="local", summary="for tests", skeleton="coco17", factory=lambda options: backend
    )
    Local.info = info

    class Plugin:
        @posehub.hookimpl
        def posehub_register_backends(self):
            return [info]

    get_registry().register(Plugin(), "local")
    yield backend
    get_registry().unregister("local")


def picture(shade):
    return np.full((40, 50, 3), shade, np.uint8)


def test_a_local_backend_records_and_plays_to_equal_results(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        live = [backend.detect(picture(shade)) for shade in (1, 2)]
    with posehub.record("local", cassette=path) as backend:
        played = [backend.detect(picture(shade)) for shade in (2, 1)]
    assert played == live[::-1]
    assert local.calls == 2


def test_it_plays_where_the_plugin_is_not_installed(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        live = backend.detect(picture(1))
    get_registry().unregister("local")
    with posehub.open_backend("replay", cassette=path) as backend:
        assert backend.detect(picture(1)) == live


def test_its_errors_are_recorded_too(local, tmp_path):
    path = tmp_path / "local.yaml"
    for _ in range(2):
        with (
            posehub.record("local", cassette=path) as backend,
            pytest.raises(QuotaExceededError, match="too white"),
        ):
            backend.detect(picture(255))
    assert local.calls == 1


def test_the_recording_has_the_address_of_the_backend_and_the_digest(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(picture(1))
    (entry,) = yaml.safe_load(path.read_text())["interactions"]
    assert entry["request"]["uri"] == "posehub://local/detect"
    assert entry["request"]["body"] == f"image={posehub.load_image(picture(1)).digest}"


def edited(path, **response):
    data = yaml.safe_load(path.read_text())
    data["interactions"][0]["response"].update(response)
    path.write_text(yaml.safe_dump(data))


def test_a_result_that_was_damaged_is_a_cassette_error(local, tmp_path):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(picture(1))
    edited(path, body={"string": '{"skeleton": "coco17"}'})
    with (
        posehub.open_backend("replay", cassette=path) as backend,
        pytest.raises(CassetteError, match="Record it again"),
    ):
        backend.detect(picture(1))


@pytest.mark.parametrize("name", ["NotAnErrorOfPosehub", "BackendError", "Exception"])
def test_an_error_of_an_unknown_kind_is_a_backend_error(local, tmp_path, name):
    path = tmp_path / "local.yaml"
    with posehub.record("local", cassette=path) as backend:
        backend.detect(picture(1))
    body = {"string": f'{{"error": "{name}", "message": "it broke"}}'}
    edited(path, status={"code": 500, "message": ""}, body=body)
    with (
        posehub.open_backend("replay", cassette=path) as backend,
        pytest.raises(BackendError, match="it broke"),
    ):
        backend.detect(picture(1))
