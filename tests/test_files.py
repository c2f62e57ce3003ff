"""Writing files completely or not at all, and never over something else."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from posehub.errors import ConfigError
from posehub.files import (
    check_output,
    make_folder_atomically,
    open_atomically,
    write_atomically,
)


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "out.json"
    with open_atomically(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert _names(tmp_path) == ["out.json"]


def test_a_failed_block_keeps_what_was_there(tmp_path):
    path = tmp_path / "out.json"
    path.write_bytes(b"old")

    def fail():
        with open_atomically(path) as file:
            file.write(b"half")
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["out.json"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755])
def test_a_replaced_file_keeps_its_mode(mode, tmp_path):
    path = tmp_path / "out.json"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert _mode(path) == mode
    assert path.read_bytes() == b"new"


def test_a_private_file_is_private_while_it_is_written(tmp_path):
    path = tmp_path / "out.json"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with open_atomically(path):
        assert {_mode(file) for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("depth", [1, 3])
def test_the_target_of_a_link_is_replaced_and_the_link_stays(depth, tmp_path):
    target = tmp_path / "elsewhere" / "real.json"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = target
    for number in range(depth):
        (tmp_path / f"link{number}.json").symlink_to(link)
        link = tmp_path / f"link{number}.json"
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_link_to_a_missing_file_makes_that_file(tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"


def _fifo(path):
    os.mkfifo(path)


def _socket(path):
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (Path.mkdir, "a folder"),
        (_fifo, "a named pipe"),
        (_socket, "a socket"),
        (lambda path: path.symlink_to(os.devnull), "a device"),
    ],
)
def test_an_output_that_is_not_a_plain_file_is_refused(make, kind, tmp_path):
    make(tmp_path / "out")
    for write in (check_output, lambda path: write_atomically(path, b"new")):
        with pytest.raises(ConfigError, match=f"out' is {kind}. Name a file to write to"):
            write(tmp_path / "out")
    assert _names(tmp_path) == ["out"]


def test_an_open_pipe_by_its_name_in_proc_is_refused(tmp_path):
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w"):
        (tmp_path / "out").symlink_to(f"/proc/self/fd/{writing}")
        with pytest.raises(ConfigError, match="is a named pipe"):
            check_output(tmp_path / "out")


def test_a_read_only_file_is_refused_by_its_mode(tmp_path):
    path = tmp_path / "out.json"
    path.write_bytes(b"old")
    path.chmod(0o444)
    for write in (check_output, lambda path: write_atomically(path, b"new")):
        with pytest.raises(ConfigError, match="is read-only"):
            write(path)
    assert path.read_bytes() == b"old"


def test_an_output_that_is_an_input_is_refused_under_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "in.jpg"
    source.write_bytes(b"photo")
    (tmp_path / "link.jpg").symlink_to(source)
    os.link(source, tmp_path / "hard.jpg")
    names = (source, Path("in.jpg"), Path("x/../in.jpg"), Path("link.jpg"), Path("hard.jpg"))
    (tmp_path / "x").mkdir()
    for name in names:
        with pytest.raises(ConfigError, match=r"is the input .*in\.jpg"):
            check_output(name, [tmp_path / "other.jpg", source])


def test_an_output_that_is_none_of_the_inputs_is_accepted(tmp_path):
    (tmp_path / "in.jpg").write_bytes(b"photo")
    check_output(tmp_path / "out.jpg", [tmp_path / "in.jpg", tmp_path / "missing.jpg"])


def test_a_missing_input_is_the_same_as_the_output_of_its_path(tmp_path):
    with pytest.raises(ConfigError, match="is the input"):
        check_output(tmp_path / "a.jpg", [tmp_path / "a.jpg"])


def test_a_folder_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "out"
    with make_folder_atomically(path) as folder:
        (folder / "a").write_bytes(b"a")
        assert not path.exists()
    assert _names(path) == ["a"]
    assert _names(tmp_path) == ["out"]


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").touch()
    with (
        pytest.raises(FileExistsError, match="is not empty"),
        make_folder_atomically(tmp_path / "out"),
    ):
        pytest.fail("the block ran")


def test_a_link_to_an_empty_folder_is_filled_and_stays(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with make_folder_atomically(tmp_path / "link") as folder:
        (folder / "a").touch()
    assert (tmp_path / "link").is_symlink()
    assert _names(tmp_path / "real") == ["a"]
