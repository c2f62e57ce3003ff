"""Recording a backend and playing it: modes, bytes, threads, errors and secrets."""

from __future__ import annotations

import numpy as np
import pytest
import vcr
import yaml

import posehub
from posehub.errors import (
    CassetteError,
    CassetteMissError,
    ConfigError,
    ImageError,
    MissingCredentialError,
    QuotaExceededError,
)
from posehub.recording.transport import plan
from posehub_baidu.testing import API_KEY, BEARER_KEY, SECRET_KEY, BaiduStub, Fault

NOWHERE = {"endpoint": "http://127.0.0.1:9"}


def picture(shade: int) -> np.ndarray:
    return np.full((60, 64, 3), shade, np.uint8)


@pytest.fixture
def cassette(tmp_path):
    return tmp_path / "folder" / "cassette.yaml"


@pytest.fixture
def stub():
    with BaiduStub() as running:
        yield running


def record(stub, cassette, mode="once", pictures=None, **options):
    pictures = [picture(1)] if pictures is None else pictures
    options = {"endpoint": stub.url, **stub.keys, **options}
    with posehub.record("baidu", cassette=cassette, mode=mode, **options) as backend:
        return list(backend.detect_many(pictures, on_error="return"))


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
def test_modes_mean_what_they_mean_in_vcr(mode, exists, plays, records):
    assert plan(mode, exists) == (plays, records)


def test_an_unknown_mode_is_refused_by_name(cassette):
    with pytest.raises(ConfigError, match=r"none, once, new, all, got 'always'"):
        posehub.record("baidu", cassette=cassette, mode="always")


def test_what_was_recorded_plays_without_network_or_keys(stub, cassette):
    live = record(stub, cassette)
    with posehub.record("baidu", cassette=cassette, mode="none", **NOWHERE) as backend:
        assert [backend.detect(picture(1))] == live
    with posehub.open_backend("replay", cassette=cassette) as backend:
        assert [backend.detect(picture(1))] == live


def test_once_does_not_call_again(stub, cassette):
    assert record(stub, cassette) == record(stub, cassette)
    assert len(stub.calls) == 1


def test_once_refuses_a_picture_the_cassette_does_not_hold(stub, cassette):
    record(stub, cassette)
    (outcome,) = record(stub, cassette, pictures=[picture(2)])
    assert isinstance(outcome, CassetteMissError)


def test_new_plays_what_is_there_and_adds_the_rest(stub, cassette):
    record(stub, cassette)
    before = cassette.read_text()
    record(stub, cassette, "new", [picture(1), picture(2)])
    assert len(stub.calls) == 2
    assert cassette.read_text().startswith(before.removesuffix("version: 1\n"))
    assert len(record(stub, cassette, "none", [picture(1), picture(2)])) == 2


def test_all_records_anew(stub, cassette):
    first = record(stub, cassette)
    (second,) = record(stub, cassette, "all")
    assert [second] != first  # the stub numbers its replies
    assert len(yaml.safe_load(cassette.read_text())["interactions"]) == 1


def test_none_with_a_missing_cassette_is_an_error(cassette):
    with pytest.raises(CassetteError, match=r"cassette\.yaml"):
        posehub.record("baidu", cassette=cassette, mode="none")


def test_keys_are_asked_for_only_when_something_is_to_be_recorded(stub, cassette):
    with (
        posehub.record("baidu", cassette=cassette, endpoint=stub.url) as backend,
        pytest.raises(MissingCredentialError, match="BAIDU_API_KEY"),
    ):
        backend.detect(picture(1))


def test_a_picture_is_recorded_by_its_digest(stub, cassette):
    record(stub, cassette)
    (entry,) = yaml.safe_load(cassette.read_text())["interactions"]
    assert entry["request"]["body"] == f"image={posehub.load_image(picture(1)).digest}"


def test_no_credential_reaches_the_cassette(stub, cassette):
    record(stub, cassette)
    record(
        stub, cassette, "new", [picture(2)], api_key=None, secret_key=None, bearer_key=BEARER_KEY
    )
    text = cassette.read_text()
    for secret in (API_KEY, SECRET_KEY, BEARER_KEY, *stub.tokens):
        assert secret not in text
    assert "oauth" not in text


