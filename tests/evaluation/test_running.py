"""Runs: a backend's results on images with their latency and cost, and results from files."""

from __future__ import annotations

import attrs
import pytest
from PIL import Image as PILImage

import posehub
from posehub.errors import BackendError, ConfigError, ImageError
from posehub.evaluation.running import Latency, from_file, latency_of, run_backend
from posehub.poses.record import Record
from posehub.testing import fake_backend, random_people


@pytest.fixture
def images(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        PILImage.new("RGB", (64, 48)).save(path)
    return paths


@pytest.mark.parametrize(
    ("seconds", "latency"),
    [
        ([], None),
        ([3.0], Latency(3.0, 3.0, 3.0)),
        ([9.0, 1.0, 2.0, 3.0], Latency(9.0, 2.0, pytest.approx(2.8))),
    ],
)
def test_the_first_time_is_not_among_the_others(seconds, latency):
    assert latency_of(seconds) == latency


def test_a_backend_is_called_and_timed_for_every_image(images):
    with fake_backend(2) as fake, posehub.open_backend("fake") as backend:
        run = run_backend("fake", backend, images)
    assert [image.name for image in fake.asked] == ["a.png", "b.png", "c.png"]
    assert run.people == 6
    assert run.latency.median > 0
    assert run.cost is None


def test_an_error_is_kept_with_its_message(images):
    responses = [random_people(1, seed=0), BackendError("overloaded")]
    with fake_backend(responses), posehub.open_backend("fake") as backend:
        run = run_backend("fake", backend, images)
    assert [result is None for result in run.results] == [False, True, False]
    assert run.errors == {str(images[1]): "overloaded"}
    assert run.people == 2


def test_a_run_with_errors_only_has_no_latency(images):
    with fake_backend([BackendError("no")]), posehub.open_backend("fake") as backend:
        assert run_backend("fake", backend, images).latency is None


def test_images_with_a_result_cost_the_price_that_the_backend_declares(images):
    responses = [random_people(1, seed=0), BackendError("no")]
    with fake_backend(responses) as fake:
        fake.info = attrs.evolve(fake.info, price=posehub.Price(0.5, "CNY"))
        cost = run_backend("fake", fake, images).cost
    assert (cost.amount, cost.currency) == (1.0, "CNY")


def failed(name):
    return Record(name, error=ImageError("cut"))


def test_results_of_a_file_are_found_by_path_or_by_name(images):
    found = [Record(str(images[1]), random_people(2, seed=0)), failed("x/a.png")]
    run = from_file("file", found, images[:2])
    assert [None if r is None else len(r) for r in run.results] == [None, 2]
    assert run.errors == {str(images[0]): "failed when the results were written: cut"}
    assert run.latency is None


def test_an_image_that_the_file_does_not_have_is_refused(images):
    with pytest.raises(ConfigError, match=r"file has no result of .*c\.png"):
        from_file("file", [failed("a.png")], images[2:])


def test_a_name_of_two_results_is_found_by_its_path_only(images):
    found = [failed("x/a.png"), failed("y/a.png")]
    with pytest.raises(ConfigError, match="no result"):
        from_file("file", found, images[:1])
