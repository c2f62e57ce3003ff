"""The base class of backends: one image, many images, and the contract of `detect_batch`."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import threading
import weakref
from pathlib import Path

import attrs
import numpy as np
import pytest

from posehub import Backend, Capabilities, PoseResult, load_image
from posehub.backends.cache import Cache
from posehub.backends.serialize import Serialize
from posehub.errors import (
    AuthError,
    BackendError,
    ConfigError,
    ImageError,
    PosehubError,
    TransientError,
)
from posehub.poses.skeletons import COCO17

workers_each = pytest.mark.parametrize("workers", [1, 3])
GARBAGE = b"not an image"


def _numbers(outcomes):
    """The numbers of the images that results are of (`pictures.numbered`); None for an error."""
    return [None if isinstance(o, PosehubError) else o.image_size[0] - 1 for o in outcomes]


# --- one image -----------------------------------------------------------------------------


def test_detect_returns_the_result_of_one_image(make_backend, pictures):
    backend = make_backend()
    result = backend.detect(pictures.jpeg((48, 32)))
    assert isinstance(result, PoseResult)
    assert result.image_size == (48, 32)
    assert backend.batches == [[(48, 32)]]


def test_detect_refuses_a_bad_image_before_the_backend_is_called(make_backend):
    backend = make_backend()
    with pytest.raises(ImageError):
        backend.detect(GARBAGE)
    assert backend.batches == []


def test_detect_refuses_more_pixels_than_the_backends_limit(make_backend, pictures):
    backend = make_backend()
    backend.max_pixels = 100
    with pytest.raises(ImageError, match="is 48 x 32"):
        backend.detect(pictures.jpeg((48, 32)))
    assert backend.batches == []


def test_adetect_runs_in_a_thread_beside_the_event_loop(make_backend, pictures):
    threads = []

    def answer(images):
        threads.append(threading.current_thread())
        return backend.nobody(images)

    backend = make_backend(answer)

    async def both():
        return await asyncio.gather(*(backend.adetect(pictures.numbered(n)) for n in range(2)))

    assert _numbers(asyncio.run(both())) == [0, 1]
    assert threading.current_thread() not in threads


def test_adetect_raises_what_detect_raises(make_backend):
    with pytest.raises(ImageError):
        asyncio.run(make_backend().adetect(GARBAGE))


def test_a_backend_is_closed_by_its_with_block(make_backend):
    with make_backend() as backend:
        assert backend.closed == 0
    assert backend.closed == 1


def test_a_backend_that_holds_nothing_needs_no_close(make_info):
    class Least(Backend):
        info = make_info()

        def detect_batch(self, images):
            return []

    assert Least().close() is None


def test_the_repr_of_a_backend_is_its_name(make_backend):
    assert repr(make_backend()) == "<posehub backend 'fake'>"


def test_a_description_cannot_be_changed_but_copied(make_info):
    info = make_info("a")
    with pytest.raises(AttributeError):
        info.name = "b"
    assert attrs.evolve(info, name="b").name == "b"


# --- the contract of detect_batch --------------------------------------------------------------


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error", [ValueError("boom"), KeyError("x"), ZeroDivisionError(), SystemExit(3), Unprintable()]
)
def test_any_other_exception_of_a_backend_becomes_a_backend_error(error, make_backend, pictures):
    def answer(images):
        raise error

    with pytest.raises(BackendError, match=f"fake failed with {type(error).__name__}.*plugin") as e:
        make_backend(answer).detect(pictures.numbered(0))
    assert e.value.__cause__ is error


def test_a_posehub_error_of_a_backend_passes_unchanged(make_backend, pictures):
    error = AuthError("no", code=110)

    def answer(images):
        raise error

    with pytest.raises(AuthError) as caught:
        make_backend(answer).detect(pictures.numbered(0))
    assert caught.value is error


@pytest.mark.parametrize("count", [0, 2])
def test_a_wrong_number_of_results_becomes_a_backend_error(count, make_backend, pictures):
    backend = make_backend(lambda images: backend.nobody(images) * count)
    with pytest.raises(BackendError, match=f"fake returned {count} results for 1 images.*plugin"):
        backend.detect(pictures.numbered(0))


@pytest.mark.parametrize("answer", [None, 5, {}, [None], [{"people": []}], "x"])
def test_a_return_value_of_another_type_becomes_a_backend_error(answer, make_backend, pictures):
    with pytest.raises(BackendError, match=r"^fake returned .*fault of the plugin"):
        make_backend(lambda images: answer).detect(pictures.numbered(0))


# --- many images ---------------------------------------------------------------------------


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_results_of_many_come_in_input_order(workers, max_batch, make_backend, pictures):
    backend = make_backend(max_batch=max_batch)
    results = backend.detect_many(map(pictures.numbered, range(30)), workers=workers)
    assert _numbers(results) == list(range(30))


def test_no_images_give_no_results(make_backend):
    assert list(make_backend().detect_many([])) == []


def test_images_are_given_in_batches_of_max_batch(make_backend, pictures):
    backend = make_backend(max_batch=4)
    list(backend.detect_many(map(pictures.numbered, range(10))))
    assert [len(batch) for batch in backend.batches] == [4, 4, 2]


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", None, True])
def test_workers_must_be_a_whole_number_of_at_least_one(workers, make_backend):
    with pytest.raises(ConfigError, match="workers must be a whole number of at least 1, got"):
        make_backend().detect_many([], workers=workers)


@pytest.mark.parametrize("on_error", ["ignore", None, True])
def test_on_error_must_be_raise_or_return(on_error, make_backend):
    with pytest.raises(ConfigError, match="on_error must be 'raise' or 'return', got"):
        make_backend().detect_many([], on_error=on_error)


@pytest.mark.parametrize(
    "one",
    [
        "photo.jpg",
        Path("photo.jpg"),
        b"\xff\xd8",
        bytearray(b"\xff\xd8"),
        io.BytesIO(),
        np.zeros((4, 4, 3), np.uint8),
        None,
        5,
    ],
)
def test_one_image_instead_of_many_is_refused(one, make_backend):
    with pytest.raises(ConfigError, match=r"Many images are given as an iterable.*detect\(\)"):
        make_backend().detect_many(one)


@pytest.mark.parametrize(("workers", "max_batch", "ahead"), [(1, 1, 0), (2, 1, 3), (2, 3, 9)])
def test_images_are_drawn_as_results_are_consumed(
    workers, max_batch, ahead, make_backend, pictures
):
    drawn = 0

    def sources():
        nonlocal drawn
        for _ in range(300):
            drawn += 1
            yield pictures.numbered(0)

    results = make_backend(max_batch=max_batch).detect_many(sources(), workers=workers)
    assert drawn == 0
    for consumed, _ in enumerate(results, start=1):
        batches = -(-consumed // max_batch)
        assert drawn <= batches * max_batch + ahead


class _Counted:
    """Counts the objects of one kind that are alive now, and the most that were at one time."""

    def __init__(self):
        self.lock, self.alive, self.most = threading.RLock(), 0, 0

    def add(self, change):
        with self.lock:
            self.alive += change
            self.most = max(self.most, self.alive)


@workers_each
def test_ten_thousand_images_are_never_in_memory_together(workers, make_backend, pictures):
    files, images = _Counted(), _Counted()

    class File(io.BytesIO):
        def __init__(self, data):
            super().__init__(data)
            files.add(+1)

        def __del__(self):
            files.add(-1)

    def answer(batch):
        for image in batch:
            images.add(+1)
            weakref.finalize(image, images.add, -1)
        return backend.nobody(batch)

    backend = make_backend(answer, max_batch=2)
    data = pictures.encode(pictures.picture((4, 4)), "BMP")
    count = 0
    for result in backend.detect_many((File(data) for _ in range(10_000)), workers=workers):
        count += len(result) == 0
    assert count == 10_000
    assert files.most <= 2 * (2 * workers + 2)
    assert images.most <= 2 * (workers + 1)


def test_a_consumed_result_is_not_kept(make_backend, pictures):
    kept = []

    def answer(images):
        [image] = images
        raw = {"image": image}
        kept.append(weakref.ref(image))
        return [attrs.evolve(backend.nobody(images)[0], raw=raw)]

    backend = make_backend(answer)
    results = backend.detect_many((pictures.numbered(n) for n in range(6)), workers=2)
    for consumed, result in enumerate(results, start=1):
        del result
        gc.collect()
        alive = sum(reference() is not None for reference in kept)
        assert alive <= 4, f"after {consumed} results"


# --- errors among many images ----------------------------------------------------------------


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_a_failed_image_yields_its_error_in_its_place(workers, max_batch, make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(10)]
    sources[3], sources[7] = GARBAGE, "missing.jpg"
    backend = make_backend(max_batch=max_batch)
    outcomes = list(backend.detect_many(sources, workers=workers, on_error="return"))
    assert _numbers(outcomes) == [0, 1, 2, None, 4, 5, 6, None, 8, 9]
    assert "not an image" in str(outcomes[3])
    assert "missing.jpg" in str(outcomes[7])


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_a_failed_image_raises_its_error_in_its_place(workers, max_batch, make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(10)]
    sources[3] = GARBAGE
    results = make_backend(max_batch=max_batch).detect_many(sources, workers=workers)
    assert _numbers(next(results) for _ in range(3)) == [0, 1, 2]
    with pytest.raises(ImageError, match="not an image"):
        next(results)


def test_no_further_image_is_detected_after_an_error(make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(100)]
    sources[3] = GARBAGE
    backend = make_backend()
    with pytest.raises(ImageError):
        list(backend.detect_many(sources, workers=2))
    assert len(backend.batches) <= 3 + 4


def test_bad_images_are_taken_out_of_their_batch(make_backend, pictures):
    backend = make_backend(max_batch=4)
    sources = [pictures.numbered(0), GARBAGE, pictures.numbered(2), None]
    outcomes = list(backend.detect_many(sources, on_error="return"))
    assert _numbers(outcomes) == [0, None, 2, None]
    assert backend.batches == [[(1, 1), (3, 1)]]


def test_a_batch_of_bad_images_makes_no_call(make_backend):
    backend = make_backend(max_batch=4)
    outcomes = list(backend.detect_many([GARBAGE] * 4, on_error="return"))
    assert _numbers(outcomes) == [None] * 4
    assert backend.batches == []


def test_a_failed_batch_is_repeated_one_by_one(make_backend, pictures):
    def answer(images):
        if any(image.size == (2, 1) for image in images):
            raise TransientError("not that one")
        return backend.nobody(images)

    backend = make_backend(answer, max_batch=3)
    outcomes = list(backend.detect_many(map(pictures.numbered, range(3)), on_error="return"))
    assert _numbers(outcomes) == [0, None, 2]
    assert [len(batch) for batch in backend.batches] == [3, 1, 1, 1]


@workers_each
def test_plugin_bugs_are_returned_too(workers, make_backend, pictures):
    def answer(images):
        if images[0].size == (3, 1):
            raise RuntimeError("boom")
        return backend.nobody(images)

    backend = make_backend(answer)
    sources = map(pictures.numbered, range(6))
    outcomes = list(backend.detect_many(sources, workers=workers, on_error="return"))
    assert _numbers(outcomes) == [0, 1, None, 3, 4, 5]
    assert isinstance(outcomes[2], BackendError)


@workers_each
def test_an_error_of_the_iterable_of_images_is_raised_unchanged(workers, make_backend, pictures):
    def sources():
        yield pictures.numbered(0)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(make_backend().detect_many(sources(), workers=workers, on_error="return"))


def test_closing_the_results_stops_the_calls(make_backend, pictures):
    backend = make_backend()
    results = backend.detect_many((pictures.numbered(0) for _ in range(1000)), workers=2)
    next(results)
    results.close()
    asked = len(backend.batches)
    assert asked <= 1 + 4
    assert not [t for t in threading.enumerate() if t.name.startswith("posehub-worker")]
    assert len(backend.batches) == asked


def test_loaded_images_and_arrays_may_be_mixed(make_backend, pictures):
    sources = [load_image(pictures.numbered(0)), np.zeros((1, 2, 3), np.uint8), pictures.jpeg()]
    assert _numbers(make_backend().detect_many(sources)) == [0, 1, 31]


# --- what belongs to the caller ----------------------------------------------------------------


@pytest.mark.parametrize(("workers", "max_batch"), [(1, 1), (3, 1), (1, 4)])
def test_a_frame_buffer_may_be_reused_while_images_are_drawn(workers, max_batch, make_backend):
    def answer(images):
        return [
            attrs.evolve(result, request_id=str(image.pixels()[0, 0, 0]))
            for image, result in zip(images, backend.nobody(images), strict=True)
        ]

    def frames():
        buffer = np.zeros((2, 2, 3), np.uint8)
        for number in range(20):
            buffer[:] = number
            yield buffer

    backend = make_backend(answer, max_batch=max_batch)
    results = backend.detect_many(frames(), workers=workers)
    assert [result.request_id for result in results] == [str(n) for n in range(20)]


@workers_each
def test_a_file_may_be_closed_once_it_is_drawn(workers, make_backend, pictures, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(pictures.png((5, 4)))

    def files():
        for _ in range(6):
            with path.open("rb") as file:
                yield file

    results = list(make_backend().detect_many(files(), workers=workers))
    assert [result.image_size for result in results] == [(5, 4)] * 6


def test_a_single_array_is_not_copied(make_backend):
    seen = []

    def answer(images):
        seen.append(images[0].pixels())
        return backend.nobody(images)

    backend, array = make_backend(answer), np.zeros((2, 2, 3), np.uint8)
    backend.detect(array)
    assert np.may_share_memory(seen[0], array)


@pytest.mark.parametrize(("workers", "max_batch"), [(2, 1), (1, 3)])
def test_results_of_images_before_an_error_of_the_iterable_are_delivered(
    workers, max_batch, make_backend, pictures
):
    def sources():
        yield from map(pictures.numbered, range(4))
        raise OSError("the disk is gone")

    received = []
    with pytest.raises(OSError, match="the disk is gone"):
        received.extend(make_backend(max_batch=max_batch).detect_many(sources(), workers=workers))
    # `extend` keeps what it got before the error
    assert _numbers(received) == [0, 1, 2, 3]


# --- records -----------------------------------------------------------------------------------


@workers_each
def test_records_have_the_name_digest_and_size_of_their_image(
    workers, make_backend, pictures, tmp_path
):
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.jpeg((48, 32)))
    sources = [str(path), path, pictures.numbered(3), path.read_bytes()]
    records = list(make_backend().detect_records(sources, workers=workers))
    assert [record.image for record in records] == [str(path), str(path), "image 3", "image 4"]
    assert [record.size for record in records] == [(48, 32), (48, 32), (4, 1), (48, 32)]
    assert [record.digest for record in records] == [load_image(s).digest for s in sources]
    assert [record.result.request_id for record in records] == [r.digest for r in records]


@workers_each
def test_records_never_raise_for_an_image(workers, make_backend, pictures):
    sources = [pictures.numbered(0), GARBAGE, "missing.jpg"]
    records = list(make_backend().detect_records(sources, workers=workers))
    assert [type(record.error) for record in records] == [type(None), ImageError, ImageError]
    assert [record.image for record in records] == ["image 1", "image 2", "missing.jpg"]
    assert records[1].digest is None


def test_the_record_of_an_image_that_the_backend_fails_on_has_its_digest(make_backend, pictures):
    def answer(images):
        raise TransientError("not now")

    image = load_image(pictures.jpeg((48, 32)))
    [record] = make_backend(answer).detect_records([image])
    assert isinstance(record.error, TransientError)
    assert (record.digest, record.size) == (image.digest, (48, 32))


@workers_each
def test_errors_returned_in_place_hold_no_image(workers, make_backend, pictures):
    images = []

    def answer(batch):
        images.extend(map(weakref.ref, batch))
        try:
            raise ValueError("inner")
        except ValueError as error:
            raise TransientError("not now") from error

    sources = (pictures.jpeg((4 + n, 4)) for n in range(6))
    backend = make_backend(answer, max_batch=2)
    kept = list(backend.detect_many(sources, workers=workers, on_error="return"))
    gc.collect()
    assert len(kept) == 6
    assert [image() for image in images if image() is not None] == []


# --- in an event loop --------------------------------------------------------------------------


def _collected(iterator):
    async def collect():
        return [item async for item in iterator]

    return asyncio.run(collect())


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_adetect_many_yields_results_in_input_order(workers, max_batch, make_backend, pictures):
    backend = make_backend(max_batch=max_batch)
    results = backend.adetect_many(map(pictures.numbered, range(30)), workers=workers)
    assert _numbers(_collected(results)) == list(range(30))


def test_adetect_many_takes_an_asynchronous_iterable(make_backend, pictures):
    async def sources():
        for number in range(5):
            await asyncio.sleep(0)
            yield pictures.numbered(number)

    assert _numbers(_collected(make_backend().adetect_many(sources()))) == [0, 1, 2, 3, 4]


def test_adetect_many_yields_a_result_before_the_next_image_comes(make_backend, pictures):
    async def first_of_a_live_source():
        more = asyncio.Event()

        async def sources():
            yield pictures.numbered(7)
            await more.wait()

        results = make_backend(max_batch=4).adetect_many(sources(), workers=2)
        first = await asyncio.wait_for(anext(results), 60)
        await results.aclose()
        return first

    assert _numbers([asyncio.run(first_of_a_live_source())]) == [7]


def test_adetect_many_returns_errors_in_their_place(make_backend, pictures):
    sources = [pictures.numbered(0), GARBAGE, pictures.numbered(2)]
    outcomes = _collected(make_backend().adetect_many(sources, on_error="return"))
    assert _numbers(outcomes) == [0, None, 2]


def test_adetect_many_raises_an_error_in_its_place(make_backend, pictures):
    with pytest.raises(ImageError):
        _collected(make_backend().adetect_many([pictures.numbered(0), GARBAGE]))


@pytest.mark.parametrize(("workers", "expected"), [(None, 3), (2, 2)])
def test_adetect_many_makes_as_many_calls_at_once_as_there_are_workers(
    workers, expected, make_backend, pictures
):
    together = threading.Barrier(expected)

    def answer(images):
        together.wait(60)
        return backend.nobody(images)

    backend = make_backend(answer, workers=3)
    results = backend.adetect_many(map(pictures.numbered, range(6)), workers=workers)
    assert _numbers(_collected(results)) == list(range(6))


def test_adetect_makes_as_many_calls_at_once_as_the_backend_has_workers(make_backend, pictures):
    together = threading.Barrier(8)

    def answer(images):
        together.wait(60)
        return backend.nobody(images)

    backend = make_backend(answer, workers=8)

    async def all_at_once():
        return await asyncio.gather(*(backend.adetect(pictures.numbered(n)) for n in range(8)))

    assert _numbers(asyncio.run(all_at_once())) == list(range(8))


def test_closing_adetect_many_stops_its_threads(make_backend, pictures):
    backend = make_backend()

    async def take_one():
        results = backend.adetect_many((pictures.numbered(0) for _ in range(1000)), workers=2)
        await anext(results)
        await results.aclose()

    asyncio.run(take_one())
    assert len(backend.batches) <= 1 + 4
    assert not [t for t in threading.enumerate() if t.name.startswith("posehub-worker")]


def test_an_async_with_block_closes_the_backend(make_backend, pictures):
    backend = make_backend()

    async def detect():
        async with backend as opened:
            await opened.adetect(pictures.numbered(0))
            assert backend.closed == 0

    asyncio.run(detect())
    assert backend.closed == 1


# --- after a fork ------------------------------------------------------------------------------


def _in_a_fork(function):
    """Return what `function` returns in a forked child, or the message of its error."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = repr(function())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(sending, said.encode())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    return said