def test_recording_the_same_calls_again_gives_the_same_bytes(cassette):
    pictures = [picture(shade) for shade in range(12)]
    recorded = set()
    with BaiduStub() as stub:
        stub.reply = lambda digest, size: {"person_num": 0, "person_info": []}
        for workers in (1, 4, 4):
            options = {"endpoint": stub.url, **stub.keys}
            with posehub.record("baidu", cassette=cassette, mode="all", **options) as backend:
                list(backend.detect_many(pictures, workers=workers))
            data = yaml.safe_load(cassette.read_text())
            for entry in data["interactions"]:
                # the stub's request numbers are the one thing that differs
                string = entry["response"]["body"]["string"]
                entry["response"]["body"]["string"] = string.split(', "log_id"')[0]
            recorded.add(yaml.safe_dump(data))
    assert len(recorded) == 1


def test_interactions_stand_in_the_order_of_the_pictures_whatever_the_threads_do(cassette):
    pictures = [picture(shade) for shade in range(20)]
    slow_first = BaiduStub(fault=lambda number: Fault(delay=0.2) if number == 0 else None)
    with slow_first as stub:
        options = {"endpoint": stub.url, **stub.keys}
        with posehub.record("baidu", cassette=cassette, **options) as backend:
            list(backend.detect_many(pictures, workers=5))
    entries = yaml.safe_load(cassette.read_text())["interactions"]
    digests = [entry["request"]["body"].removeprefix("image=") for entry in entries]
    assert digests == [posehub.load_image(p).digest for p in pictures]


def test_an_error_and_its_repeat_are_recorded_and_exercise_the_retry_again(cassette):
    once_busy = BaiduStub(fault=lambda number: Fault(code=18) if number == 0 else None)
    with once_busy as stub:
        live = record(stub, cassette)
    assert len(yaml.safe_load(cassette.read_text())["interactions"]) == 2
    with posehub.open_backend("replay", cassette=cassette) as backend:
        assert [backend.detect(picture(1))] == live
    with (
        posehub.open_backend("replay", cassette=cassette, max_retries=0) as backend,
        pytest.raises(posehub.errors.RateLimitedError),
    ):
        backend.detect(picture(1))


def test_a_lasting_error_replays_as_that_error(cassette):
    with BaiduStub(daily=0) as stub:
        record(stub, cassette)
    with (
        posehub.open_backend("replay", cassette=cassette) as backend,
        pytest.raises(QuotaExceededError),
    ):
        backend.detect(picture(1))


def test_vcrpy_plays_what_posehub_recorded(stub, cassette):
    live = record(stub, cassette)
    with (
        vcr.use_cassette(str(cassette), record_mode=vcr.mode.NONE),
        posehub.open_backend("baidu", endpoint=stub.url, bearer_key=BEARER_KEY) as backend,
    ):
        assert [backend.detect(picture(1))] == live
    assert len(stub.calls) == 1


def test_a_crash_while_recording_leaves_what_was_recorded(stub, cassette):
    options = {"endpoint": stub.url, **stub.keys}

    def interrupted():
        with posehub.record("baidu", cassette=cassette, **options) as backend:
            backend.detect(picture(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(record(stub, cassette, "none")) == 1


def test_nothing_is_written_when_nothing_was_recorded(stub, cassette):
    (outcome,) = record(stub, cassette, pictures=[np.zeros((10, 10, 3), np.uint8)])
    assert isinstance(outcome, ImageError)
    assert not cassette.exists()


def test_a_cassette_that_cannot_be_written_is_an_error(stub, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CassetteError, match="Cannot write cassette"):
        record(stub, tmp_path / "file" / "cassette.yaml")


def test_the_result_cache_does_not_hide_calls_from_the_cassette(stub, cassette, tmp_path):
    with posehub.open_backend(
        "baidu", endpoint=stub.url, cache=tmp_path / "cache.sqlite", **stub.keys
    ) as backend:
        backend.detect(picture(1))
    record(stub, cassette, cache=tmp_path / "cache.sqlite")
    assert len(record(stub, cassette, "none")) == 1


def test_played_answers_do_not_wait_for_the_rate_limit(stub, cassette):
    pictures = [picture(shade) for shade in range(5)]
    record(stub, cassette, pictures=pictures)
    # at this rate, five live calls would take over an hour
    assert len(record(stub, cassette, "none", pictures, qps=0.001)) == 5
