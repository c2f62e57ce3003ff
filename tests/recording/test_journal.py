"""Nothing recorded is lost: several recorders, killed processes, full disks."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import numpy as np
import pytest
import yaml

import posehub
from posehub import load_image
from posehub.errors import CassetteError, CassetteMissError, ConfigError
from posehub.recording.cassette import read_cassette
from posehub.recording.journal import left_journals
from posehub_baidu.testing import BaiduStub

PATIENCE = 60

# Records images in a process of its own, which is killed before it writes the cassette if asked.
PROCESS = """
import json, os, signal, sys
import numpy as np
import posehub
url, cassette, mode, keys, numbers, end = json.loads(sys.argv[1])
backend = posehub.record("baidu", cassette=cassette, mode=mode, endpoint=url, **keys)
for number in numbers:
    backend.detect(np.full((60, 64, 3), number, np.uint8))
if end == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
backend.close()
"""


def image(number):
    return np.full((60, 64, 3), number, np.uint8)


def digest(number):
    return load_image(image(number)).digest


def held(cassette):
    """Return the digests in a cassette, in order."""
    entries = yaml.safe_load(cassette.read_text())["interactions"]
    return [entry["request"]["body"].removeprefix("image=") for entry in entries]


@pytest.fixture
def cassette(tmp_path):
    return tmp_path / "cassette.yaml"


@pytest.fixture
def stub():
    with BaiduStub() as running:
        yield running


def record(url, cassette, mode="new"):
    return posehub.record("baidu", cassette=cassette, mode=mode, endpoint=url, **BaiduStub.keys)


def record_numbers(url, cassette, numbers):
    with record(url, cassette) as backend:
        for number in numbers:
            backend.detect(image(number))


def start(url, cassette, mode, numbers, end="closed"):
    arguments = json.dumps([url, str(cassette), mode, BaiduStub.keys, list(numbers), end])
    return subprocess.Popen([sys.executable, "-c", PROCESS, arguments])


@pytest.fixture
def kill(stub, cassette):
    """Record images in a process that is killed before it writes the cassette."""

    def killed(mode, *numbers):
        process = start(stub.url, cassette, mode, numbers, end="killed")
        assert process.wait(PATIENCE) == -signal.SIGKILL

    return killed


@contextmanager
def file_size_limit(size):
    """Let no file grow beyond a number of bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("mode", ["once", "new", "all"])
def test_two_recorders_of_one_cassette_lose_nothing(stub, cassette, mode):
    first, second = record(stub.url, cassette, mode), record(stub.url, cassette, mode)
    for number in range(5):
        first.detect(image(number))
        second.detect(image(100 + number))
    first.close()
    second.close()
    assert held(cassette) == [digest(n) for n in (*range(5), *range(100, 105))]
    assert list(cassette.parent.iterdir()) == [cassette]


def test_recorders_in_threads_lose_nothing(stub, cassette):
    threads = [
        threading.Thread(
            target=record_numbers, args=(stub.url, cassette, range(10 * n, 10 * n + 5))
        )
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(held(cassette)) == sorted(digest(10 * n + k) for n in range(6) for k in range(5))


def test_recorders_in_processes_lose_nothing(stub, cassette):
    processes = [start(stub.url, cassette, "new", range(10 * n, 10 * n + 5)) for n in range(3)]
    assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0]
    assert sorted(held(cassette)) == sorted(digest(10 * n + k) for n in range(3) for k in range(5))


def test_recording_everything_again_keeps_what_another_recorder_adds_meanwhile(stub, cassette):
    record_numbers(stub.url, cassette, [1, 2])
    again = record(stub.url, cassette, "all")
    again.detect(image(1))
    record_numbers(stub.url, cassette, [3])
    again.close()
    assert held(cassette) == [digest(3), digest(1)]


@pytest.mark.parametrize("mode", ["once", "new"])
def test_a_killed_recording_is_completed_without_requesting_anything_twice(
    stub, cassette, kill, mode
):
    kill("once", 0, 1, 2)
    assert not cassette.exists()
    with record(stub.url, cassette, mode) as backend:
        for number in range(4):
            backend.detect(image(number))
    assert len(stub.calls) == 4
    assert held(cassette) == [digest(number) for number in range(4)]
    assert list(cassette.parent.iterdir()) == [cassette]


def test_a_killed_recording_of_all_images_is_completed_without_a_request(stub, cassette, kill):
    kill("once", 0, 1)
    with record(stub.url, cassette, "once") as backend:
        backend.detect(image(0))
    assert len(stub.calls) == 2
    assert held(cassette) == [digest(0), digest(1)]


