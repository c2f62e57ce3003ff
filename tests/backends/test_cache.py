"""Storing results in a file, so that no image is paid for twice."""

from __future__ import annotations

import json
import logging
import sqlite3
import subprocess
import sys

import attrs
import numpy as np
import pytest

from posehub import PoseResult, Skeleton
from posehub.backends.cache import Cache
from posehub.errors import BackendError, ConfigError, TransientError
from posehub.poses.skeletons import COCO17

KEY = {"backend": "fake", "version": "1", "options": {"size": "small"}}


@pytest.fixture
def open_cache(tmp_path):
    """A factory of caches on one file, closed afterwards."""
    opened = []

    def make(inner, key=KEY, path=tmp_path / "results.db"):
        opened.append(Cache(inner, path=path, key=key))
        return opened[-1]

    yield make
    for cache in opened:
        cache.close()


def _count(path):
    file = sqlite3.connect(path)
    try:
        return file.execute("SELECT count(*) FROM results").fetchone()[0]
    finally:
        file.close()


def test_an_image_is_detected_once(open_cache, make_backend, pictures):
    inner = make_backend()
    cache = open_cache(inner)
    first, second = cache.detect(pictures.jpeg()), cache.detect(pictures.jpeg())
    assert first == second
    assert len(inner.batches) == 1


def test_other_images_are_detected(open_cache, make_backend, pictures):
    inner = make_backend()
    cache = open_cache(inner)
    assert cache.detect(pictures.jpeg()) != cache.detect(pictures.png())
    assert len(inner.batches) == 2


def test_results_are_kept_after_the_backend_is_closed(open_cache, make_backend, pictures):
    with open_cache(make_backend()) as cache:
        first = cache.detect(pictures.jpeg())
    later = make_backend()
    assert open_cache(later).detect(pictures.jpeg()) == first
    assert later.batches == []


@pytest.mark.parametrize(
    "change", [{"backend": "other"}, {"version": "2"}, {"options": {"size": "large"}}]
)
def test_another_backend_version_or_option_has_results_of_its_own(
    change, open_cache, make_backend, pictures
):
    open_cache(make_backend()).detect(pictures.jpeg())
    other = make_backend()
    open_cache(other, KEY | change).detect(pictures.jpeg())
    assert len(other.batches) == 1


def test_the_order_of_options_does_not_matter(open_cache, make_backend, pictures):
    open_cache(make_backend(), {"a": 1, "b": 2}).detect(pictures.jpeg())
    other = make_backend()
    open_cache(other, {"b": 2, "a": 1}).detect(pictures.jpeg())
    assert other.batches == []


def test_a_stored_result_is_complete(open_cache, make_backend, pictures):
    result = PoseResult(
        keypoints=[[[1.1, 2.2], [np.nan, np.nan]]],
        scores=[[np.nan, 0]],
        boxes=[[0, 1, 2, np.nan]],
        box_scores=[0.3],
        skeleton=Skeleton("two", ["a", "b"], links=[("a", "b")]),
        image_size=(3, 4),
        backend="fake",
        request_id="9007199254740993",
        raw={"部位": [1, None]},
        keypoints_3d=[[[1, 2, 3], [np.nan] * 3]],
    )
    cache = open_cache(make_backend(lambda images: [result]))
    cache.detect(pictures.jpeg())
    assert cache.detect(pictures.jpeg()) == result


def test_the_new_images_of_a_batch_are_detected_in_one_call(open_cache, make_backend, pictures):
    inner = make_backend(max_batch=4)
    cache = open_cache(inner)
    cache.detect(pictures.numbered(1))
    results = list(cache.detect_many(map(pictures.numbered, range(4))))
    assert [result.image_size[0] - 1 for result in results] == [0, 1, 2, 3]
    assert inner.batches == [[(2, 1)], [(1, 1), (3, 1), (4, 1)]]


def test_the_same_image_twice_in_a_batch_is_detected_once(open_cache, make_backend, pictures):
    inner = make_backend(max_batch=3)
    numbers = [5, 6, 5]
    results = list(open_cache(inner).detect_many(map(pictures.numbered, numbers)))
    assert [result.image_size[0] - 1 for result in results] == numbers
    assert inner.batches == [[(6, 1), (7, 1)]]


def test_errors_are_not_stored(open_cache, make_backend, pictures):
    errors = iter([TransientError("not now")])

    def answer(images):
        for error in errors:
            raise error
        return inner.nobody(images)

    inner = make_backend(answer)
    cache = open_cache(inner)
    with pytest.raises(TransientError):
        cache.detect(pictures.jpeg())
    assert cache.detect(pictures.jpeg()).image_size == (32, 24)


@pytest.mark.parametrize("count", [0, 2])
def test_a_wrong_number_of_results_is_the_backends_error(
    count, open_cache, make_backend, pictures, tmp_path
):
    inner = make_backend(lambda images: inner.nobody(images) * count)
    with pytest.raises(BackendError, match=f"fake returned {count} results for 1 images"):
        open_cache(inner).detect(pictures.jpeg())
    assert _count(tmp_path / "results.db") == 0


