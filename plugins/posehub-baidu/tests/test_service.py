from __future__ import annotations

import asyncio
import gc
import gzip
import hashlib
import json
import logging
import socket
import ssl
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import vcr

import posehub
from posehub.errors import (
    BackendError,
    BackendTimeoutError,
    InvalidResponseError,
    QuotaExceededError,
    TransientError,
)
from posehub_baidu.testing import BaiduStub, Fault, digest_score, person_at

CERTIFICATE = Path(__file__).parent / "data" / "self_signed.pem"


def first_only(fault):
    """Return a schedule in which only the first request fails."""
    return lambda number: fault if number == 0 else None


def score_of(file: bytes) -> np.float32:
    return np.float32(digest_score("sha256:" + hashlib.sha256(file).hexdigest()))


@pytest.fixture
def open_on():
    """Open a backend on a server that responds with these bytes, one item for each request."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(responses):
        for response in responses:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as request:
                length = 0
                while line := request.readline().strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                request.read(length)
                connection.sendall(response)

    threads = []

    def start(*responses):
        thread = threading.Thread(target=serve, args=(responses,), daemon=True)
        thread.start()
        threads.append(thread)
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        return posehub.open_backend("baidu", endpoint=endpoint, bearer_key="key", max_retries=0)

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""])
    return head.encode() + body


GOOD = json.dumps(person_at("sha256:0", (64, 64))).encode()


def test_one_request_finds_the_person(stub, image_file):
    result = posehub.detect(image_file(), backend="baidu", endpoint=stub.url, **stub.keys)
    assert len(result) == 1
    assert result.backend == "baidu"
    assert result.skeleton.name == "baidu21"
    assert result.image_size == (64, 64)


def test_the_log_id_is_the_request_id(stub, open_baidu, image_file):
    assert open_baidu(stub).detect(image_file()).request_id == str(2**60)


def test_results_are_in_the_order_of_their_images(open_baidu, image_file):
    files = [image_file(seed=seed) for seed in range(100)]
    # some requests take longer, so that responses arrive out of order
    with BaiduStub(fault=lambda number: Fault(delay=0.03 if number % 3 == 0 else 0)) as stub:
        results = list(open_baidu(stub).detect_many(files, workers=16))
    assert [result[0]["nose"].score for result in results] == [score_of(file) for file in files]


def test_requests_of_a_program_with_an_event_loop_run_at_the_same_time(
    stub, open_baidu, image_file
):
    backend = open_baidu(stub)
    files = [image_file(seed=seed) for seed in range(8)]

    async def detect_all():
        return await asyncio.gather(*(backend.adetect(file) for file in files))

    results = asyncio.run(detect_all())
    assert [result[0]["nose"].score for result in results] == [score_of(file) for file in files]


def test_a_cached_result_costs_no_request(stub, open_baidu, image_file, tmp_path):
    first = open_baidu(stub, cache=tmp_path / "cache").detect(image_file())
    second = open_baidu(stub, cache=tmp_path / "cache").detect(image_file())
    assert first == second
    assert len(stub.calls) == 1


def test_the_cache_distinguishes_endpoints(open_baidu, image_file, tmp_path):
    for _ in range(2):
        with BaiduStub() as stub:
            open_baidu(stub, cache=tmp_path / "cache").detect(image_file())
            assert len(stub.calls) == 1


@pytest.mark.parametrize("value", [b"1e999", b'"\\ud800"'], ids=["infinity", "half a character"])
def test_a_response_that_cannot_be_cached_gives_a_result(open_baidu, image_file, tmp_path, value):
    body = b'{"person_num": 0, "log_id": 1, "new": ' + value + b"}"
    with BaiduStub(fault=lambda number: Fault(body=body)) as stub:
        assert len(open_baidu(stub, cache=tmp_path / "cache").detect(image_file())) == 0


def person(parts: int, part_score: float, box_score: float):
    one = person_at("sha256:0", (64, 64))["person_info"][0]
    names = list(one["body_parts"])
    for column, name in enumerate(names):
        one["body_parts"][name]["score"] = part_score if column < parts else 0.1
    one["location"]["score"] = box_score
    return one


PEOPLE = {
    "valid": (person(4, 0.21, 0.04), True),
    "too few parts": (person(3, 0.9, 0.9), False),
    "parts at the bound": (person(21, 0.2, 0.9), False),
    "box at the bound": (person(21, 0.9, 0.03), False),
}


@pytest.fixture
def crowded():
    response = {"person_num": len(PEOPLE), "person_info": [one for one, _ in PEOPLE.values()]}
    with BaiduStub(respond=lambda digest, size: response) as running:
        yield running


def test_the_recommended_filter_keeps_only_valid_people(crowded, open_baidu, image_file):
    result = open_baidu(crowded, valid_persons=True).detect(image_file())
    kept = [one["location"]["score"] for one, valid in PEOPLE.values() if valid]
    assert [one.score for one in result] == pytest.approx(kept)


def test_the_recommended_filter_is_off_by_default(crowded, open_baidu, image_file):
    assert len(open_baidu(crowded).detect(image_file())) == len(PEOPLE)


def test_a_person_without_scores_does_not_pass_the_recommended_filter(open_baidu, image_file):
    one = person_at("sha256:0", (64, 64))
    for part in one["person_info"][0]["body_parts"].values():
        del part["score"]
    with BaiduStub(respond=lambda digest, size: one) as stub:
        assert len(open_baidu(stub, valid_persons=True).detect(image_file())) == 0


def test_requests_without_a_rate_limit_exceed_that_of_the_service(open_baidu, image_file):
    with BaiduStub(qps=10) as stub:
        backend = open_baidu(stub, max_retries=0)
        files = [image_file(seed=seed) for seed in range(20)]
        outcomes = list(backend.detect_many(files, workers=16, on_error="return"))
    assert {getattr(outcome, "code", None) for outcome in outcomes} == {None, 18}


def test_paced_requests_stay_below_the_rate_limit_of_the_service(open_baidu, image_file):
    # half the allowed rate, so that a slow machine cannot push requests together
    with BaiduStub(qps=20) as stub:
        backend = open_baidu(stub, qps=10, max_retries=0)
        files = [image_file(seed=seed) for seed in range(25)]
        assert len(list(backend.detect_many(files, workers=16))) == 25
        assert all(call.succeeded for call in stub.calls)


def test_a_request_above_the_rate_limit_is_repeated_later(open_baidu, image_file):
    with BaiduStub(qps=1) as stub:
        backend = open_baidu(stub, max_retries=8)
        files = [image_file(seed=seed) for seed in range(2)]
        assert len(list(backend.detect_many(files, workers=2))) == 2
        assert not all(call.succeeded for call in stub.calls)


def test_an_exceeded_quota_is_not_repeated(open_baidu, image_file):
    with BaiduStub(daily=3) as stub:
        backend = open_baidu(stub, max_retries=5)
        files = [image_file(seed=seed) for seed in range(5)]
        outcomes = list(backend.detect_many(files, on_error="return"))
        assert [len(outcome) for outcome in outcomes[:3]] == [1, 1, 1]
        assert [type(outcome) for outcome in outcomes[3:]] == [QuotaExceededError] * 2
        assert len(stub.calls) == 5


SLOW_RESPONSES = {
    "nothing": Fault(delay=2.0),
    "a byte at a time": Fault(trickle=0.1),
}


@pytest.mark.parametrize("fault", SLOW_RESPONSES.values(), ids=SLOW_RESPONSES)
def test_a_response_that_takes_too_long_is_a_timeout(open_baidu, image_file, fault):
    with BaiduStub(fault=lambda number: fault) as stub:
        with pytest.raises(BackendTimeoutError, match=r"within 0\.3 s"):
            open_baidu(stub, timeout=0.3, max_retries=0).detect(image_file())
        assert len(stub.calls) == 1


def test_a_request_with_a_timeout_is_repeated(open_baidu, image_file):
    with BaiduStub(fault=first_only(Fault(delay=5.0))) as stub:
        assert len(open_baidu(stub, waits=[], timeout=1.0, max_retries=1).detect(image_file())) == 1
        assert len(stub.calls) == 2


def test_a_cut_response_is_transient(open_baidu, image_file):
    with (
        BaiduStub(fault=lambda number: Fault(cut=True)) as stub,
        pytest.raises(TransientError, match="connection"),
    ):
        open_baidu(stub, max_retries=0).detect(image_file())


def test_a_request_with_a_cut_response_is_repeated(open_baidu, image_file):
    with BaiduStub(fault=first_only(Fault(cut=True))) as stub:
        assert len(open_baidu(stub, waits=[], max_retries=1).detect(image_file())) == 1
        assert len(stub.calls) == 2


def test_a_refused_connection_is_transient(image_file):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with (
        posehub.open_backend("baidu", endpoint=endpoint, bearer_key="key", max_retries=0) as baidu,
        pytest.raises(TransientError, match=f":{port} failed"),
    ):
        baidu.detect(image_file())


@pytest.mark.parametrize(
    "response",
    [b"", b"garbage\r\n\r\n", b"\x00\xff" * 500, b"HTTP/9.9 OK\r\n\r\n"],
    ids=["nothing", "text", "bytes", "a bad version"],
)
def test_a_response_that_is_not_http_is_transient(open_on, image_file, response):
    with open_on(response) as backend, pytest.raises(TransientError):
        backend.detect(image_file())


def test_a_response_cut_in_its_head_is_an_invalid_response(open_on, image_file):
    # for the HTTP library, the end of the connection is the end of the head
    with open_on(b"HTTP/1.1 200 OK\r\nContent-") as backend, pytest.raises(InvalidResponseError):
        backend.detect(image_file())


def test_a_response_shorter_than_its_length_is_transient(open_on, image_file):
    with (
        open_on(http(GOOD[:100], f"Content-Length: {len(GOOD)}")) as backend,
        pytest.raises(TransientError),
    ):
        backend.detect(image_file())


def test_incomplete_chunks_are_transient(open_on, image_file):
    with (
        open_on(http(b'5\r\n{"per\r\n5\r\nson', "Transfer-Encoding: chunked")) as backend,
        pytest.raises(TransientError),
    ):
        backend.detect(image_file())


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


ENCODINGS = {
    "no length": http(GOOD),
    "chunks": http(chunked(GOOD, 100), "Transfer-Encoding: chunked"),
    "gzip": http(gzip.compress(GOOD), "Content-Encoding: gzip"),
    "gzip in chunks": http(
        chunked(gzip.compress(GOOD), 10),
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
    ),
}


@pytest.mark.parametrize("response", ENCODINGS.values(), ids=ENCODINGS)
def test_a_response_may_have_any_encoding_of_http(open_on, image_file, response):
    with open_on(response) as backend:
        assert len(backend.detect(image_file())) == 1


def test_a_body_that_is_not_gzip_as_its_header_states_is_a_backend_error(open_on, image_file):
    response = http(GOOD, "Content-Encoding: gzip", f"Content-Length: {len(GOOD)}")
    with open_on(response) as backend, pytest.raises(BackendError) as caught:
        backend.detect(image_file())
    assert "fault of the plugin" not in str(caught.value)


def test_an_endless_response_is_refused_before_it_fills_the_memory(open_baidu, image_file):
    with (
        BaiduStub(fault=lambda number: Fault(body=b" " * (17 << 20))) as stub,
        pytest.raises(InvalidResponseError, match="16 MiB"),
    ):
        open_baidu(stub, max_retries=0).detect(image_file())


def test_a_small_response_that_decompresses_to_a_huge_one_is_refused(open_on, image_file):
    bomb = gzip.compress(b" " * (64 << 20))
    with (
        open_on(http(bomb, "Content-Encoding: gzip")) as backend,
        pytest.raises(InvalidResponseError, match="16 MiB"),
    ):
        backend.detect(image_file())


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_the_service_asks_for_is_kept(open_baidu, image_file, status):
    waits = []
    busy = Fault(status=status, body=b"busy", headers={"Retry-After": "7"})
    with BaiduStub(fault=first_only(busy)) as stub:
        assert len(open_baidu(stub, waits=waits, max_retries=1).detect(image_file())) == 1
    (wait,) = waits
    assert 7 <= wait <= 7.5


def test_a_wait_beyond_the_deadline_is_not_started(open_baidu, image_file):
    waits = []
    busy = Fault(status=503, body=b"busy", headers={"Retry-After": "3600"})
    with BaiduStub(fault=first_only(busy)) as stub:
        with pytest.raises(TransientError) as caught:
            open_baidu(stub, waits=waits, max_retries=3, deadline=60).detect(image_file())
        assert len(stub.calls) == 1
    assert caught.value.retry_after == 3600
    assert waits == []


def connections(caplog) -> int:
    messages = [record.message for record in caplog.records]
    return sum("Starting new HTTP" in m or "Resetting dropped" in m for m in messages)


def test_requests_one_after_the_other_share_a_connection(stub, open_baidu, image_file, caplog):
    caplog.set_level(logging.DEBUG)
    backend = open_baidu(stub)
    for seed in range(10):
        backend.detect(image_file(seed=seed))
    assert connections(caplog) == 1


def test_a_connection_that_the_server_closed_is_opened_again(open_baidu, image_file, caplog):
    caplog.set_level(logging.DEBUG)
    with BaiduStub(fault=lambda number: Fault(hang_up=True)) as stub:
        backend = open_baidu(stub, waits=[], max_retries=1)
        for seed in range(5):
            assert len(backend.detect(image_file(seed=seed))) == 1
    assert connections(caplog) == 5


@pytest.fixture
def encrypted():
    """A stub with TLS and a self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with BaiduStub(tls=context) as running:
        yield running


