"""What every backend has from its base class: one picture, many, and plugins held to their word."""

from __future__ import annotations

import asyncio
import gc
import io
import threading
import weakref

import attrs
import numpy as np
import pytest

from posehub import Backend, PoseResult, load_image
from posehub.errors import (
    AuthError,
    BackendError,
    ConfigError,
    ImageError,
    PosehubError,
    TransientError,
)

workers_each = pytest.mark.parametrize("workers", [1, 3])
GARBAGE = b"not a picture"


def _numbers(outcomes):
    """Which pictures of `pictures.numbered` the results are of; None stands for an error."""
    return [None if isinstance(o, PosehubError) else o.image_size[0] - 1 for o in outcomes]


# --- one picture -----------------------------------------------------------------------------


def test_detect_gives_the_result_of_one_picture(make_backend, pictures):
    backend = make_backend()
    result = backend.detect(pictures.jpeg((48, 32)))
    assert isinstance(result, PoseResult)
    assert result.image_size == (48, 32)
    assert backend.batches == [[(48, 32)]]


def test_detect_refuses_a_bad_picture_before_the_backend_is_called(make_backend):
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


def test_adetect_works_in_a_thread_beside_the_event_loop(make_backend, pictures):
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


# --- plugins held to their word --------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("boom"), KeyError("x"), ZeroDivisionError()])
def test_any_other_exception_of_a_backend_becomes_a_backend_error(error, make_backend, pictures):
    def answer(images):
        raise error

    with pytest.raises(BackendError, match=f"fake failed with {type(error).__name__}.*plugin") as e:
        make_backend(answer).detect(pictures.numbered(0))
    assert e.value.__cause__ is error


def test_an_error_of_posehubs_own_passes_unchanged(make_backend, pictures):
    error = AuthError("no", code=110)

    def answer(images):
        raise error

    with pytest.raises(AuthError) as caught:
        make_backend(answer).detect(pictures.numbered(0))
    assert caught.value is error


@pytest.mark.parametrize("count", [0, 2])
def test_a_wrong_number_of_results_becomes_a_backend_error(count, make_backend, pictures):
    backend = make_backend(lambda images: backend.nobody(images) * count)
    with pytest.raises(BackendError, match=f"fake gave {count} results for 1 pictures.*plugin"):
        backend.detect(pictures.numbered(0))


@pytest.mark.parametrize("answer", [None, 5, {}, [None], [{"people": []}], "x"])
def test_an_answer_of_something_else_than_results_becomes_a_backend_error(
    answer, make_backend, pictures
):
    with pytest.raises(BackendError, match=r"^fake gave .*fault of the plugin"):
        make_backend(lambda images: answer).detect(pictures.numbered(0))


# --- many pictures ---------------------------------------------------------------------------


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_results_of_many_come_in_input_order(workers, max_batch, make_backend, pictures):
    backend = make_backend(max_batch=max_batch)
    results = backend.detect_many(map(pictures.numbered, range(30)), workers=workers)
    assert _numbers(results) == list(range(30))


def test_no_pictures_give_no_results(make_backend):
    assert list(make_backend().detect_many([])) == []


def test_pictures_are_asked_in_batches_of_what_the_backend_takes(make_backend, pictures):
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


@pytest.mark.parametrize("one", ["photo.jpg", b"\xff\xd8", None, 5])
def test_one_picture_where_many_belong_is_refused(one, make_backend):
    with pytest.raises(ConfigError, match=r"detect_many takes several pictures.*detect\(\)"):
        make_backend().detect_many(one)


@pytest.mark.parametrize(("workers", "max_batch", "ahead"), [(1, 1, 0), (2, 1, 3), (2, 3, 9)])
def test_pictures_are_drawn_as_results_are_consumed(
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
    """Counts the objects of one kind that are alive, and the most there ever were."""

    def __init__(self):
        self.lock, self.alive, self.most = threading.RLock(), 0, 0

    def add(self, change):
        with self.lock:
            self.alive += change
            self.most = max(self.most, self.alive)


@workers_each
def test_ten_thousand_pictures_never_sit_in_memory_together(workers, make_backend, pictures):
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


# --- errors among many -----------------------------------------------------------------------


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_a_failed_picture_yields_its_error_in_its_place(workers, max_batch, make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(10)]
    sources[3], sources[7] = GARBAGE, "nobody.jpg"
    backend = make_backend(max_batch=max_batch)
    outcomes = list(backend.detect_many(sources, workers=workers, on_error="return"))
    assert _numbers(outcomes) == [0, 1, 2, None, 4, 5, 6, None, 8, 9]
    assert "not a picture" in str(outcomes[3])
    assert "nobody.jpg" in str(outcomes[7])


@workers_each
@pytest.mark.parametrize("max_batch", [1, 4])
def test_a_failed_picture_raises_its_error_in_its_place(workers, max_batch, make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(10)]
    sources[3] = GARBAGE
    results = make_backend(max_batch=max_batch).detect_many(sources, workers=workers)
    assert _numbers(next(results) for _ in range(3)) == [0, 1, 2]
    with pytest.raises(ImageError, match="not a picture"):
        next(results)


def test_after_an_error_no_further_picture_is_asked(make_backend, pictures):
    sources = [pictures.numbered(n) for n in range(100)]
    sources[3] = GARBAGE
    backend = make_backend()
    with pytest.raises(ImageError):
        list(backend.detect_many(sources, workers=2))
    assert len(backend.batches) <= 3 + 4


def test_bad_pictures_are_left_out_of_their_batch(make_backend, pictures):
    backend = make_backend(max_batch=4)
    sources = [pictures.numbered(0), GARBAGE, pictures.numbered(2), None]
    outcomes = list(backend.detect_many(sources, on_error="return"))
    assert _numbers(outcomes) == [0, None, 2, None]
    assert backend.batches == [[(1, 1), (3, 1)]]


def test_a_batch_of_bad_pictures_is_not_asked(make_backend):
    backend = make_backend(max_batch=4)
    outcomes = list(backend.detect_many([GARBAGE] * 4, on_error="return"))
    assert _numbers(outcomes) == [None] * 4
    assert backend.batches == []


def test_a_failed_batch_is_asked_again_one_by_one(make_backend, pictures):
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
def test_an_error_of_the_source_of_pictures_is_the_callers_own(workers, make_backend, pictures):
    def sources():
        yield pictures.numbered(0)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(make_backend().detect_many(sources(), workers=workers, on_error="return"))


def test_closing_the_results_stops_asking(make_backend, pictures):
    backend = make_backend()
    results = backend.detect_many((pictures.numbered(0) for _ in range(1000)), workers=2)
    next(results)
    results.close()
    asked = len(backend.batches)
    assert asked <= 1 + 4
    assert not [t for t in threading.enumerate() if t.name.startswith("posehub")]
    assert len(backend.batches) == asked


def test_loaded_images_and_arrays_may_be_mixed(make_backend, pictures):
    sources = [load_image(pictures.numbered(0)), np.zeros((1, 2, 3), np.uint8), pictures.jpeg()]
    assert _numbers(make_backend().detect_many(sources)) == [0, 1, 31]
