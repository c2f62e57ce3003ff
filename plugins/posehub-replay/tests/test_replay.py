"""The replay backend: recorded responses, found by the image or in sequence."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import warnings
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
import vcr
import yaml

import posehub
from posehub.errors import (
    CassetteError,
    CassetteMissError,
    ConfigError,
    QuotaExceededError,
    UnknownBackendError,
)
from posehub_baidu.testing import BEARER_KEY, BaiduStub, person_at

ROOT = Path(__file__).parents[3]
TWO_PEOPLE = ROOT / "cassettes" / "baidu" / "two_people.yaml"
RESPONSE = json.loads((ROOT / "cassettes" / "baidu" / "two_people.json").read_text())
URL = "https://aip.baidubce.com/rest/2.0/image-classify/v1/body_analysis"
CANVAS = np.full((1000, 1500, 3), 238, np.uint8)


def make_image(shade: int) -> np.ndarray:
    return np.full((60, 80, 3), shade, np.uint8)


def entry(data: dict | str, digest: str = "", **response) -> dict:
    text = data if isinstance(data, str) else json.dumps(data)
    return {
        "request": {
            "method": "POST",
            "uri": URL,
            "headers": {},
            "body": urlencode({"image": digest}),
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {},
            "body": {"string": text},
            **response,
        },
    }


def recorded(shade: int) -> dict:
    """Return an interaction for `make_image(shade)`, with the shade as the request id."""
    image = posehub.load_image(make_image(shade))
    data = {**person_at(image.digest, image.size), "log_id": shade}
    return entry(data, image.digest)


@pytest.fixture
def cassette(tmp_path):
    def write(*entries: dict) -> Path:
        path = tmp_path / "cassette.yaml"
        path.write_text(yaml.safe_dump({"interactions": list(entries), "version": 1}))
        return path

    return write


def test_the_recorded_response_is_played_bit_for_bit():
    with posehub.open_backend("replay", cassette=TWO_PEOPLE, match="sequence") as backend:
        result = backend.detect(CANVAS)

    assert result.request_id == str(RESPONSE["log_id"])
    assert result.raw == RESPONSE
    assert len(result) == 2
    for person, expected_person in zip(result, RESPONSE["person_info"], strict=True):
        assert len(person.keypoints) == 21
        for name, point in expected_person["body_parts"].items():
            got = person[name]
            expected = np.array([point["x"], point["y"], point["score"]], np.float32)
            assert np.array([got.x, got.y, got.score], np.float32).tobytes() == expected.tobytes()
        box = expected_person["location"]
        corners = [box["left"], box["top"], box["left"] + box["width"], box["top"] + box["height"]]
        got_box = np.array(
            [person.box.left, person.box.top, person.box.right, person.box.bottom], np.float32
        )
        assert got_box.tobytes() == np.array(corners, np.float32).tobytes()
        assert np.float32(person.score) == np.float32(box["score"])


def test_the_cassette_has_the_response_byte_for_byte():
    data = yaml.safe_load(TWO_PEOPLE.read_text())
    body = data["interactions"][0]["response"]["body"]["string"]
    assert body == (ROOT / "cassettes" / "baidu" / "two_people.json").read_text()


def test_vcrpy_plays_the_same_cassette_with_the_same_result():
    with posehub.open_backend("replay", cassette=TWO_PEOPLE, match="sequence") as backend:
        replayed = backend.detect(CANVAS)
    with (
        vcr.use_cassette(str(TWO_PEOPLE), record_mode=vcr.mode.NONE),
        posehub.open_backend("baidu", bearer_key=BEARER_KEY) as backend,
    ):
        live = backend.detect(CANVAS)
    assert live == replayed


def test_a_cassette_recorded_with_vcrpy_is_played(tmp_path):
    path = tmp_path / "recorded.yaml"
    source = ROOT / "examples" / "astronaut.jpg"
    recorder = vcr.VCR(record_mode=vcr.mode.ONCE, filter_headers=["authorization"])
    with (
        BaiduStub() as stub,
        recorder.use_cassette(str(path)),
        posehub.open_backend("baidu", endpoint=stub.url, bearer_key=BEARER_KEY) as backend,
    ):
        live = backend.detect(source)
    with posehub.open_backend("replay", cassette=path) as backend:
        assert backend.detect(source) == live
        with pytest.raises(CassetteMissError):
            backend.detect(CANVAS)


def test_each_image_gets_its_own_response_in_any_order(cassette):
    path = cassette(*(recorded(shade) for shade in range(20)))
    with posehub.open_backend("replay", cassette=path) as backend:
        results = backend.detect_many(
            [make_image(shade) for shade in reversed(range(20))], workers=4
        )
        assert [result.request_id for result in results] == [str(s) for s in reversed(range(20))]


def test_several_responses_to_one_image_are_played_in_order_and_the_last_is_repeated(cassette):
    first, second = recorded(1), recorded(1)
    second["response"]["body"]["string"] = second["response"]["body"]["string"].replace(
        '"log_id": 1', '"log_id": 2'
    )
    with posehub.open_backend("replay", cassette=cassette(first, second)) as backend:
        ids = [backend.detect(make_image(1)).request_id for _ in range(4)]
    assert ids == ["1", "2", "2", "2"]


def test_threads_share_a_sequence_and_each_response_is_played_once(cassette):
    path = cassette(*(recorded(shade) for shade in range(50)))
    seen: list[str | None] = []
    with posehub.open_backend("replay", cassette=path, match="sequence") as backend:

        def work() -> None:
            for _ in range(10):
                seen.append(backend.detect(make_image(0)).request_id)

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seen, key=int) == [str(shade) for shade in range(50)]


def test_a_miss_names_the_image_and_the_content_of_the_cassette(cassette):
    held = posehub.load_image(make_image(1)).digest
    missing = posehub.load_image(make_image(2)).digest
    with (
        posehub.open_backend("replay", cassette=cassette(recorded(1))) as backend,
        pytest.raises(CassetteMissError) as caught,
    ):
        backend.detect(make_image(2))
    assert held[:19] in str(caught.value)
    assert missing[:19] in str(caught.value)


def test_after_the_end_of_a_sequence_the_error_has_the_number_of_responses(cassette):
    with posehub.open_backend(
        "replay", cassette=cassette(recorded(1)), match="sequence"
    ) as backend:
        backend.detect(make_image(1))
        with pytest.raises(CassetteMissError, match="all 1 have been played"):
            backend.detect(make_image(1))


def test_a_recorded_error_is_played_as_that_error(cassette):
    digest = posehub.load_image(make_image(1)).digest
    refused = entry({"error_code": 17, "error_msg": "daily", "log_id": 5}, digest)
    with (
        posehub.open_backend("replay", cassette=cassette(refused)) as backend,
        pytest.raises(QuotaExceededError) as caught,
    ):
        backend.detect(make_image(1))
    assert (caught.value.code, caught.value.request_id) == (17, "5")


def test_a_recorded_passing_error_is_repeated_without_waiting(cassette):
    digest = posehub.load_image(make_image(1)).digest
    # the service asked for a wait in which this test would time out
    busy = entry(
        "busy", digest, status={"code": 503, "message": ""}, headers={"retry-after": ["3600"]}
    )
    with posehub.open_backend("replay", cassette=cassette(busy, busy, recorded(1))) as backend:
        assert backend.detect(make_image(1)).request_id == "1"


def test_a_compressed_response_is_decompressed(cassette):
    packed = recorded(1)
    text = packed["response"]["body"]["string"]
    packed["response"]["headers"] = {"Content-Encoding": ["gzip"]}
    packed["response"]["body"]["string"] = gzip.compress(text.encode())
    with posehub.open_backend("replay", cassette=cassette(packed)) as backend:
        assert backend.detect(make_image(1)).request_id == "1"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "deflate", "br"])
def test_a_response_that_the_recorder_decompressed_may_keep_its_header(cassette, encoding):
    kept = recorded(1)
    kept["response"]["headers"] = {"Content-Encoding": [encoding]}
    with posehub.open_backend("replay", cassette=cassette(kept)) as backend:
        assert backend.detect(make_image(1)).request_id == "1"


def test_a_form_that_was_recorded_as_a_mapping_is_played(cassette):
    data = (ROOT / "examples" / "astronaut.jpg").read_bytes()
    whole = entry({**person_at("sha256:00", (512, 512)), "log_id": 9})
    whole["request"]["body"] = {"image": base64.b64encode(data).decode()}
    with posehub.open_backend("replay", cassette=cassette(whole)) as backend:
        assert backend.detect(data).request_id == "9"


def test_a_malformed_interaction_of_another_service_is_skipped_and_counted(cassette, caplog):
    foreign = recorded(2)
    foreign["request"] |= {"uri": "https://elsewhere.example/pose", "body": [1, 2]}
    with posehub.open_backend("replay", cassette=cassette(foreign, recorded(1))) as backend:
        assert backend.detect(make_image(1)).request_id == "1"
    assert "skipped 1 interactions" in caplog.text


@pytest.mark.parametrize("workers", [1, 4, 8])
def test_in_a_sequence_each_image_gets_the_response_of_its_place(cassette, workers):
    path = cassette(*(recorded(shade) for shade in range(24)))
    # some take longer to load, so that their requests come later
    images = [
        np.zeros((3000, 3000, 3), np.uint8) if number % 3 == 0 else make_image(number)
        for number in range(24)
    ]
    with posehub.open_backend("replay", cassette=path, match="sequence") as backend:
        results = list(backend.detect_many(images, workers=workers))
    assert [result.request_id for result in results] == [str(number) for number in range(24)]


@pytest.mark.parametrize("workers", [1, 4])
def test_in_a_sequence_a_bad_image_takes_no_response(cassette, workers):
    path = cassette(*(recorded(shade) for shade in range(3)))
    images = [make_image(0), b"not an image", make_image(1), make_image(2)]
    with posehub.open_backend("replay", cassette=path, match="sequence") as backend:
        results = list(backend.detect_many(images, workers=workers, on_error="return"))
    assert [getattr(result, "request_id", None) for result in results] == ["0", None, "1", "2"]


def test_a_sequence_ends_when_its_consumer_stops(cassette):
    path = cassette(*(recorded(shade) for shade in range(50)))
    with posehub.open_backend("replay", cassette=path, match="sequence") as backend:
        results = backend.detect_many(map(make_image, range(50)), workers=8)
        assert next(results).request_id == "0"
        results.close()


def test_a_body_with_the_whole_image_is_found_by_its_digest(cassette):
    data = (ROOT / "examples" / "astronaut.jpg").read_bytes()
    whole = entry({**person_at("sha256:00", (512, 512)), "log_id": 9})
    whole["request"]["body"] = urlencode({"image": base64.b64encode(data).decode()})
    with posehub.open_backend("replay", cassette=cassette(whole)) as backend:
        assert backend.detect(data).request_id == "9"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no list of interactions"),
        ("- 1", "no list of interactions"),
        ("interactions: 5", "no list of interactions"),
        ("interactions: [1]", "interaction 0: 'request' must be a dict"),
        ("interactions: [{request: {}, response: 5}]", "'response' must be a dict"),
        ("interactions: [{request: {}, response: {status: 5}}]", "'status' must be a dict"),
        ("a: [", "is not valid YAML"),
        ("\x00\x01", "is not valid YAML"),
        ("!!python/object/apply:os.getcwd []", "is not valid YAML"),
    ],
)
def test_a_malformed_cassette_is_refused_by_entry_and_field(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(CassetteError, match=message):
        posehub.open_backend("replay", cassette=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e["request"].update(uri=5), "'uri' must be a str"),
        (lambda e: e["request"].update(body=5), "request body must be text or binary"),
        (lambda e: e["response"].update(body="text"), "'body' must be a dict"),
        (lambda e: e["response"]["body"].update(string=[1]), "response body must be text"),
        (lambda e: e["response"]["status"].update(code="200"), "'code' must be a int"),
        (
            lambda e: e["response"].update(
                headers={"content-encoding": ["gzip"]}, body={"string": b"\x1f\x8b\x08cut"}
            ),
            "cannot decompress",
        ),
    ],
)
def test_a_malformed_interaction_names_its_number_and_field(cassette, change, message):
    bad = recorded(2)
    change(bad)
    with pytest.raises(CassetteError, match=f"interaction 1.*{message}"):
        posehub.open_backend("replay", cassette=cassette(recorded(1), bad))


def test_a_missing_cassette_is_an_error_not_an_empty_one(tmp_path):
    with pytest.raises(CassetteError, match=r"nowhere\.yaml"):
        posehub.open_backend("replay", cassette=tmp_path / "nowhere.yaml")


def test_the_option_cassette_is_required():
    with pytest.raises(ConfigError, match="needs the option 'cassette'"):
        posehub.open_backend("replay")


def test_a_cassette_of_no_installed_backend_is_refused(cassette):
    foreign = recorded(1)
    foreign["request"]["uri"] = "https://elsewhere.example/pose"
    with pytest.raises(CassetteError, match="no installed backend"):
        posehub.open_backend("replay", cassette=cassette(foreign))


def test_the_recorded_backend_can_be_named(cassette):
    with posehub.open_backend("replay", cassette=cassette(recorded(1)), backend="baidu") as backend:
        assert backend.detect(make_image(1)).request_id == "1"


def test_an_unknown_recorded_backend_is_refused(cassette):
    with pytest.raises(UnknownBackendError, match="baidu"):
        posehub.open_backend("replay", cassette=cassette(recorded(1)), backend="bidu")


def test_a_backend_without_requests_in_the_cassette_is_refused(cassette):
    with pytest.raises(CassetteError, match="has no request of replay"):
        posehub.open_backend("replay", cassette=cassette(recorded(1)), backend="replay")


def test_requests_of_other_services_in_a_cassette_are_skipped(cassette):
    foreign = recorded(2)
    foreign["request"]["uri"] = "https://aip.baidubce.com/oauth/2.0/token"
    path = cassette(foreign, recorded(1))
    with posehub.open_backend("replay", cassette=path, match="sequence") as backend:
        assert backend.detect(make_image(1)).request_id == "1"


def test_playing_needs_no_key_and_gives_no_warning(monkeypatch):
    for name in ("BAIDU_API_KEY", "BAIDU_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    with (
        warnings.catch_warnings(),
        posehub.open_backend("replay", cassette=TWO_PEOPLE, match="sequence") as backend,
    ):
        warnings.simplefilter("error")
        assert len(backend.detect(CANVAS)) == 2
        backend.close()
