from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest

from posehub import PoseResult
from posehub.errors import PosehubError
from posehub_baidu.testing import BaiduStub, Fault, digest_score

PICTURES = 1000
TIMEOUT = 2.0
SLOW = Fault(delay=TIMEOUT * 1.5)
FAULTS = (
    Fault(code=18),
    Fault(code=110),
    Fault(status=500, body=b"<html>trouble</html>"),
    Fault(cut=True),
    Fault(body=b"\x00garbage"),
)


def storm(number: int) -> Fault | None:
    """Spoil the first 20 of every 100 calls; in one such burst, time out as many as workers."""
    block, place = divmod(number, 100)
    if place >= 20:
        return None
    return SLOW if block == 5 and place < 16 else FAULTS[number % len(FAULTS)]


@pytest.fixture
def _no_pauses(monkeypatch):
    monkeypatch.setattr("posehub.cloud.retry.pause", lambda seconds: None)


@pytest.mark.usefixtures("_no_pauses")
def test_every_picture_of_a_storm_is_answered_or_its_error_returned_in_place(open_baidu, picture):
    base = picture(50, 50)
    files = [base + number.to_bytes(4, "big") for number in range(PICTURES)]
    digests = ["sha256:" + hashlib.sha256(file).hexdigest() for file in files]
    with BaiduStub(fault=storm) as stub:
        backend = open_baidu(stub, timeout=TIMEOUT, max_retries=2)
        outcomes = list(backend.detect_many(iter(files), workers=16, on_error="return"))

        assert len(outcomes) == PICTURES
        received = Counter(
            call.digest
            for number, call in enumerate(stub.calls)
            if call.answered and storm(number) is not SLOW
        )
        for digest, outcome in zip(digests, outcomes, strict=True):
            if isinstance(outcome, PosehubError):
                assert received[digest] == 0, "an answer was lost"
            else:
                assert isinstance(outcome, PoseResult)
                assert outcome[0]["nose"].score == np.float32(digest_score(digest))
                assert received[digest] == 1, "an answered picture was asked about again"
        errors = [outcome for outcome in outcomes if isinstance(outcome, PosehubError)]
        assert len(set(map(id, outcomes))) == PICTURES
        assert 0 < len(errors) < PICTURES // 5
        spoiled = sum(storm(number) is not None for number in range(len(stub.calls)))
        assert spoiled >= PICTURES // 5