def test_threads_share_one_file(open_cache, make_backend, pictures, tmp_path):
    cache = open_cache(make_backend())
    numbers = [n % 20 for n in range(200)]
    results = list(cache.detect_many(map(pictures.numbered, numbers), workers=8))
    assert [result.image_size[0] - 1 for result in results] == numbers
    assert _count(tmp_path / "results.db") == 20


PROCESS = """
import sys
import numpy as np
from pathlib import Path
from posehub import Backend, BackendInfo, PoseResult
from posehub.poses.skeletons import COCO17
from posehub.backends.cache import Cache

class Fake(Backend):
    info = BackendInfo(name="fake", summary="", skeleton="coco17", factory=None)

    def detect_batch(self, images):
        return [PoseResult.empty(COCO17, image_size=image.size) for image in images]

print("ready", flush=True)
sys.stdin.readline()
for _ in range(5):
    with Cache(Fake(), path=Path(sys.argv[1]), key={}) as cache:
        for number in range(20):
            result = cache.detect(np.zeros((1, number + 1, 3), np.uint8))
            assert result.image_size == (number + 1, 1)
"""


def test_several_processes_may_use_one_file_at_once(tmp_path):
    path = tmp_path / "results.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in processes]
    assert errors == [""] * 4
    assert _count(path) == 20


def test_the_folder_of_the_file_is_made(open_cache, make_backend, tmp_path):
    open_cache(make_backend(), path=tmp_path / "a" / "b" / "results.db")
    assert (tmp_path / "a" / "b" / "results.db").is_file()


def test_a_result_that_cannot_be_stored_is_returned_nevertheless(
    open_cache, make_backend, pictures, tmp_path, caplog
):
    inner = make_backend()
    cache = open_cache(inner)
    file = sqlite3.connect(tmp_path / "results.db")
    file.execute(
        "CREATE TRIGGER full BEFORE INSERT ON results "
        "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    )
    file.close()
    with caplog.at_level(logging.WARNING, logger="posehub.cache"):
        assert cache.detect(pictures.jpeg()).image_size == (32, 24)
    assert "result not stored" in caplog.text
    assert "disk is full" in caplog.text
    cache.detect(pictures.jpeg())
    assert len(inner.batches) == 2


def _refused(open_cache, inner, path):
    with pytest.raises(ConfigError) as caught:
        open_cache(inner, path=path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_file_that_is_not_a_database_is_refused(open_cache, make_backend, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8" * 1000)
    message = _refused(open_cache, make_backend(), tmp_path / "photo.jpg")
    assert "Delete the file, or name another with the option cache." in message


def test_a_folder_is_refused(open_cache, make_backend, tmp_path):
    _refused(open_cache, make_backend(), tmp_path)


def test_a_path_through_a_file_is_refused(open_cache, make_backend, tmp_path):
    (tmp_path / "file").touch()
    _refused(open_cache, make_backend(), tmp_path / "file" / "results.db")


def test_a_file_that_breaks_while_it_is_used_is_a_config_error(
    open_cache, make_backend, pictures, tmp_path
):
    inner = make_backend()
    cache = open_cache(inner)
    file = sqlite3.connect(tmp_path / "results.db")
    file.execute("DROP TABLE results")
    file.close()
    with pytest.raises(ConfigError, match=r"no such table.*Delete the file"):
        cache.detect(pictures.jpeg())


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"skeleton": "coco17"}), None, "\ud800"])
def test_an_invalid_entry_is_a_config_error(text, open_cache, make_backend, pictures, tmp_path):
    cache = open_cache(make_backend())
    cache.detect(pictures.jpeg())
    file = sqlite3.connect(tmp_path / "results.db")
    value = b"\xed\xa0\x80" if text == "\ud800" else text
    with file:
        file.execute("UPDATE results SET result = ?", [value])
    file.close()
    with pytest.raises(ConfigError, match="Delete the file"):
        cache.detect(pictures.jpeg())


def test_closing_twice_closes_the_backend_inside_too(open_cache, make_backend):
    inner = make_backend()
    cache = open_cache(inner)
    cache.close()
    cache.close()
    assert inner.closed == 2


def test_the_result_of_another_image_with_the_same_pixels_is_found(
    open_cache, make_backend, pictures
):
    inner = make_backend()
    cache = open_cache(inner)
    cache.detect(np.asarray(pictures.picture()))
    cache.detect(pictures.picture())
    assert len(inner.batches) == 1


def test_the_file_holds_no_image(open_cache, make_backend, pictures, tmp_path):
    data = pictures.jpeg()
    inner = make_backend(
        lambda images: [attrs.evolve(PoseResult.empty(COCO17), request_id="r" * 10)]
    )
    with open_cache(inner) as cache:
        cache.detect(data)
        for file in tmp_path.glob("results.db*"):  # with the write-ahead log
            assert data[20:60] not in file.read_bytes()


def test_a_result_is_stored_without_waiting_for_the_disk(open_cache, make_backend, tmp_path):
    open_cache(make_backend())
    file = sqlite3.connect(tmp_path / "results.db")
    assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()
