"""Downloads from a web server on loopback: whole, cut, continued, refused."""

from __future__ import annotations

import hashlib
import os
import time

import attrs
import pytest
import requests

from posehub import ModelFile
from posehub.errors import ConfigError, MissingDependencyError
from posehub.local.download import offered
from posehub.local.https import HttpsFile, Patience, is_safe, shown
from posehub.local.models import pull, state_of

DATA = bytes(range(256)) * 4096
HALF = len(DATA) // 2


@pytest.fixture
def target(folder):
    """A folder on the disk of the model files."""
    path = folder / "pull"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def source(site):
    """A file of 1 MiB, and a download that does not wait between attempts."""
    site.files["/net.onnx"] = DATA
    patience = Patience(timeout=5, attempts=2, pause=lambda seconds: None)
    return HttpsFile(f"{site.url}/net.onnx", patience=patience)


def ranges(site):
    return [requested for _, requested in site.requests]


def parts(folder):
    return [path.stat().st_size for path in (folder / ".downloads").glob("*")]


def test_a_file_is_downloaded(source, target, folder):
    assert source.fetch(target).read_bytes() == DATA
    assert parts(folder) == []


def test_progress_goes_to_stderr(source, target, capsys):
    source.fetch(target)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "net.onnx" in captured.err


def test_a_download_that_was_cut_is_continued_where_it_was(source, target, site):
    site.cuts = [HALF]
    assert source.fetch(target).read_bytes() == DATA
    assert ranges(site) == [None, None, f"bytes={HALF}-"]


def test_many_cuts_are_no_failure_as_long_as_bytes_come(source, target, site):
    # every second request is only made to see whether the file is still the same
    site.cuts = [HALF // 4, 0, HALF // 4, 0, HALF // 4, 0]
    assert source.fetch(target).read_bytes() == DATA


def test_a_stall_is_a_cut(source, target, site):
    source = attrs.evolve(source, patience=attrs.evolve(source.patience, timeout=0.2))
    site.stalls = [HALF]
    assert source.fetch(target).read_bytes() == DATA
    assert f"bytes={HALF}-" in ranges(site)


def test_a_download_that_failed_is_continued_by_the_next_pull(source, target, site, folder):
    site.cuts = [HALF, 0, 0]
    with pytest.raises(MissingDependencyError, match="connection"):
        source.fetch(target)
    assert parts(folder) == [HALF]
    site.requests.clear()
    assert source.fetch(target).read_bytes() == DATA
    assert ranges(site) == [None, f"bytes={HALF}-"]
    assert parts(folder) == []


def test_a_file_that_changed_meanwhile_is_downloaded_anew(source, target, site):
    site.cuts = [HALF, 0, 0]
    with pytest.raises(MissingDependencyError):
        source.fetch(target)
    site.files["/net.onnx"], site.revision = DATA[::-1], 2
    assert source.fetch(target).read_bytes() == DATA[::-1]


def test_a_server_that_sends_whole_files_only_is_put_up_with(source, target, site):
    site.ranges = False
    site.cuts = [HALF]
    assert source.fetch(target).read_bytes() == DATA


def test_a_part_that_a_killed_pull_left_is_continued_later(source, target, site, folder):
    site.cuts = [HALF, 0, 0]
    with pytest.raises(MissingDependencyError):
        source.fetch(target)
    (part,) = (folder / ".downloads").glob("*.part")
    killed = part.rename(part.with_name(f"{part.stem}.abcd.part"))
    site.requests.clear()
    site.cuts = [0, 0]
    with pytest.raises(MissingDependencyError):
        source.fetch(target)  # it may still be in use
    assert f"bytes={HALF}-" not in ranges(site)
    os.utime(killed, (time.time() - 3600,) * 2)
    source.fetch(target)
    assert f"bytes={HALF}-" in ranges(site)


def test_an_old_part_is_deleted(source, target, folder):
    (folder / ".downloads").mkdir()
    old = folder / ".downloads" / "of-another-file.part"
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 30 * 86400,) * 2)
    source.fetch(target)
    assert not old.exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_overloaded_server_is_tried_again(source, target, site, status):
    site.statuses = [status]
    assert source.fetch(target).read_bytes() == DATA


@pytest.mark.parametrize("status", [400, 401, 403, 410, 501])
def test_a_refusal_is_not_tried_again(source, target, site, status):
    site.statuses = [status] * 9
    with pytest.raises(MissingDependencyError, match=f"the server responded with HTTP {status}"):
        source.fetch(target)
    assert len(site.requests) == 1


def test_a_missing_file_is_a_failure(source, target, site):
    del site.files["/net.onnx"]
    with pytest.raises(MissingDependencyError, match="HTTP 404"):
        source.fetch(target)


def test_a_server_that_is_not_reached_fails_at_once(source, target, site):
    site.close()
    waits = []
    patience = Patience(timeout=1, attempts=9, pause=waits.append)
    with pytest.raises(MissingDependencyError, match=r"the connection failed \(ConnectionError\)"):
        attrs.evolve(source, patience=patience).fetch(target)
    assert waits == []


