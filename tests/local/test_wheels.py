"""A member of a wheel as the source of a model file."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub.errors import ConfigError, MissingDependencyError
from posehub.local.wheels import WheelMember, parse_progress


@pytest.fixture
def sources(wheels):
    return [WheelMember("brain", "1.0", member, wheels.tags) for member in wheels.contents]


def test_a_member_is_fetched_and_unpacked(sources, published, tmp_path, wheels):
    with sources[1].open(sources[1].fetch(tmp_path)) as stream:
        assert stream.read() == wheels.contents["brain/two.tflite"]


def test_the_members_of_one_wheel_take_one_download(sources, published, tmp_path, wheels):
    fetched = sources[0].fetch(tmp_path)
    published.unlink()
    assert sources[1].fetch(tmp_path) == fetched


def test_the_progress_bar_goes_to_stderr(sources, published, tmp_path, capsys):
    sources[0].fetch(tmp_path)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "brain 1.0" in captured.err


def test_the_reason_of_a_failed_download_is_pips(sources, folder, tmp_path):
    with pytest.raises(MissingDependencyError, match=r"No matching distribution .* brain==1\.0\."):
        sources[0].fetch(tmp_path)


def test_without_pip_the_error_says_how_to_install_it(sources, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="python -m ensurepip"):
        sources[0].fetch(tmp_path)


def test_another_wheel_is_refused(sources, tmp_path, wheels):
    wheel = wheels.write(tmp_path / "other.whl", {"unrelated.py": b""})
    with (
        pytest.raises(ConfigError, match=r"other\.whl does not hold brain/one\.tflite"),
        sources[0].open(wheel),
    ):
        pass


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("Progress 4096 of 35583072\n", (4096, 35583072)),
        ("Progress 0 of 0", (0, 0)),
        ("Saved ./brain-1.0.whl", None),
        ("Progress many of more", None),
        ("", None),
    ],
)
def test_a_progress_line_of_pip_is_read(line, numbers):
    assert parse_progress(line) == numbers


@given(st.text())
def test_any_other_line_is_no_progress(line):
    assert parse_progress(line) is None or line.split()[0] == "Progress"