def test_an_untrusted_certificate_is_refused(encrypted, open_baidu, image_file):
    with pytest.raises(BackendError, match=r"certificate of 127\.0\.0\.1") as caught:
        open_baidu(encrypted).detect(image_file())
    assert not isinstance(caught.value, TransientError)
    assert not encrypted.tokens


def test_a_certificate_that_the_user_trusts_is_accepted(
    encrypted, open_baidu, image_file, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    assert len(open_baidu(encrypted).detect(image_file())) == 1


def test_a_backend_may_be_closed_twice(stub, open_baidu, image_file):
    backend = open_baidu(stub)
    backend.detect(image_file())
    backend.close()
    backend.close()


@pytest.mark.parametrize("workers", [1, 4])
def test_returned_errors_do_not_keep_their_images(open_baidu, image_file, workers):
    before = images_in_memory()
    files = [*(image_file(seed=seed) for seed in range(20)), b"not an image"]
    with BaiduStub(daily=0) as stub:
        backend = open_baidu(stub)
        errors = list(backend.detect_many(files, workers=workers, on_error="return"))
    assert len(errors) == 21
    assert images_in_memory() == before


def images_in_memory() -> int:
    gc.collect()
    return sum(isinstance(thing, posehub.Image) for thing in gc.get_objects())


def test_vcrpy_records_a_compressed_response_as_the_docs_say(open_baidu, image_file, tmp_path):
    packed = Fault(body=gzip.compress(GOOD), headers={"Content-Encoding": "gzip"})
    recorder = vcr.VCR(
        filter_query_parameters=["access_token"],
        filter_headers=["authorization", "x-bce-date"],
        before_record_request=lambda request: None if "/oauth/" in request.uri else request,
    )
    with (
        BaiduStub(fault=lambda number: packed) as stub,
        recorder.use_cassette(str(tmp_path / "c.yaml")),
    ):
        live = open_baidu(stub).detect(image_file())
    with posehub.open_backend("replay", cassette=tmp_path / "c.yaml") as backend:
        assert backend.detect(image_file()) == live


@pytest.mark.parametrize(
    "body",
    [
        b'{"person_num": 0, "log_id": ' + b"9" * 5000 + b"}",
        b'{"person_num": 0, "person_info": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * (8 << 20),
    ],
    ids=["a long integer", "deep lists", "deep objects", "lists without end"],
)
def test_json_of_any_depth_is_an_invalid_response_at_once(open_baidu, image_file, body):
    with BaiduStub(fault=lambda number: Fault(body=body)) as stub:
        backend = open_baidu(stub)
        start = time.process_time()
        with pytest.raises(InvalidResponseError):
            backend.detect(image_file())
        assert time.process_time() - start < 3
        assert len(stub.calls) == 1
