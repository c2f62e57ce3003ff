"""Members of zip and tar archives as streams."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile

import pytest

from posehub.errors import ConfigError
from posehub.local.archives import ArchiveMember, open_member
from posehub.local.https import HttpsFile

MEMBERS = {"package/README.md": b"about", "package/models/net.onnx": b"a network " * 999}


def write_zip(path, members=MEMBERS):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(path, members=MEMBERS, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def read(path, member):
    with open_member(path, member) as stream:
        return stream.read()


@pytest.fixture(params=["zip", "w:gz", "w:bz2", "w:xz", "w:"])
def archive(request, tmp_path):
    """The same members in each kind of archive, whose name does not say the kind."""
    path = tmp_path / "archive"
    return write_zip(path) if request.param == "zip" else write_tar(path, mode=request.param)


@pytest.mark.parametrize("member", ["package/models/net.onnx", "models/net.onnx", "net.onnx"])
def test_a_member_is_found_by_its_path_or_the_end_of_it(archive, member):
    assert read(archive, member) == MEMBERS["package/models/net.onnx"]


@pytest.mark.parametrize("member", ["et.onnx", "package", "NET.onnx", "package/net.onnx"])
def test_a_member_that_is_not_there_is_an_error(archive, member):
    with pytest.raises(ConfigError, match=f"archive does not hold {member}"):
        read(archive, member)


@pytest.mark.parametrize("data", [b"", b"no archive at all", b"PK\x03\x04", b"\x1f\x8b\x08cut"])
def test_what_is_no_archive_is_an_error(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ConfigError, match=r"Cannot read .*file|file does not hold"):
        read(tmp_path / "file", "net.onnx")


def test_a_link_in_a_tar_archive_is_not_followed(tmp_path):
    with tarfile.open(tmp_path / "archive.tgz", "w:gz") as archive:
        entry = tarfile.TarInfo("net.onnx")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(entry)
    with pytest.raises(ConfigError, match="does not hold"):
        read(tmp_path / "archive.tgz", "net.onnx")


def test_a_large_member_takes_little_memory(tmp_path):
    path = write_tar(tmp_path / "archive.tgz", {"before": bytes(64 << 20), "net": bytes(64 << 20)})
    tracemalloc.start()
    with open_member(path, "net") as stream:
        while stream.read(1 << 20):
            pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


def test_a_tar_header_of_endless_length_is_refused(tmp_path):
    entry = tarfile.TarInfo("././@PaxHeader")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 32
    with gzip.open(tmp_path / "bomb.tgz", "wb") as file:
        file.write(entry.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 20))
    with pytest.raises(ConfigError, match="declares a header of 4294967296 bytes"):
        read(tmp_path / "bomb.tgz", "net.onnx")


def test_the_source_fetches_the_archive_and_opens_the_member(site, folder, tmp_path):
    site.files["/models.zip"] = write_zip(tmp_path / "models.zip").read_bytes()
    source = ArchiveMember(HttpsFile(f"{site.url}/models.zip"), "models/net.onnx")
    folder.mkdir()
    with source.open(source.fetch(folder)) as stream:
        assert stream.read() == MEMBERS["package/models/net.onnx"]
    assert str(source) == f"{site.url}/models.zip (models/net.onnx)"


def test_the_members_of_one_archive_take_one_download(site, folder, tmp_path):
    site.files["/models.zip"] = write_zip(tmp_path / "models.zip").read_bytes()
    folder.mkdir()
    for member in ("README.md", "models/net.onnx"):
        ArchiveMember(HttpsFile(f"{site.url}/models.zip"), member).fetch(folder)
    assert len(site.requests) == 1