def test_waits_grow_and_end(source, target, site):
    waits = []
    patience = Patience(timeout=1, attempts=4, pause=waits.append)
    site.statuses = [503] * 4
    with pytest.raises(MissingDependencyError, match="HTTP 503"):
        attrs.evolve(source, patience=patience).fetch(target)
    assert waits == [0.5, 1, 2]


def test_redirects_are_followed(source, target, site):
    site.redirects = {"/latest": "/v1", "/v1": f"{site.url}/net.onnx"}
    redirected = attrs.evolve(source, url=f"{site.url}/latest")
    assert redirected.fetch(target).read_bytes() == DATA


@pytest.mark.parametrize(
    "place", ["http://example.com/net.onnx", "file:///etc/hostname", "ftp://h/f"]
)
def test_redirects_lead_to_https_only(source, target, site, place):
    site.redirects["/latest"] = place
    with pytest.raises(MissingDependencyError, match=r"redirects to .*, which is not https"):
        attrs.evolve(source, url=f"{site.url}/latest").fetch(target)


def test_redirects_in_a_circle_end(source, target, site):
    site.redirects["/latest"] = "/latest"
    with pytest.raises(MissingDependencyError, match="redirects more than 10 times"):
        attrs.evolve(source, url=f"{site.url}/latest").fetch(target)


def test_a_file_longer_than_declared_is_refused_before_it_is_sent(source, target, folder):
    with pytest.raises(MissingDependencyError, match="more than the 9 bytes that are expected"):
        attrs.evolve(source, size=9).fetch(target)
    assert parts(folder) == []


def test_the_proxy_variable_applies(source, target, site, monkeypatch):
    site.files["/elsewhere"] = b"through the proxy"
    monkeypatch.setenv("http_proxy", site.url)
    fetched = attrs.evolve(source, url="http://127.0.0.1:9/elsewhere").fetch(target)
    assert fetched.read_bytes() == b"through the proxy"
    assert site.requests[0][0] == "http://127.0.0.1:9/elsewhere"


def test_no_proxy_is_used_for_the_hosts_of_its_variable(source, target, site, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert source.fetch(target).read_bytes() == DATA


def test_a_proxy_that_is_not_there_is_named(source, target, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(MissingDependencyError, match=r"the connection failed \(ProxyError\)"):
        source.fetch(target)


def test_a_folder_that_cannot_be_written_is_named(source, target, folder):
    (folder / ".downloads").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="POSEHUB_MODELS_DIR"):
        source.fetch(target)


def model(source, data=DATA):
    """A model file that the source has."""
    return ModelFile(
        name="kept.onnx",
        folder="net-1",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        licence="MIT",
        sources=(source,),
    )


def test_a_pull_downloads_and_checks(source, site, folder):
    file = model(source)
    pull([file], backend="thinker")
    assert state_of(file) == "present"
    assert sorted(path.name for path in folder.iterdir()) == ["net-1"]


def test_another_content_is_refused_and_not_kept(source, site, folder):
    file = model(source, DATA[::-1])
    with pytest.raises(MissingDependencyError, match="not the expected file: its SHA-256 is"):
        pull([file], backend="thinker")
    assert state_of(file) == "missing"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_mirror_serves_when_the_first_address_fails(source, site, folder):
    missing = attrs.evolve(source, url=f"{site.url}/missing")
    file = attrs.evolve(model(source), sources=(missing, source))
    pull([file], backend="thinker")
    assert state_of(file) == "present"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.com/net.onnx", True),
        ("http://example.com/net.onnx", False),
        ("http://localhost:8000/net.onnx", True),
        ("http://127.0.0.1/net.onnx", True),
        ("http://[::1]/net.onnx", True),
        ("http://127.0.0.1.example.com/net.onnx", False),
        ("file:///net.onnx", False),
        ("https:///net.onnx", False),
        ("net.onnx", False),
        ("", False),
    ],
)
def test_only_https_and_this_machine_are_safe(url, safe):
    assert is_safe(url) is safe
    if not safe:
        with pytest.raises(ValueError, match="must be an https address"):
            HttpsFile(url)


def test_secrets_in_an_address_are_not_shown():
    url = "https://user:secret@example.com:8443/a/net.onnx?token=secret"
    assert shown(url) == str(HttpsFile(url)) == "https://example.com:8443/a/net.onnx"


@pytest.mark.parametrize(
    ("headers", "size", "validator"),
    [
        ({"Content-Length": "5", "ETag": '"a"'}, 5, '"a"'),
        ({"ETag": 'W/"a"', "Last-Modified": "Monday"}, None, "Monday"),
        ({"ETag": 'W/"a"'}, None, ""),
        ({"Content-Length": "5", "ETag": '"a"', "Accept-Ranges": "none"}, 5, ""),
        ({"Content-Length": "5", "ETag": '"a"', "Content-Encoding": "gzip"}, None, ""),
        ({"Content-Length": "-5"}, None, ""),
        ({}, None, ""),
    ],
)
def test_headers_say_size_and_whether_a_download_can_be_continued(headers, size, validator):
    offer = offered(requests.structures.CaseInsensitiveDict(headers))
    assert (offer.size, offer.validator) == (size, validator)
