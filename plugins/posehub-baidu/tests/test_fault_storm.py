from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from posehub import PoseResult
from posehub.errors import PosehubError
from posehub_baidu.testing import BaiduStub, Fault, digest_score

IMAGES = 1000
TIMEOUT = 2.0
SLOW = Fault(delay=TIMEOUT * 1.5)
FAULTS = (
    Fault(code=18),
    Fault(code=110),
    Fault(status=500, body=b"<html>error</html>"),
    Fault(cut=True),
    Fault(body=b"\x00garbage"),
)


def failures(number: int) -> Fault | None:
    """Fail the first 20 of every 100 requests; in one such burst, delay one request per worker."""
    block, position = divmod(number, 100)
    if position >= 20:
        return None
    return SLOW if block == 5 and position < 16 else FAULTS[number % len(FAULTS)]


def test_each_image_gets_its_result_or_its_error_while_the_service_fails(open_baidu, image_file):
    base = image_file(50, 50)
    files = [base + number.to_bytes(4, "big") for number in range(IMAGES)]
    digests = ["sha256:" + hashlib.sha256(file).hexdigest() for file in files]
    with BaiduStub(fault=failures) as stub:
        backend = open_baidu(stub, waits=[], timeout=TIMEOUT, max_retries=2)
        outcomes = list(backend.detect_many(iter(files), workers=16, on_error="return"))

        assert len(outcomes) == IMAGES
        received = Counter(
            call.digest
            for number, call in enumerate(stub.calls)
            if call.succeeded and failures(number) is not SLOW
        )
        for digest, outcome in zip(digests, outcomes, strict=True):
            if isinstance(outcome, PosehubError):
                assert received[digest] == 0, "a response was lost"
            else:
                assert isinstance(outcome, PoseResult)
                assert outcome[0]["nose"].score == np.float32(digest_score(digest))
                assert received[digest] == 1, "an image with a result was sent again"
        errors = [outcome for outcome in outcomes if isinstance(outcome, PosehubError)]
        assert len(set(map(id, outcomes))) == IMAGES
        assert 0 < len(errors) < IMAGES // 5
        failed = sum(failures(number) is not None for number in range(len(stub.calls)))
        assert failed >= IMAGES // 5
