"""YAML is read in time and memory that are bounded by the size of the file."""

from __future__ import annotations

import time

import pytest

from posehub.errors import CassetteError
from posehub.recording.cassette import read_cassette
from posehub.recording.yaml_text import parsed, written


def _bomb(levels, reference):
    lines = ["a0: &a0 {x: 1}" if "<<" in reference else "a0: &a0 [x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} " + reference.format(level - 1))
    return "\n".join(lines)


REFUSED = {
    "nested lists": "[" * 100_000,
    "closed lists": "[" * 50_000 + "]" * 50_000,
    "nested mappings": "{a: " * 50_000,
    "nested blocks": "- " * 50_000 + "x",
    "merge keys": _bomb(30, "{{<<: [*a{0}, *a{0}, *a{0}, *a{0}]}}"),
    "a value that is no integer": "!!int x",
    "an empty integer": "!!int ''",
    "a value that is no boolean": "!!bool x",
    "a value that is no time": "!!timestamp x",
    "a time that is none": "2026-99-99",
    "bytes that are none": "!!binary '\u00e9'",
    "an integer of a list": "!!int [1]",
    "a key that is a list": "{[1]: 2}",
    "an unknown tag": "!!python/name:os.system",
    "an unknown alias": "*a",
    "not UTF-8": b"\xff\xfe\xfd",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_a_value_error_at_once(text):
    start = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        parsed(text if isinstance(text, bytes) else text.encode())
    assert time.process_time() - start < 2


@pytest.mark.parametrize("number", ["1" + ":1" * 200_000, "0x" + "f" * 1_000_000, "9" * 1_000_000])
def test_a_very_long_number_stays_text(number):
    start = time.process_time()
    assert parsed(f"a: {number}".encode()) == {"a": number}
    assert time.process_time() - start < 2


def test_numbers_are_numbers():
    assert parsed(b"[12, -5, 0x1f, 1:30, 1.5, 1e3, .inf]") == [12, -5, 31, 90, 1.5, "1e3", 1e999]


def test_aliases_share_their_value():
    assert parsed(b"a: &a [1]\nb: *a") == {"a": [1], "b": [1]}


def test_a_header_of_nested_aliases_takes_no_time(tmp_path):
    bomb = _bomb(40, "[*a{0}, *a{0}, *a{0}, *a{0}, *a{0}]")
    entry = (
        "interactions:\n- request: {method: POST, uri: 'http://h/x', body: ''}\n"
        "  response: {status: {code: 200}, headers: {x: *a39, y: [*a39], z: [1]}, body: {}}"
    )
    path = tmp_path / "c.yaml"
    path.write_text(f"{bomb}\n{entry}\n")
    start = time.process_time()
    (interaction,) = read_cassette(path)
    assert time.process_time() - start < 2
    assert interaction.response.headers == {"z": "1"}


@pytest.mark.parametrize("code", ["0x" + "f" * 90, "-1", "0", "1000", "true"])
def test_a_status_that_is_none_is_an_error(tmp_path, code):
    path = tmp_path / "c.yaml"
    path.write_text(
        "interactions: [{request: {method: POST, uri: u}, "
        f"response: {{status: {{code: {code}}}, body: {{}}}}}}]"
    )
    with pytest.raises(CassetteError, match="interaction 0, status"):
        read_cassette(path)


def test_the_same_data_gives_the_same_bytes():
    data = {"b": ["x" * 500], "a": b"\xff"}
    assert written(data) == written(data)
    assert parsed(written(data)) == data
