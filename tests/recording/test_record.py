"""Recording and playing a service backend: modes, bytes, threads, errors, secrets."""

from __future__ import annotations

import numpy as np
import pytest
import vcr
import yaml

import posehub
from posehub import load_image
from posehub.backends.transport import HttpRequest, HttpResponse
from posehub.errors import (
    CassetteError,
    CassetteMissError,
    ConfigError,
    ImageError,
    MissingCredentialError,
    QuotaExceededError,
)
from posehub.recording.results import recording_of
from posehub.recording.transport import RecordingTransport, plan
from posehub_baidu.testing import API_KEY, BEARER_KEY, SECRET_KEY, BaiduStub, Fault

NOWHERE = {"endpoint": "http://127.0.0.1:9"}


def make_image(shade: int) -> np.ndarray:
    return np.full((60, 64, 3), shade, np.uint8)


@pytest.fixture
def cassette(tmp_path):
    return tmp_path / "folder" / "cassette.yaml"


@pytest.fixture
def stub():
    with BaiduStub() as running:
        yield running


def record(stub, cassette, mode="once", images=None, **options):
    images = [make_image(1)] if images is None else images
    options = {"endpoint": stub.url, **stub.keys, **options}
    with posehub.record("baidu", cassette=cassette, mode=mode, **options) as backend:
        return list(backend.detect_many(images, on_error="return"))


@pytest.mark.parametrize(
    ("mode", "exists", "plays", "records"),
    [
        ("none", True, True, False),
        ("none", False, True, False),
        ("once", True, True, False),
        ("once", False, False, True),
        ("new", True, True, True),
        ("new", False, False, True),
        ("all", True, False, True),
        ("all", False, False, True),
    ],
)
def test_modes_are_those_of_vcr(mode, exists, plays, records):
    assert plan(mode, exists) == (plays, records)


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(
    ("mode", "plays", "records"),
    [("none", True, False), ("once", True, True), ("new", True, True), ("all", False, True)],
)
def test_a_killed_recording_is_completed_by_the_modes_that_record(mode, exists, plays, records):
    assert plan(mode, exists, killed=True) == (plays, records)


def test_an_unknown_mode_is_refused_by_name(cassette):
    with pytest.raises(ConfigError, match=r"none, once, new, all, got 'always'"):
        posehub.record("baidu", cassette=cassette, mode="always")


def test_a_recording_plays_without_network_or_keys(stub, cassette):
    live = record(stub, cassette)
    with posehub.record("baidu", cassette=cassette, mode="none", **NOWHERE) as backend:
        assert [backend.detect(make_image(1))] == live
    with posehub.open_backend("replay", cassette=cassette) as backend:
        assert [backend.detect(make_image(1))] == live


def test_once_does_not_call_again(stub, cassette):
    assert record(stub, cassette) == record(stub, cassette)
    assert len(stub.calls) == 1


def test_once_refuses_an_image_that_is_not_in_the_cassette(stub, cassette):
    record(stub, cassette)
    (outcome,) = record(stub, cassette, images=[make_image(2)])
    assert isinstance(outcome, CassetteMissError)
    assert "mode='new'" in str(outcome)


def test_new_plays_recorded_images_and_adds_others(stub, cassette):
    record(stub, cassette)
    before = cassette.read_text()
    record(stub, cassette, "new", [make_image(1), make_image(2)])
    assert len(stub.calls) == 2
    assert cassette.read_text().startswith(before.removesuffix("version: 1\n"))
    assert len(record(stub, cassette, "none", [make_image(1), make_image(2)])) == 2


def test_all_records_everything_again(stub, cassette):
    first = record(stub, cassette)
    (second,) = record(stub, cassette, "all")
    assert [second] != first  # the stub numbers its responses
    assert len(yaml.safe_load(cassette.read_text())["interactions"]) == 1


def test_none_with_a_missing_cassette_is_an_error(cassette):
    with pytest.raises(CassetteError, match=r"cassette\.yaml"):
        posehub.record("baidu", cassette=cassette, mode="none")


def test_keys_are_required_only_to_record(stub, cassette):
    with (
        posehub.record("baidu", cassette=cassette, endpoint=stub.url) as backend,
        pytest.raises(MissingCredentialError, match="BAIDU_API_KEY"),
    ):
        backend.detect(make_image(1))


def test_an_image_is_recorded_by_its_digest(stub, cassette):
    record(stub, cassette)
    (entry,) = yaml.safe_load(cassette.read_text())["interactions"]
    assert entry["request"]["body"] == f"image={load_image(make_image(1)).digest}"


def test_no_credential_is_in_the_cassette(stub, cassette):
    record(stub, cassette)
    record(
        stub, cassette, "new", [make_image(2)], api_key=None, secret_key=None, bearer_key=BEARER_KEY
    )
    text = cassette.read_text()
    for secret in (API_KEY, SECRET_KEY, BEARER_KEY, *stub.tokens):
        assert secret not in text
    assert "oauth" not in text


