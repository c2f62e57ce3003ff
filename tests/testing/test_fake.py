"""The in-memory backend."""

from __future__ import annotations

import numpy as np
import pytest

import posehub
from posehub.errors import QuotaExceededError, UnknownBackendError
from posehub.poses.skeletons import BAIDU21, COCO17
from posehub.testing import fake_backend, random_people

pytest_plugins = ["pytester"]

IMAGE = np.zeros((48, 64, 3), np.uint8)


def test_it_returns_the_given_people():
    people = random_people(3, seed=5)
    with fake_backend(people):
        result = posehub.detect(IMAGE, backend="fake")
    assert np.array_equal(result.keypoints, people.keypoints)
    assert (result.backend, result.image_size) == ("fake", (64, 48))


def test_it_is_unknown_after_the_with_block():
    with fake_backend():
        pass
    with pytest.raises(UnknownBackendError):
        posehub.open_backend("fake")


def test_it_returns_results_and_raises_errors_in_turn():
    one, two = random_people(1, seed=1), random_people(2, seed=2)
    with (
        fake_backend([one, QuotaExceededError("spent"), two]),
        posehub.open_backend("fake") as backend,
    ):
        outcomes = list(backend.detect_many([IMAGE] * 4, on_error="return"))
    counts = [o if isinstance(o, QuotaExceededError) else len(o) for o in outcomes]
    assert [counts[0], counts[2], counts[3]] == [1, 2, 1]
    assert isinstance(outcomes[1], QuotaExceededError)


def test_it_keeps_the_images_it_was_given_and_counts_that_it_was_closed():
    with fake_backend() as fake:
        with posehub.open_backend("fake") as backend:
            backend.detect(IMAGE)
        assert [image.size for image in fake.asked] == [(64, 48)]
        assert fake.closed == 1


def test_it_has_the_skeleton_of_its_people():
    with fake_backend(random_people(1, seed=1, skeleton=BAIDU21), name="mine"):
        (info,) = [info for info in posehub.list_backends() if info.name == "mine"]
    assert info.skeleton == "baidu21"


def test_errors_alone_have_a_skeleton_too():
    with fake_backend([QuotaExceededError("spent")]):
        (info,) = [info for info in posehub.list_backends() if info.name == "fake"]
    assert info.skeleton == "coco17"


def test_random_people_are_the_same_for_the_same_seed_only():
    assert random_people(4, seed=1) == random_people(4, seed=1)
    assert random_people(4, seed=1) != random_people(4, seed=2)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_random_people_are_inside_the_image(count):
    people = random_people(count, seed=3, image_size=(200, 100))
    assert people.keypoints.shape == (count, len(COCO17), 2)
    assert (people.keypoints >= 0).all()
    assert (people.keypoints <= (200, 100)).all()


def test_a_number_gives_that_many_random_people():
    with fake_backend(7, seed=2):
        assert len(posehub.detect(IMAGE, backend="fake")) == 7


def test_it_works_without_being_registered():
    fake = fake_backend(2)
    assert len(fake.detect(IMAGE)) == 2
    with pytest.raises(UnknownBackendError):
        posehub.open_backend("fake")


def test_threads_get_each_result_once():
    outcomes = [random_people(count, seed=count) for count in range(40)]
    with fake_backend(outcomes) as fake:
        counts = [len(result) for result in fake.detect_many([IMAGE] * 40, workers=8)]
    assert sorted(counts) == list(range(40))


def test_the_fixture_registers_for_the_length_of_a_test(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        """
        import numpy as np
        import posehub

        IMAGE = np.zeros((9, 9, 3), np.uint8)

        def test_one(fake_pose_backend):
            fake_pose_backend(3)
            fake_pose_backend(persons=2, name="other")
            assert len(posehub.detect(IMAGE, backend="fake")) == 3
            assert len(posehub.detect(IMAGE, backend="other")) == 2

        def test_two():
            assert "fake" not in {info.name for info in posehub.list_backends()}
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_the_images_it_keeps_are_its_own():
    frame = np.zeros((4, 4, 3), np.uint8)
    fake = fake_backend(1)
    fake.detect(frame)
    frame[:] = 255
    assert not fake.asked[0].pixels().any()