def test_a_backend_opened_before_a_fork_is_refused_in_the_child(make_backend, pictures):
    backend = make_backend()
    said = _in_a_fork(lambda: backend.detect(pictures.numbered(0)))
    assert said.startswith("ConfigError: fake was opened before this process was forked")
    assert len(backend.detect(pictures.numbered(0))) == 0


def test_a_fork_safe_backend_works_in_the_child(make_backend, pictures):
    backend = make_backend(fork_safe=True)
    assert _in_a_fork(lambda: len(backend.detect(pictures.numbered(0)))) == "0"


# --- boxes of people known already -------------------------------------------------------------


class Boxed(Backend):
    """Returns one person for each box it is given."""

    def __init__(self, info):
        self.info = info
        self.calls = []

    def detect_batch(self, images, boxes=None):
        self.calls.append(boxes)
        known = [np.zeros((0, 4), np.float32)] * len(images) if boxes is None else boxes
        return [
            PoseResult(
                keypoints=np.full((len(own), 17, 2), np.nan),
                scores=np.zeros((len(own), 17)),
                boxes=own,
                box_scores=np.ones(len(own)),
                skeleton=COCO17,
                image_size=image.size,
            )
            for image, own in zip(images, known, strict=True)
        ]


@pytest.fixture
def boxed(make_info):
    return Boxed(make_info(capabilities=Capabilities(takes_boxes=True)))


