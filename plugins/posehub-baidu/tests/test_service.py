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
from pathlib import Path

import numpy as np
import pytest

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
    """Spoil the first call and answer the others."""
    return lambda number: fault if number == 0 else None


def mark_of(file: bytes) -> np.float32:
    return np.float32(digest_score("sha256:" + hashlib.sha256(file).hexdigest()))


@pytest.fixture
def pauses(monkeypatch):
    """The seconds waited between attempts, without waiting."""
    waited = []
    monkeypatch.setattr("posehub.cloud.retry.pause", waited.append)
    return waited


@pytest.fixture
def say():
    """Start a server that reads a whole request and then says these bytes, whatever they are."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(replies):
        for reply in replies:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as request:
                length = 0
                while line := request.readline().strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                request.read(length)
                connection.sendall(reply)

    threads = []

    def start(*replies):
        thread = threading.Thread(target=serve, args=(replies,), daemon=True)
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


ANSWER = json.dumps(person_at("sha256:0", (64, 64))).encode()


def test_one_call_finds_the_person(stub, picture):
    result = posehub.detect(picture(), backend="baidu", endpoint=stub.url, **stub.keys)
    assert len(result) == 1
    assert result.backend == "baidu"
    assert result.skeleton.name == "baidu21"
    assert result.image_size == (64, 64)


def test_the_log_id_is_the_request_id(stub, open_baidu, picture):
    assert open_baidu(stub).detect(picture()).request_id == str(2**60)


def test_results_come_in_order_and_belong_to_their_pictures(open_baidu, picture):
    files = [picture(seed=seed) for seed in range(100)]
    # earlier calls take longer, so that answers arrive out of order
    with BaiduStub(fault=lambda number: Fault(delay=0.03 if number % 3 == 0 else 0)) as stub:
        results = list(open_baidu(stub).detect_many(files, workers=16))
    assert [result[0]["nose"].score for result in results] == [mark_of(file) for file in files]


def test_calls_from_a_program_with_an_event_loop_run_side_by_side(stub, open_baidu, picture):
    backend = open_baidu(stub)
    files = [picture(seed=seed) for seed in range(8)]

    async def detect_all():
        return await asyncio.gather(*(backend.adetect(file) for file in files))

    results = asyncio.run(detect_all())
    assert [result[0]["nose"].score for result in results] == [mark_of(file) for file in files]


def test_a_remembered_answer_costs_no_call(stub, open_baidu, picture, tmp_path):
    first = open_baidu(stub, cache=tmp_path / "cache").detect(picture())
    second = open_baidu(stub, cache=tmp_path / "cache").detect(picture())
    assert first == second
    assert len(stub.calls) == 1


@pytest.mark.parametrize("oddity", [b"1e999", b'"\\ud800"'], ids=["infinity", "half a character"])
def test_an_answer_that_cannot_be_written_down_is_answered_all_the_same(
    open_baidu, picture, tmp_path, oddity
):
    body = b'{"person_num": 0, "log_id": 1, "new": ' + oddity + b"}"
    with BaiduStub(fault=lambda number: Fault(body=body)) as stub:
        assert len(open_baidu(stub, cache=tmp_path / "cache").detect(picture())) == 0


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
    reply = {"person_num": len(PEOPLE), "person_info": [one for one, _ in PEOPLE.values()]}
    with BaiduStub(reply=lambda digest, size: reply) as running:
        yield running


def test_the_vendors_filter_keeps_valid_persons_only(crowded, open_baidu, picture):
    result = open_baidu(crowded, valid_persons=True).detect(picture())
    kept = [one["location"]["score"] for one, valid in PEOPLE.values() if valid]
    assert [one.score for one in result] == pytest.approx(kept)


def test_the_vendors_filter_is_off_by_default(crowded, open_baidu, picture):
    assert len(open_baidu(crowded).detect(picture())) == len(PEOPLE)


def test_a_person_without_scores_does_not_pass_the_vendors_filter(open_baidu, picture):
    one = person_at("sha256:0", (64, 64))
    for part in one["person_info"][0]["body_parts"].values():
        del part["score"]
    with BaiduStub(reply=lambda digest, size: one) as stub:
        assert len(open_baidu(stub, valid_persons=True).detect(picture())) == 0


def test_a_client_that_does_not_pace_itself_is_told_so(open_baidu, picture):
    with BaiduStub(qps=10) as stub:
        backend = open_baidu(stub, max_retries=0)
        files = [picture(seed=seed) for seed in range(20)]
        outcomes = list(backend.detect_many(files, workers=16, on_error="return"))
    assert {getattr(outcome, "code", None) for outcome in outcomes} == {None, 18}


def test_a_client_that_paces_itself_is_never_told_so(open_baidu, picture):
    # half the rate allowed, so that no stall of the machine can push calls together
    with BaiduStub(qps=20) as stub:
        backend = open_baidu(stub, qps=10, max_retries=0)
        files = [picture(seed=seed) for seed in range(25)]
        assert len(list(backend.detect_many(files, workers=16))) == 25
        assert all(call.answered for call in stub.calls)


def test_a_rate_limit_reply_is_waited_out(open_baidu, picture):
    with BaiduStub(qps=1) as stub:
        backend = open_baidu(stub, max_retries=8)
        files = [picture(seed=seed) for seed in range(2)]
        assert len(list(backend.detect_many(files, workers=2))) == 2
        assert not all(call.answered for call in stub.calls)


def test_a_spent_quota_is_not_tried_again(open_baidu, picture):
    with BaiduStub(daily=3) as stub:
        backend = open_baidu(stub, max_retries=5)
        files = [picture(seed=seed) for seed in range(5)]
        outcomes = list(backend.detect_many(files, on_error="return"))
        assert [len(outcome) for outcome in outcomes[:3]] == [1, 1, 1]
        assert [type(outcome) for outcome in outcomes[3:]] == [QuotaExceededError] * 2
        assert len(stub.calls) == 5


SLOW_REPLIES = {
    "silence": Fault(delay=2.0),
    "a byte now and then": Fault(trickle=0.1),
}


@pytest.mark.parametrize("fault", SLOW_REPLIES.values(), ids=SLOW_REPLIES)
def test_a_reply_that_takes_too_long_is_a_timeout(open_baidu, picture, fault):
    with BaiduStub(fault=lambda number: fault) as stub:
        with pytest.raises(BackendTimeoutError, match=r"within 0\.3 s"):
            open_baidu(stub, timeout=0.3, max_retries=0).detect(picture())
        assert len(stub.calls) == 1


def test_a_timeout_is_tried_again(open_baidu, picture, pauses):
    with BaiduStub(fault=first_only(Fault(delay=5.0))) as stub:
        assert len(open_baidu(stub, timeout=1.0, max_retries=1).detect(picture())) == 1
        assert len(stub.calls) == 2


def test_a_cut_reply_is_transient(open_baidu, picture):
    with (
        BaiduStub(fault=lambda number: Fault(cut=True)) as stub,
        pytest.raises(TransientError, match="connection"),
    ):
        open_baidu(stub, max_retries=0).detect(picture())


def test_a_cut_reply_is_tried_again(open_baidu, picture, pauses):
    with BaiduStub(fault=first_only(Fault(cut=True))) as stub:
        assert len(open_baidu(stub, max_retries=1).detect(picture())) == 1
        assert len(stub.calls) == 2


def test_a_service_that_is_not_there_is_transient(picture):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    with (
        posehub.open_backend("baidu", endpoint=endpoint, bearer_key="key", max_retries=0) as baidu,
        pytest.raises(TransientError, match=f":{port} failed"),
    ):
        baidu.detect(picture())


@pytest.mark.parametrize(
    "reply",
    [b"", b"garbage\r\n\r\n", b"\x00\xff" * 500, b"HTTP/9.9 what\r\n\r\n"],
    ids=["nothing", "text", "bytes", "a bad version"],
)
def test_an_answer_that_is_no_http_is_transient(say, picture, reply):
    with say(reply) as backend, pytest.raises(TransientError):
        backend.detect(picture())


def test_an_answer_cut_in_its_head_is_an_invalid_response(say, picture):
    # to the HTTP library the end of the connection is the end of the head
    with say(b"HTTP/1.1 200 OK\r\nContent-") as backend, pytest.raises(InvalidResponseError):
        backend.detect(picture())


def test_an_answer_shorter_than_it_says_is_transient(say, picture):
    with (
        say(http(ANSWER[:100], f"Content-Length: {len(ANSWER)}")) as backend,
        pytest.raises(TransientError),
    ):
        backend.detect(picture())


def test_chunks_that_break_off_are_transient(say, picture):
    with (
        say(http(b'5\r\n{"per\r\n5\r\nson', "Transfer-Encoding: chunked")) as backend,
        pytest.raises(TransientError),
    ):
        backend.detect(picture())


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


WRAPPINGS = {
    "no length": http(ANSWER),
    "chunks": http(chunked(ANSWER, 100), "Transfer-Encoding: chunked"),
    "gzip": http(gzip.compress(ANSWER), "Content-Encoding: gzip"),
    "gzip in chunks": http(
        chunked(gzip.compress(ANSWER), 10),
        "Content-Encoding: gzip",
        "Transfer-Encoding: chunked",
    ),
}


@pytest.mark.parametrize("reply", WRAPPINGS.values(), ids=WRAPPINGS)
def test_an_answer_may_be_wrapped_as_http_allows(say, picture, reply):
    with say(reply) as backend:
        assert len(backend.detect(picture())) == 1


def test_bytes_that_only_claim_to_be_gzip_are_an_error_of_posehub(say, picture):
    reply = http(ANSWER, "Content-Encoding: gzip", f"Content-Length: {len(ANSWER)}")
    with say(reply) as backend, pytest.raises(BackendError) as caught:
        backend.detect(picture())
    assert "fault of the plugin" not in str(caught.value)


def test_a_reply_without_end_is_refused_before_it_fills_memory(open_baidu, picture):
    with (
        BaiduStub(fault=lambda number: Fault(body=b" " * (17 << 20))) as stub,
        pytest.raises(InvalidResponseError, match="16 MiB"),
    ):
        open_baidu(stub, max_retries=0).detect(picture())


def test_a_small_reply_that_unpacks_without_end_is_refused(say, picture):
    bomb = gzip.compress(b" " * (64 << 20))
    with (
        say(http(bomb, "Content-Encoding: gzip")) as backend,
        pytest.raises(InvalidResponseError, match="16 MiB"),
    ):
        backend.detect(picture())


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_a_service_asks_for_is_kept(open_baidu, picture, pauses, status):
    busy = Fault(status=status, body=b"busy", headers={"Retry-After": "7"})
    with BaiduStub(fault=first_only(busy)) as stub:
        assert len(open_baidu(stub, max_retries=1).detect(picture())) == 1
    (wait,) = pauses
    assert 7 <= wait <= 7.5


def test_a_wait_beyond_the_deadline_is_not_begun(open_baidu, picture, pauses):
    busy = Fault(status=503, body=b"busy", headers={"Retry-After": "3600"})
    with BaiduStub(fault=first_only(busy)) as stub:
        with pytest.raises(TransientError) as caught:
            open_baidu(stub, max_retries=3, deadline=60).detect(picture())
        assert len(stub.calls) == 1
    assert caught.value.retry_after == 3600
    assert pauses == []


def connections(caplog) -> int:
    messages = [record.message for record in caplog.records]
    return sum("Starting new HTTP" in m or "Resetting dropped" in m for m in messages)


def test_calls_one_after_the_other_share_a_connection(stub, open_baidu, picture, caplog):
    caplog.set_level(logging.DEBUG)
    backend = open_baidu(stub)
    for seed in range(10):
        backend.detect(picture(seed=seed))
    assert connections(caplog) == 1


def test_a_connection_the_server_closed_between_calls_is_opened_again(
    open_baidu, picture, pauses, caplog
):
    caplog.set_level(logging.DEBUG)
    with BaiduStub(fault=lambda number: Fault(hang_up=True)) as stub:
        backend = open_baidu(stub, max_retries=1)
        for seed in range(5):
            assert len(backend.detect(picture(seed=seed))) == 1
    assert connections(caplog) == 5


@pytest.fixture
def encrypted():
    """A stub that speaks TLS with a certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with BaiduStub() as running:
        server = running._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield running