def test_recording_the_same_images_again_gives_the_same_bytes(cassette):
    images = [make_image(shade) for shade in range(12)]
    recorded = set()
    with BaiduStub() as stub:
        stub.respond = lambda digest, size: {"person_num": 0, "person_info": []}
        for workers in (1, 4, 4):
            options = {"endpoint": stub.url, **stub.keys}
            with posehub.record("baidu", cassette=cassette, mode="all", **options) as backend:
                list(backend.detect_many(images, workers=workers))
            data = yaml.safe_load(cassette.read_text())
            for entry in data["interactions"]:
                # only the stub's request numbers differ
                string = entry["response"]["body"]["string"]
                entry["response"]["body"]["string"] = string.split(', "log_id"')[0]
            recorded.add(yaml.safe_dump(data))
    assert len(recorded) == 1


def test_interactions_are_in_the_order_of_the_images_for_any_order_of_the_threads(cassette):
    images = [make_image(shade) for shade in range(20)]
    slow_first = BaiduStub(fault=lambda number: Fault(delay=0.2) if number == 0 else None)
    with slow_first as stub:
        options = {"endpoint": stub.url, **stub.keys}
        with posehub.record("baidu", cassette=cassette, **options) as backend:
            list(backend.detect_many(images, workers=5))
    entries = yaml.safe_load(cassette.read_text())["interactions"]
    digests = [entry["request"]["body"].removeprefix("image=") for entry in entries]
    assert digests == [load_image(image).digest for image in images]


def test_a_passing_error_and_its_repeat_are_recorded_and_repeated_again_when_played(cassette):
    once_busy = BaiduStub(fault=lambda number: Fault(code=18) if number == 0 else None)
    with once_busy as stub:
        live = record(stub, cassette)
    assert len(yaml.safe_load(cassette.read_text())["interactions"]) == 2
    with posehub.open_backend("replay", cassette=cassette) as backend:
        assert [backend.detect(make_image(1))] == live
    with (
        posehub.open_backend("replay", cassette=cassette, max_retries=0) as backend,
        pytest.raises(posehub.errors.RateLimitedError),
    ):
        backend.detect(make_image(1))


def test_a_lasting_error_is_played_as_that_error(cassette):
    with BaiduStub(daily=0) as stub:
        record(stub, cassette)
    with (
        posehub.open_backend("replay", cassette=cassette) as backend,
        pytest.raises(QuotaExceededError),
    ):
        backend.detect(make_image(1))


def test_vcrpy_plays_what_posehub_recorded(stub, cassette):
    live = record(stub, cassette)
    with (
        vcr.use_cassette(str(cassette), record_mode=vcr.mode.NONE),
        posehub.open_backend("baidu", endpoint=stub.url, bearer_key=BEARER_KEY) as backend,
    ):
        assert [backend.detect(make_image(1))] == live
    assert len(stub.calls) == 1


def test_a_recording_that_is_interrupted_is_written(stub, cassette):
    options = {"endpoint": stub.url, **stub.keys}

    def interrupted():
        with posehub.record("baidu", cassette=cassette, **options) as backend:
            backend.detect(make_image(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(record(stub, cassette, "none")) == 1


def test_nothing_is_written_when_nothing_was_recorded(stub, cassette):
    (outcome,) = record(stub, cassette, images=[np.zeros((10, 10, 3), np.uint8)])
    assert isinstance(outcome, ImageError)
    assert not cassette.exists()


def test_a_cassette_that_cannot_be_written_is_an_error(stub, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CassetteError, match="Cannot write cassette"):
        record(stub, tmp_path / "file" / "cassette.yaml")


def test_cached_results_are_recorded_too(stub, cassette, tmp_path):
    with posehub.open_backend(
        "baidu", endpoint=stub.url, cache=tmp_path / "cache.sqlite", **stub.keys
    ) as backend:
        backend.detect(make_image(1))
    record(stub, cassette, cache=tmp_path / "cache.sqlite")
    assert len(record(stub, cassette, "none")) == 1


def test_played_responses_do_not_wait_for_the_rate_limit(stub, cassette):
    images = [make_image(shade) for shade in range(5)]
    record(stub, cassette, images=images)
    # at this rate, five live requests would take over an hour
    assert len(record(stub, cassette, "none", images, qps=0.001)) == 5


def test_recorded_requests_keep_the_rate_limit(stub, cassette):
    record(stub, cassette, images=[make_image(shade) for shade in range(4)], qps=10)
    times = [call.time for call in stub.calls]
    assert len(times) == 4
    # the first request may arrive late on a busy machine
    assert times[-1] - times[0] > 0.6 * 3 / 10


def test_a_repeat_while_recording_takes_its_turn(cassette):
    with BaiduStub(fault=lambda number: Fault(code=18) if number == 0 else None) as stub:
        record(stub, cassette, qps=1, max_retries=1)
    first, second = (call.time for call in stub.calls)
    assert second - first > 0.9


def request(number):
    return HttpRequest("POST", "posehub://local/detect", image=load_image(make_image(number)))


class Live:
    """A live transport in memory."""

    closed = False

    def send(self, request):
        return HttpResponse(200, {}, b"{}")

    def close(self):
        self.closed = True


def test_the_live_transport_is_closed_even_if_the_cassette_cannot_be_written(tmp_path, make_info):
    (tmp_path / "file").write_text("in the way")
    live = Live()
    path = tmp_path / "file" / "cassette.yaml"
    transport = RecordingTransport(path, recording_of(make_info("local")), "all", lambda: live)
    transport.send(request(1))
    with pytest.raises(CassetteError):
        transport.close()
    assert live.closed