BOXES = [[1, 2, 30, 20], [0, 0, 5.5, 5]]


def test_boxes_of_people_are_given_to_a_backend_that_takes_them(boxed, pictures):
    assert np.array_equal(boxed.detect(pictures.jpeg(), boxes=BOXES).boxes, BOXES)
    assert np.array_equal(asyncio.run(boxed.adetect(pictures.jpeg(), boxes=BOXES)).boxes, BOXES)
    assert len(boxed.detect(pictures.jpeg(), boxes=[])) == 0
    assert len(boxed.detect(pictures.jpeg())) == 0
    assert boxed.calls[-1] is None


def test_a_backend_that_takes_no_boxes_refuses_them(make_backend, pictures):
    with pytest.raises(ConfigError, match="fake finds people itself and takes no boxes"):
        make_backend().detect(pictures.jpeg(), boxes=BOXES)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([1, 2, 3, 4], r"shape \(P, 4\), got \(4,\)"),
        ([[1, 2, 3]], r"shape \(P, 4\), got \(1, 3\)"),
        ([[1, 2, np.nan, 4]], "must be finite"),
        ([[5, 0, 4, 4]], "x1 <= x2"),
        ("all", "array of numbers"),
    ],
)
def test_invalid_boxes_are_refused(boxes, message, boxed, pictures):
    with pytest.raises(ConfigError, match=message):
        boxed.detect(pictures.jpeg(), boxes=boxes)
    assert boxed.calls == []


def test_the_cache_and_the_lock_pass_boxes_on(boxed, pictures, tmp_path):
    with Cache(Serialize(boxed), path=tmp_path / "results.db", key={}) as backend:
        for boxes in (BOXES, BOXES[:1], BOXES, None, BOXES[:1]):
            result = backend.detect(pictures.jpeg(), boxes=boxes)
            assert np.array_equal(result.boxes, np.reshape(boxes or [], (-1, 4)))
    assert len(boxed.calls) == 3
