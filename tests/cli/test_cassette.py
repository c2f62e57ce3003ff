"""`posehub record` and `posehub cassette`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from PIL import Image as PILImage

import posehub
from posehub.cli import main
from posehub_baidu.testing import BaiduStub


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def images(tmp_path):
    paths = []
    for shade in range(3):
        paths.append(tmp_path / f"{shade}.png")
        PILImage.new("RGB", (60, 60), (shade, 0, 0)).save(paths[-1])
    return paths


@pytest.fixture
def record(tmp_path):
    cassette = tmp_path / "cassette.yaml"
    with BaiduStub() as stub:
        options = {"endpoint": stub.url, **stub.keys}
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]

        def run_record(*arguments):
            return run("record", *arguments, "-b", "baidu", "-c", cassette, *flags), cassette, stub

        yield run_record


def test_record_writes_a_cassette_that_plays(record, images):
    result, cassette, _ = record(*images)
    assert result.exit_code == 0
    assert result.stdout.count("people: 1") == 3
    with posehub.open_backend("replay", cassette=cassette) as backend:
        assert len(backend.detect(images[2])) == 1


def test_record_once_sends_no_request_for_recorded_images(record, images):
    record(*images)
    result, _, stub = record(*images, "--json")
    assert [json.loads(line)["people"] for line in result.stdout.splitlines()] == [1, 1, 1]
    assert len(stub.calls) == 3


def test_record_fails_for_an_unreadable_image_and_records_the_others(record, images):
    result, cassette, _ = record("missing.png", *images)
    assert result.exit_code == 1
    assert "missing.png" in result.stdout
    assert len(json.loads(run("cassette", "show", cassette, "--json").stdout)) == 3


def test_record_of_an_image_that_is_not_in_the_cassette_names_the_mode(record, images):
    record(images[0])
    result, _, stub = record(images[1])
    assert result.exit_code == 1
    assert "--mode new" in result.stdout
    assert len(stub.calls) == 1


def test_record_of_a_missing_image_claims_no_cassette(record):
    result, cassette, _ = record("missing.png")
    assert result.exit_code == 1
    assert not cassette.exists()
    assert "cassette:" not in result.output


@pytest.mark.parametrize("command", ["show", "check"])
def test_an_interaction_of_another_service_may_have_any_form(record, images, command, caplog):
    _, cassette, _ = record(*images)
    foreign = "- request: {uri: 'https://other.example/', method: GET, body: [1]}\n"
    cassette.write_text(cassette.read_text().replace("version: 1", f"{foreign}version: 1"))
    result = run("cassette", command, cassette)
    assert result.exit_code == 0
    assert "skipped 1 interactions" in caplog.text


def test_show_lists_backend_digest_status_and_size(record, images):
    _, cassette, _ = record(*images)
    rows = json.loads(run("cassette", "show", cassette, "--json").stdout)
    assert [row["image"] for row in rows] == [posehub.load_image(image).digest for image in images]
    assert {row["backend"] for row in rows} == {"baidu"}
    assert all(row["bytes"] > 500 for row in rows)
    table = run("cassette", "show", cassette).stdout
    assert rows[0]["image"][:19] in table


def test_check_accepts_a_cassette_without_secrets(record, images):
    _, cassette, _ = record(*images)
    assert run("cassette", "check", cassette).exit_code == 0


def test_check_names_file_line_and_kind_of_a_secret_without_showing_it(record, images):
    _, cassette, _ = record(*images)
    secret = "24.0123456789abcdef0123"
    cassette.write_text(cassette.read_text().replace("image=", f"access_token={secret}&image=", 1))
    result = run("cassette", "check", cassette, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["kind"] == "an access token"
    assert f"{cassette}:6: an access token" in result.stderr
    assert secret not in result.output


def test_check_knows_the_keys_of_installed_backends(record, images):
    _, cassette, _ = record(*images)
    cassette.write_text(cassette.read_text().replace("image=", "key=bce-v3/ALTAK-a1/b2&image=", 1))
    result = run("cassette", "check", cassette, "--json")
    assert result.exit_code == 1
    assert [row["kind"] for row in json.loads(result.stdout)] == ["a Baidu API key"]


def test_prune_keeps_the_responses_to_the_given_images(record, images):
    _, cassette, _ = record(*images)
    result = run("cassette", "prune", cassette, images[1], "--json")
    assert json.loads(result.stdout) == {"kept": 1, "removed": 2}
    (row,) = json.loads(run("cassette", "show", cassette, "--json").stdout)
    assert row["image"] == posehub.load_image(images[1]).digest


def test_prune_never_removes_all_responses(record, images, tmp_path):
    _, cassette, _ = record(*images)
    other = tmp_path / "other.png"
    PILImage.new("RGB", (60, 60), "white").save(other)
    before = cassette.read_bytes()
    assert run("cassette", "prune", cassette, other).exit_code == 1
    assert cassette.read_bytes() == before


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_file_that_is_not_a_cassette_is_refused(tmp_path, command):
    (tmp_path / "x.yaml").write_text("a: 1")
    result = run("cassette", command, tmp_path / "x.yaml")
    assert result.exit_code == 1
    assert "no list of interactions" in result.stderr
