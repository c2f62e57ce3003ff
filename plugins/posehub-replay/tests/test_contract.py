"""The replay backend fulfils posehub's contract, with the results of the recorded backend."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import posehub
from posehub.testing import BackendContract
from posehub_baidu.testing import BaiduStub, person_at

IMAGES = [np.full((90, 120, 3), shade, np.uint8) for shade in (10, 200)]
EMPTY = np.zeros((60, 60, 3), np.uint8)


@pytest.fixture(scope="module")
def cassette(tmp_path_factory):
    path = tmp_path_factory.mktemp("contract") / "recorded.yaml"

    def respond(digest, size):
        empty = {"person_num": 0, "person_info": []}
        return empty if size == (60, 60) else person_at(digest, size)

    with (
        BaiduStub(respond=respond) as stub,
        posehub.record("baidu", cassette=path, endpoint=stub.url, **stub.keys) as backend,
    ):
        for image in (*IMAGES, EMPTY):
            backend.detect(image)
    return path


class TestContract(BackendContract):
    backend = "replay"
    result_backend = "baidu"
    images = IMAGES
    empty_image = EMPTY

    @pytest.fixture(autouse=True)
    def recorded(self, cassette):
        type(self).options = {"cassette": cassette}

    def record(self, cassette):
        # recording a played cassette would give a copy of it
        shutil.copy(self.options["cassette"], cassette)
        return self.open()

    def play(self, cassette):
        return self.open()
