"""Model files: pulled once, checked by their hash, complete or not there at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import attrs
import pytest

from posehub import ModelFile
from posehub.errors import ConfigError, MissingDependencyError
from posehub.local.models import ensure, models_folder, path_of, pull, remove, state_of

KEPT = [".one.tflite.json", ".two.tflite.json", "one.tflite", "two.tflite"]


def states(files):
    return [state_of(file) for file in files]


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_pull_keeps_the_files_and_nothing_else(files, folder, published):
    pull(files, backend="thinker")
    assert states(files) == ["present", "present"]
    assert files_in(folder) == KEPT


def test_a_file_is_kept_in_its_folder_below_the_folder_of_all_models(files, folder):
    assert path_of(files[0]) == folder / "brain-1.0" / "one.tflite"


def test_ensuring_pulls_what_is_missing(files, published, wheels):
    assert states(files) == ["missing", "missing"]
    paths = ensure(files, backend="thinker")
    assert [path.read_bytes() for path in paths] == [*wheels.contents.values()]
    assert states(files) == ["present", "present"]


def test_files_that_are_present_need_no_source(files, published, wheels):
    pull(files, backend="thinker")
    published.unlink()
    paths = ensure(files, backend="thinker")
    assert [path.read_bytes() for path in paths] == [*wheels.contents.values()]
    pull(files, backend="thinker")


def test_a_pull_of_present_files_does_not_touch_them(files, published):
    pull(files, backend="thinker")
    before = [path_of(file).stat().st_mtime_ns for file in files]
    pull(files, backend="thinker")
    assert [path_of(file).stat().st_mtime_ns for file in files] == before


def test_a_forced_pull_fetches_present_files_again(files, published):
    pull(files, backend="thinker")
    before = [path_of(file).stat().st_ino for file in files]
    pull(files, backend="thinker", force=True)
    assert [path_of(file).stat().st_ino for file in files] != before
    assert states(files) == ["present", "present"]


def test_a_forced_pull_that_fails_keeps_the_present_files(files, published):
    pull(files, backend="thinker")
    published.unlink()
    with pytest.raises(MissingDependencyError):
        pull(files, backend="thinker", force=True)
    assert states(files) == ["present", "present"]


def test_files_of_one_pull_share_one_folder_of_downloads(files, folder):
    folders = []

    class Source:
        def fetch(self, folder):
            folders.append(folder)
            return path

        def open(self, fetched):
            return fetched.open("rb")

    path = folder.parent / "fetched"
    path.write_bytes(b"second network")
    shared = attrs.evolve(files[1], sources=(Source(),))
    pull([shared, attrs.evolve(shared, name="again.tflite")], backend="thinker")
    assert folders[0] == folders[1]


def test_a_wheel_of_the_user_serves_instead_of_a_download(files, folder, tmp_path, wheels):
    pull(files, backend="thinker", given=wheels.write(tmp_path / "any-name.whl"))
    assert states(files) == ["present", "present"]


def test_a_damaged_file_is_noticed_and_replaced(files, published, wheels):
    pull(files, backend="thinker")
    path = path_of(files[0])
    path.write_bytes(path.read_bytes()[:-1])
    assert states(files) == ["damaged", "present"]
    assert ensure(files, backend="thinker")[0].read_bytes() == wheels.contents["brain/one.tflite"]
    assert states(files) == ["present", "present"]


def test_a_damaged_file_that_cannot_be_replaced_is_an_error(files, published):
    pull(files, backend="thinker")
    published.unlink()
    path_of(files[0]).write_bytes(b"half")
    with pytest.raises(MissingDependencyError, match=r"brain 1\.0"):
        ensure(files, backend="thinker")


def test_a_file_with_another_hash_is_refused_and_not_kept(files, folder, tmp_path, wheels):
    forged = {**wheels.contents, "brain/one.tflite": b"other"}
    wheel = wheels.write(tmp_path / "forged.whl", forged)
    with pytest.raises(ConfigError, match=r"one\.tflite from .*forged\.whl is not the expected"):
        pull(files[:1], backend="thinker", given=wheel)
    assert files_in(folder) == []


def test_without_a_source_the_error_says_what_to_do(pip_files, folder):
    with pytest.raises(MissingDependencyError) as caught:
        pull(pip_files, backend="thinker")
    for words in ("one.tflite", "the wheel of brain 1.0", "posehub models pull thinker --from"):
        assert words in str(caught.value)


def test_a_folder_that_cannot_be_used_is_named(files, published, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="POSEHUB_MODELS_DIR"):
        pull(files, backend="thinker")


def test_a_file_that_cannot_be_read_is_named(files, folder):
    path_of(files[0]).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"Cannot read the model file .*one\.tflite"):
        state_of(files[0])


def test_present_files_need_no_writable_folder(files, published, wheels):
    pull(files, backend="thinker")
    published.unlink()
    folder = path_of(files[0]).parent
    folder.chmod(0o500)
    try:
        path, _ = ensure(files, backend="thinker")
        assert path.read_bytes() == wheels.contents["brain/one.tflite"]
    finally:
        folder.chmod(0o700)


def test_a_disk_that_fills_up_leaves_no_incomplete_file(files, folder, published, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        pull(files, backend="thinker")
    assert files_in(folder) == []


def test_threads_that_need_the_files_at_once_all_get_them(files, published, wheels):
    got = []
    threads = [
        threading.Thread(
            target=lambda: got.append(ensure(files, backend="thinker")[0].read_bytes())
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [wheels.contents["brain/one.tflite"]] * 4


PULL = """
    from posehub import ModelFile
    from posehub.local.models import pull
    from posehub.local.wheels import WheelMember
    pull({files!r}, backend="thinker")
