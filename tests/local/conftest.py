"""Wheels made here, which pip finds in a folder; no index is used."""

from __future__ import annotations

import hashlib
import os
import zipfile
from types import SimpleNamespace

import pytest

from posehub import ModelFile
from posehub.local.wheels import WheelMember

CONTENTS = {"brain/one.tflite": b"first network " * 9000, "brain/two.tflite": b"second network"}
TAGS = ("311", "cp311", "manylinux_2_28_x86_64")


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
def wheels():
    """What is in the wheel `brain` 1.0, and how to write one."""
    return SimpleNamespace(contents=CONTENTS, tags=TAGS, write=write_wheel)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of all model files; pip finds wheels in `links` beside it and nowhere else."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def published(folder):
    """The wheel, where pip finds it."""
    return write_wheel(folder.parent / "links" / "brain-1.0-cp311-cp311-manylinux_2_28_x86_64.whl")


@pytest.fixture
def files():
    """The two model files inside the wheel."""
    return [
        ModelFile(
            name=member.removeprefix("brain/"),
            folder="brain-1.0",
            sha256=hashlib.sha256(data).hexdigest(),
            source=WheelMember("brain", "1.0", member, TAGS),
        )
        for member, data in CONTENTS.items()
    ]
