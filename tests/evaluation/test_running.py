"""Asking backends while the clock runs, and taking results from files."""

from __future__ import annotations

import attrs
import pytest
from PIL import Image as PILImage

import posehub
from posehub.errors import BackendError, ConfigError, ImageError
from posehub.evaluation.running import Latency, ask, from_file, latency_of
from posehub.poses.record import Record
from posehub.testing import fake_backend, random_people


@pytest.fixture
def pictures(tmp_path):
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
def test_the_first_call_is_told_apart_from_the_others(seconds, latency):
    assert latency_of(seconds) == latency


def test_every_picture_is_asked_about_and_timed(pictures):
    with fake_backend(2) as fake, posehub.open_backend("fake") as backend:
        contestant = ask("fake", backend, pictures)
    assert [image.name for image in fake.asked] == ["a.png", "b.png", "c.png"]
    assert contestant.people == 6
    assert contestant.latency.median > 0
    assert contestant.cost is None


def test_a_failure_is_kept_with_its_message(pictures):
    answers = [random_people(1, seed=0), BackendError("overworked")]
    with fake_backend(answers), posehub.open_backend("fake") as backend:
        contestant = ask("fake", backend, pictures)
    assert [result is None for result in contestant.results] == [False, True, False]
    assert contestant.errors == {str(pictures[1]): "overworked"}
    assert contestant.people == 2


def test_who_only_fails_has_no_latency(pictures):
    with fake_backend([BackendError("no")]), posehub.open_backend("fake") as backend:
        assert ask("fake", backend, pictures).latency is None


def test_answered_calls_cost_what_the_backend_declares(pictures):
    answers = [random_people(1, seed=0), BackendError("no")]
    with fake_backend(answers) as fake:
        fake.info = attrs.evolve(fake.info, price=posehub.Price(0.5, "CNY"))
        cost = ask("fake", fake, pictures).cost
    assert (cost.amount, cost.currency) == (1.0, "CNY")


def failed(name):
    return Record(name, error=ImageError("cut"))


def test_results_of_a_file_are_found_by_path_or_by_name(pictures):
    found = [Record(str(pictures[1]), random_people(2, seed=0)), failed("x/a.png")]
    contestant = from_file("file", found, pictures[:2])
    assert [None if r is None else len(r) for r in contestant.results] == [None, 2]
    assert contestant.errors == {str(pictures[0]): "failed when the results were written: cut"}
    assert contestant.latency is None


def test_a_picture_the_file_does_not_have_is_refused(pictures):
    with pytest.raises(ConfigError, match=r"file has no result of .*c\.png"):
        from_file("file", [failed("a.png")], pictures[2:])


def test_a_name_two_results_share_is_found_by_its_path_only(pictures):
    found = [failed("x/a.png"), failed("y/a.png")]
    with pytest.raises(ConfigError, match="no result"):
        from_file("file", found, pictures[:1])