"""


def pulling_process(files):
    script = textwrap.dedent(PULL).format(files=files)
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_processes_that_pull_at_once_leave_complete_files(pip_files, folder, published):
    processes = [pulling_process(pip_files) for _ in range(3)]
    for process in processes:
        _, message = process.communicate(timeout=60)
        assert process.returncode == 0, message
    assert states(pip_files) == ["present", "present"]
    assert files_in(folder) == KEPT


def test_an_interrupted_pull_does_not_disturb_a_later_one(pip_files, published):
    for delay in (0.1, 0.4, 0.7):
        process = pulling_process(pip_files)
        time.sleep(delay)
        process.kill()
        process.communicate()
        assert "damaged" not in states(pip_files)
    pull(pip_files, backend="thinker")
    assert states(pip_files) == ["present", "present"]


def test_removing_deletes_the_files_and_what_a_killed_pull_left(files, published):
    pull(files, backend="thinker")
    folder = path_of(files[0]).parent
    (folder / ".one.tflite.abc.part").write_bytes(b"half")
    assert remove(files) is True
    assert not folder.exists()
    assert remove(files) is False


def test_removing_keeps_other_files_of_the_folder(files, published):
    pull(files, backend="thinker")
    folder = path_of(files[0]).parent
    (folder / "notes.txt").write_text("mine")
    assert remove(files[:1]) is True
    assert files_in(folder) == [".two.tflite.json", "notes.txt", "two.tflite"]


def test_a_file_that_cannot_be_deleted_is_named(files, folder):
    path_of(files[0]).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"Cannot delete .*one\.tflite"):
        remove(files)


def test_the_folder_is_the_users_cache_unless_the_variable_names_another(monkeypatch, tmp_path):
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path))
    assert models_folder() == tmp_path
    monkeypatch.delenv("POSEHUB_MODELS_DIR")
    assert models_folder().parts[-2:] == ("posehub", "models")


def test_an_unchanged_file_is_not_read_again(files, published):
    pull(files, backend="thinker")
    path, before = path_of(files[0]), path_of(files[0]).stat()
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert state_of(files[0]) == "present"
    assert state_of(files[0], hashed=True) == "damaged"


def test_a_file_that_was_touched_is_read_once_and_noted_anew(files, published):
    pull(files, backend="thinker")
    path = path_of(files[0])
    os.utime(path, ns=(1, 1))
    assert state_of(files[0]) == "present"
    note = json.loads(path.with_name(".one.tflite.json").read_bytes())
    assert note["mtime_ns"] == 1


@pytest.mark.parametrize("text", [b"", b"no JSON", b"[]", b'{"size": 1}', b"\xff"])
def test_a_note_that_cannot_be_read_does_not_matter(files, published, text):
    pull(files, backend="thinker")
    path_of(files[0]).with_name(".one.tflite.json").write_bytes(text)
    assert state_of(files[0]) == "present"


def test_files_that_were_put_in_place_by_hand_are_present(files, folder, wheels):
    for file, data in zip(files, wheels.contents.values(), strict=True):
        path_of(file).parent.mkdir(parents=True, exist_ok=True)
        path_of(file).write_bytes(data)
    assert states(files) == ["present", "present"]
    pull(files, backend="thinker")


def test_the_next_source_serves_when_one_fails(files, published):
    (source,) = files[0].sources
    absent = attrs.evolve(source, package="absent")
    other = attrs.evolve(source, member="brain/two.tflite")
    file = attrs.evolve(files[0], sources=(absent, other, source))
    pull([file], backend="thinker")
    assert state_of(file) == "present"


def test_when_all_sources_fail_each_is_named_with_its_reason(files, published):
    (source,) = files[0].sources
    absent = attrs.evolve(source, package="absent")
    other = attrs.evolve(source, member="brain/two.tflite")
    with pytest.raises(MissingDependencyError) as caught:
        pull([attrs.evolve(files[0], sources=(absent, other))], backend="thinker")
    lines = str(caught.value).splitlines()
    assert lines[0] == "Cannot fetch one.tflite, a model of thinker:"
    assert lines[1].startswith("- the wheel of absent 1.0: No matching wheel")
    assert lines[2].startswith("- the wheel of brain 1.0: this is not the expected file: its SHA")
    assert "fetch the wheel of absent 1.0 or the wheel of brain 1.0" in lines[3]


def test_a_file_longer_than_declared_is_not_unpacked_further(files, folder, tmp_path, wheels):
    endless = {**wheels.contents, "brain/two.tflite": bytes(50 << 20)}
    wheel = wheels.write(tmp_path / "endless.whl", endless)
    with pytest.raises(ConfigError, match="it is longer than 14 bytes"):
        pull(files[1:], backend="thinker", given=wheel)
    assert files_in(folder) == []


@pytest.mark.parametrize("place", ["one.tflite", "deep/down/renamed.bin"])
def test_a_folder_of_the_user_serves_by_size_and_hash(files, folder, tmp_path, wheels, place):
    path = tmp_path / "given" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(wheels.contents["brain/one.tflite"])
    (tmp_path / "given" / "same-size.bin").write_bytes(bytes(files[0].size))
    pull(files[:1], backend="thinker", given=tmp_path / "given")
    assert state_of(files[0]) == "present"


def test_archives_in_a_folder_of_the_user_serve(files, folder, tmp_path, wheels):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "a.zip").write_bytes(b"no archive")
    wheels.write(tmp_path / "given" / "brain.whl")
    pull(files, backend="thinker", given=tmp_path / "given")
    assert states(files) == ["present", "present"]


def test_a_file_of_the_user_serves_under_any_name(files, folder, tmp_path, wheels):
    (tmp_path / "download(1)").write_bytes(wheels.contents["brain/one.tflite"])
    pull(files[:1], backend="thinker", given=tmp_path / "download(1)")
    assert state_of(files[0]) == "present"


def test_what_the_user_has_is_kept_and_what_it_lacks_is_named(files, folder, tmp_path, wheels):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "two.tflite").write_bytes(wheels.contents["brain/two.tflite"])
    with pytest.raises(ConfigError, match=r"one\.tflite: no file of 126000 bytes, and no archive"):
        pull(files, backend="thinker", given=tmp_path / "given")
    assert states(files) == ["missing", "present"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "brain/one.tflite"),
        ("name", ".."),
        ("name", ""),
        ("folder", "../brain"),
        ("folder", str(Path("/brain").absolute())),
        ("sha256", "abc"),
        ("sha256", "A" * 64),
        ("size", 0),
        ("licence", ""),
        ("sources", ()),
    ],
)
def test_a_description_that_could_not_be_kept_or_checked_is_refused(files, field, value):
    with pytest.raises(ValueError, match=field):
        ModelFile(**{**attrs.asdict(files[0], recurse=False), field: value})