def test_a_certificate_nobody_trusts_is_refused(encrypted, picture):
    endpoint = encrypted.url.replace("http:", "https:")
    with (
        posehub.open_backend("baidu", endpoint=endpoint, **encrypted.keys) as backend,
        pytest.raises(BackendError, match=r"certificate of 127\.0\.0\.1") as caught,
    ):
        backend.detect(picture())
    assert not isinstance(caught.value, TransientError)
    assert not encrypted.tokens


def test_a_certificate_the_user_trusts_is_taken(encrypted, picture, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    endpoint = encrypted.url.replace("http:", "https:")
    with posehub.open_backend("baidu", endpoint=endpoint, **encrypted.keys) as backend:
        assert len(backend.detect(picture())) == 1


def test_a_backend_may_be_closed_twice(stub, open_baidu, picture):
    backend = open_baidu(stub)
    backend.detect(picture())
    backend.close()
    backend.close()


@pytest.mark.parametrize("workers", [1, 4])
def test_errors_returned_in_place_do_not_keep_their_pictures(open_baidu, picture, workers):
    before = pictures_in_memory()
    files = [*(picture(seed=seed) for seed in range(20)), b"no picture"]
    with BaiduStub(daily=0) as stub:
        backend = open_baidu(stub)
        errors = list(backend.detect_many(files, workers=workers, on_error="return"))
    assert len(errors) == 21
    assert pictures_in_memory() == before


def pictures_in_memory() -> int:
    gc.collect()
    return sum(isinstance(thing, posehub.Image) for thing in gc.get_objects())
