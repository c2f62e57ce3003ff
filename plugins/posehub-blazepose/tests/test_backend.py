"""The backend on real images, with the real networks."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import posehub
from posehub import load_image
from posehub.errors import BackendError, ConfigError, ImageError
from posehub.poses.skeletons import BLAZEPOSE33
from posehub_blazepose import INFO
from posehub_blazepose.backend import BlazePoseBackend, decoded_ahead
from posehub_blazepose.geometry import FROM_MEDIAPIPE
from posehub_blazepose.options import BlazePoseOptions

MODES = ("fast", "balanced", "thorough")
EMPTY = ("cat", "coffee", "rocket")
VARIANTS = {
    "upright": lambda pixels: pixels,
    "mirrored": lambda pixels: pixels[:, ::-1],
    "turned_90": lambda pixels: np.rot90(pixels, 1),
    "turned_180": lambda pixels: np.rot90(pixels, 2),
    "turned_270": lambda pixels: np.rot90(pixels, 3),
}


def torso(points):
    shoulders, hips = points[[11, 12]].mean(axis=0), points[[23, 24]].mean(axis=0)
    return np.linalg.norm(shoulders - hips)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["astronaut", "camera", "grace_hopper"])
def test_fast_finds_the_points_that_mediapipe_finds(
    backends, pixels, images, mediapipe_people, name, variant
):
    expected = mediapipe_people[images[name].name][variant]
    result = backends["fast"].detect(np.ascontiguousarray(VARIANTS[variant](pixels[name])))
    if expected is None:
        assert len(result) == 0
        return
    points = np.array(expected["points"]) + FROM_MEDIAPIPE
    distances = np.linalg.norm(result.keypoints[0] - points, axis=1)
    assert distances.mean() / torso(points) < 0.02
    # half a pixel, a confusion of the two conventions, is more than all other differences
    assert np.abs(np.median(result.keypoints[0] - points, axis=0)).max() < 0.2


def test_fast_finds_the_world_points_that_mediapipe_finds(backends, pixels, mediapipe_people):
    expected = np.array(mediapipe_people["astronaut.jpg"]["turned_90"]["world"])
    expected -= expected[[23, 24]].mean(axis=0)
    result = backends["fast"].detect(np.ascontiguousarray(np.rot90(pixels["astronaut"])))
    assert np.linalg.norm(result.keypoints_3d[0] - expected, axis=1).mean() < 0.02


@pytest.mark.parametrize(
    ("mode", "name"),
    [*((mode, name) for mode in ("fast", "balanced") for name in EMPTY), ("thorough", "rocket")],
)
def test_no_person_is_found_in_an_image_without_people(backends, images, mode, name):
    result = backends[mode].detect(images[name])
    assert len(result) == 0
    assert result.keypoints.shape == (0, 33, 2)


@pytest.mark.parametrize("mode", MODES)
def test_one_person_is_found_once(backends, images, mode):
    (person,) = backends[mode].detect(images["astronaut"])
    # the eyes, measured in the image
    assert person["left_eye"].x == pytest.approx(245, abs=12)
    assert person["left_eye"].y == pytest.approx(112, abs=12)
    assert person["right_eye"].x == pytest.approx(207, abs=12)


def test_a_result_has_skeleton_name_size_and_3d_points(backends, images):
    result = backends["balanced"].detect(images["astronaut"])
    assert result.skeleton is BLAZEPOSE33
    assert result.backend == "blazepose"
    assert result.image_size == (512, 512)
    assert result.keypoints_3d.shape == (1, 33, 3)
    hips = [BLAZEPOSE33.index("left_hip"), BLAZEPOSE33.index("right_hip")]
    assert result.keypoints_3d[0, hips].mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-6)


def test_points_outside_the_image_have_low_scores(backends, images):
    (person,) = backends["balanced"].detect(images["astronaut"])
    assert person["nose"].score > 0.9
    assert person["left_ankle"].score < 0.1


def test_the_box_encloses_head_and_shoulders(backends, images):
    (person,) = backends["balanced"].detect(images["astronaut"])
    for name in ("nose", "left_ear", "right_ear", "left_shoulder", "right_shoulder"):
        assert person.box.left < person[name].x < person.box.right
        assert person.box.top < person[name].y < person.box.bottom
    # the hair reaches the top of the image
    assert person.box.top < 30


def two_astronauts(astronaut, gap):
    """The astronaut and her mirror image side by side, each without its last `gap` columns."""
    left = astronaut[:, : 512 - gap]
    return np.concatenate([left, left[:, ::-1]], axis=1)


@pytest.mark.parametrize("gap", [0, 60, 120])
def test_two_people_give_two_results(backends, pixels, gap):
    result = backends["balanced"].detect(two_astronauts(pixels["astronaut"], gap))
    assert len(result) == 2
    noses = sorted(person["nose"].x for person in result)
    assert noses == pytest.approx([222, 2 * (512 - gap) - 222], abs=15)


def small_people(astronaut, width, height, places, size):
    """A grey image with astronauts of `size` pixels at some places."""
    scene = Image.new("RGB", (width, height), (120, 130, 120))
    person = Image.fromarray(astronaut).resize((size, size))
    for place in places:
        scene.paste(person, place)
    return np.asarray(scene)


@pytest.mark.parametrize("x", range(150, 500, 70))
def test_a_person_on_a_tile_border_is_found_once(backends, pixels, x):
    scene = small_people(pixels["astronaut"], 800, 600, [(x, 200)], 160)
    assert len(backends["balanced"].detect(scene)) == 1


def test_thorough_finds_small_people_in_a_large_image(backends, pixels):
    places = [(200, 300), (1500, 900), (900, 100)]
    scene = small_people(pixels["astronaut"], 2000, 1400, places, 150)
    found = backends["thorough"].detect(scene)
    noses = sorted((person["nose"].x, person["nose"].y) for person in found)
    expected = sorted((x + 222 * 150 / 512, y + 130 * 150 / 512) for x, y in places)
    assert np.array(noses) == pytest.approx(np.array(expected), abs=8)


def test_at_most_max_persons_are_returned_best_first(models, pixels):
    scene = two_astronauts(pixels["astronaut"], 0)
    with BlazePoseBackend(BlazePoseOptions()) as both:
        people = both.detect(scene)
    with BlazePoseBackend(BlazePoseOptions(max_persons=1)) as one:
        best = one.detect(scene)
    assert len(best) == 1
    assert best.box_scores[0] == people.box_scores.max()
    assert list(people.box_scores) == sorted(people.box_scores, reverse=True)


@pytest.mark.parametrize("option", ["min_detection_score", "min_presence"])
def test_a_least_score_of_one_excludes_all_people(models, images, option):
    with BlazePoseBackend(BlazePoseOptions(**{option: 1.0})) as backend:
        assert len(backend.detect(images["astronaut"])) == 0


# as shares of the shoulders' width; most people that BlazePose was trained on stand
TOLERANCE = {"mirrored": 0.12, "turned_180": 0.12, "turned_90": 0.3, "turned_270": 0.3}


def original_place(variant, x, y, width, height):
    """Where a point of the variant lies in the original image of `width` x `height`."""
    return {
        "mirrored": (width - x, y),
        "turned_90": (width - y, x),
        "turned_180": (width - x, height - y),
        "turned_270": (y, height - x),
    }[variant]


@pytest.mark.parametrize("variant", TOLERANCE)
@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
def test_rotated_and_mirrored_images_give_the_same_people(backends, pixels, name, variant):
    (plain,) = backends["balanced"].detect(pixels[name])
    scene = np.ascontiguousarray(VARIANTS[variant](pixels[name]))
    (changed,) = backends["balanced"].detect(scene)
    height, width = pixels[name].shape[:2]
    shoulders = abs(plain["left_shoulder"].x - plain["right_shoulder"].x)
    for part in ("nose", "left_eye", "right_eye", "left_shoulder", "right_shoulder"):
        other = part
        if variant == "mirrored":
            other = part.replace("left", "~").replace("right", "left").replace("~", "right")
        x, y = original_place(variant, changed[other].x, changed[other].y, width, height)
        assert np.hypot(x - plain[part].x, y - plain[part].y) < TOLERANCE[variant] * shoulders


# the longest panoramas only in the fast modes; the thorough one needs many tiles for them
SIZES = [(mode, size) for mode in MODES for size in [(32, 32), (1, 1), (1000, 30), (33, 701)]]
SIZES += [("fast", (10_000, 100)), ("fast", (100, 10_000)), ("balanced", (10_000, 100))]


@pytest.mark.parametrize(("mode", "size"), SIZES)
def test_every_size_and_shape_is_accepted(backends, mode, size):
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)
    result = backends[mode].detect(noise)
    assert result.image_size == size
    assert len(result) == 0


def test_a_person_in_a_panorama_is_found(backends, pixels):
    scene = small_people(pixels["astronaut"], 6000, 200, [(4300, 20)], 180)
    (person,) = backends["balanced"].detect(scene)
    assert person["nose"].x == pytest.approx(4300 + 222 * 180 / 512, abs=10)


@pytest.mark.parametrize("mode", ["fast", "balanced"])
def test_several_workers_give_the_results_of_one(backends, images, mode):
    names = [*EMPTY, "astronaut", "grace_hopper", "camera"]
    sources = [images[name] for name in names]
    alone = [backends[mode].detect(source) for source in sources]
    assert list(backends[mode].detect_many(sources, workers=4)) == alone


def test_a_least_detection_score_of_zero_is_accepted(models, pixels):
    scene = np.ascontiguousarray(pixels["astronaut"][:8, :8])
    with BlazePoseBackend(BlazePoseOptions(mode="fast", min_detection_score=0.0)) as backend:
        assert backend.detect(scene).image_size == (8, 8)


def test_a_batch_gives_the_results_of_single_images(backends, images):
    images = [load_image(images[name]) for name in ("astronaut", "cat", "grace_hopper")]
    batch = backends["fast"].detect_batch(images)
    assert batch == [backends["fast"].detect(image) for image in images]


def test_the_next_image_is_decoded_ahead(images):
    images = [load_image(images[name]) for name in ("astronaut", "cat", "coffee")]
    ahead = decoded_ahead(images)
    first, decoded = next(ahead)
    assert first is images[0]
    assert decoded.shape == (512, 512, 3)
    assert [image for image, _ in ahead] == images[1:]


def test_a_damaged_image_raises_an_image_error(backends, images, pixels):
    file = io.BytesIO()
    Image.fromarray(pixels["cat"]).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[5000:6000] = bytes(1000)
    images = [load_image(images["cat"]), load_image(bytes(data))]
    with pytest.raises(ImageError, match="image bytes"):
        backends["fast"].detect_batch(images)


def test_a_closed_backend_is_an_error(models, images):
    backend = BlazePoseBackend(BlazePoseOptions())
    backend.close()
    backend.close()
    with pytest.raises(BackendError, match="closed"):
        backend.detect(images["astronaut"])


def test_posehub_opens_it_by_name(images):
    with posehub.open_backend("blazepose", mode="fast") as backend:
        assert backend.info.name == "blazepose"
        assert len(backend.detect(images["astronaut"])) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "slow"},
        {"max_persons": 0},
        {"min_presence": 1.5},
        {"min_detection_score": -0.1},
        {"threads": 0},
    ],
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        posehub.open_backend("blazepose", **wrong)


def test_describing_the_backend_imports_no_runtime():
    heavy = {"ai_edge_litert", "PIL", "numpy"}
    script = (
        "import sys, posehub_blazepose; "
        f"print(*({heavy} & set(sys.modules)), posehub_blazepose.INFO.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [INFO.name]