def test_a_killed_addition_to_a_cassette_is_completed(stub, cassette, kill):
    record_numbers(stub.url, cassette, [7])
    kill("new", 8)
    with record(stub.url, cassette, "once") as backend:
        for number in (7, 8, 9):
            backend.detect(image(number))
    assert len(stub.calls) == 3
    assert held(cassette) == [digest(7), digest(8), digest(9)]


def test_recording_everything_again_replaces_a_killed_recording(stub, cassette, kill):
    kill("all", 0, 1)
    with record(stub.url, cassette, "all") as backend:
        backend.detect(image(0))
    assert len(stub.calls) == 3
    assert held(cassette) == [digest(0)]
    assert list(cassette.parent.iterdir()) == [cassette]


def test_a_killed_recording_is_not_played_as_if_it_were_complete(stub, cassette, kill):
    kill("once", 0)
    for play in (
        lambda: record(stub.url, cassette, "none"),
        lambda: posehub.open_backend("replay", cassette=cassette),
    ):
        with pytest.raises(CassetteError, match=r"recording was interrupted.*once or new"):
            play()


def test_a_miss_says_that_the_recording_was_interrupted(stub, cassette, kill):
    record_numbers(stub.url, cassette, [7])
    kill("new", 8)
    with (
        record(stub.url, cassette, "none") as backend,
        pytest.raises(CassetteMissError, match="was interrupted"),
    ):
        backend.detect(image(8))


def test_the_journal_of_a_recorder_that_runs_is_left_alone(stub, cassette):
    running = record(stub.url, cassette)
    running.detect(image(1))
    assert left_journals(cassette) == []
    record_numbers(stub.url, cassette, [2])
    running.close()
    assert held(cassette) == [digest(2), digest(1)]


def test_a_cut_line_of_a_journal_is_skipped(stub, cassette, kill):
    kill("once", 0, 1)
    (journal,) = cassette.parent.glob(".*.journal")
    journal.write_bytes(journal.read_bytes()[:-20])
    with record(stub.url, cassette, "once") as backend:
        for number in (0, 1):
            backend.detect(image(number))
    assert len(stub.calls) == 3
    assert held(cassette) == [digest(0), digest(1)]


def test_on_a_full_disk_every_paid_response_is_returned_and_no_more_are_paid(stub, cassette):
    with file_size_limit(9000), record(stub.url, cassette, "all") as backend:
        outcomes = list(backend.detect_many(map(image, range(40)), on_error="return"))
    results = [outcome for outcome in outcomes if isinstance(outcome, posehub.PoseResult)]
    assert 1 < len(results) == len(stub.calls) < 40
    assert {type(outcome) for outcome in outcomes[len(results) :]} == {CassetteError}
    assert "No request is sent" in str(outcomes[-1])
    assert held(cassette) == [digest(number) for number in range(len(results))]


def test_if_the_cassette_cannot_be_written_the_next_recording_takes_the_responses_over(
    stub, cassette
):
    record_numbers(stub.url, cassette, range(5))
    before = cassette.read_bytes()
    with file_size_limit(len(before)):
        backend = record(stub.url, cassette)
        backend.detect(image(7))
        with pytest.raises(CassetteError, match=r"too large. 1 of 1 .*next recording"):
            backend.close()
    assert cassette.read_bytes() == before
    with record(stub.url, cassette) as backend:
        backend.detect(image(7))
    assert len(stub.calls) == 6
    assert held(cassette) == [digest(number) for number in (*range(5), 7)]


def test_a_journal_that_can_be_written_again_continues(stub, cassette):
    with record(stub.url, cassette, "all") as backend:
        with file_size_limit(100):
            backend.detect(image(0))
            with pytest.raises(CassetteError, match="No request is sent"):
                backend.detect(image(1))
        backend.detect(image(2))
    assert held(cassette) == [digest(0), digest(2)]


@pytest.mark.parametrize("mode", ["new", "all"])
def test_a_cassette_that_can_never_be_written_is_refused_before_anything_is_paid(
    stub, tmp_path, mode
):
    with pytest.raises(ConfigError, match="is a folder"):
        record(stub.url, tmp_path, mode)
    assert stub.calls == []


def test_a_name_of_255_bytes_has_a_journal_too(stub, tmp_path):
    cassette = tmp_path / ("n" * 250 + ".yaml")
    record_numbers(stub.url, cassette, [1])
    assert len(read_cassette(cassette)) == 1
