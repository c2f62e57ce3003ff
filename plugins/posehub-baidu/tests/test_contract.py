"""The Baidu backend fulfils posehub's contract."""

from __future__ import annotations

import numpy as np
import pytest

from posehub.testing import BackendContract
from posehub_baidu.testing import BaiduStub, person_at


def respond(digest, size):
    empty = {"person_num": 0, "person_info": []}
    return empty if size == (60, 60) else person_at(digest, size)


class TestContract(BackendContract):
    backend = "baidu"
    # the last one is wider than the service accepts
    images = tuple(np.full((90, width, 3), width % 250, np.uint8) for width in (120, 300, 5000))
    empty_image = np.zeros((60, 60, 3), np.uint8)

    @pytest.fixture(autouse=True)
    def stub(self):
        with BaiduStub(respond=respond) as stub:
            type(self).options = {"endpoint": stub.url, **stub.keys}
            yield
