"""The contract of backends: a good one passes, and each fault fails the check of its name."""

from __future__ import annotations

import os

import pytest

# loaded before pytester's runs, which forget what they import and cannot forget C extensions
import posehub.recording.transport  # noqa: F401

PLUGIN = """
import os
import posehub
from posehub import BackendInfo, Capabilities, option
from attrs import field, frozen

FAULT = os.environ.get("FAULT", "")
@frozen
class Options:
    level: int = option(1, help="A number.")
    key: str | None = option(None, help="A key.", secret=True)
    if FAULT == "secret_in_options":
        key: str | None = field(
            default=None, kw_only=True, metadata={**option(0, help="", secret=True).metadata}
        )

def _open(options):
    from odd_backend import OddBackend
    return OddBackend(options)

INFO = BackendInfo(
    name="odd",
    summary="odd",
    skeleton="coco17",
    factory=_open,
    options=Options,
    capabilities=Capabilities(fork_safe=FAULT == "mixes_after_fork"),
)

@posehub.hookimpl
def posehub_register_backends():
    return [INFO]

if FAULT == "eager":
    import odd_backend
"""

BACKEND = """
import os
import sys
import time
import numpy as np
import posehub
from posehub import Backend, PoseResult, get_skeleton
import odd

FAULT = os.environ.get("FAULT", "")

class OddBackend(Backend):
    info = odd.INFO

    def __init__(self, options):
        self.options = options
        self.closed = False

    def __repr__(self):
        return repr(self.options.key) if FAULT == "secret_in_repr" else "<odd>"

    def close(self):
        if self.closed and FAULT == "closes_once":
            raise RuntimeError("closed already")
        self.closed = True

    def detect(self, image):
        if FAULT == "untyped_error" and isinstance(image, int):
            raise TypeError("not an image")
        return super().detect(image)

    def detect_batch(self, images):
        if FAULT == "empty_batch":
            images[0]
        results = [self.one(image) for image in images]
        return results[::-1] if FAULT == "order" else results

    def one(self, image):
        pixels = image.pixels()
        shade = float(pixels[0, 0, 0])
        if FAULT == "race":
            self.shade = shade
            time.sleep(0.02)
            shade = self.shade
        if FAULT == "draws":
            pixels[:] = 0
        skeleton = get_skeleton("baidu21" if FAULT == "skeleton" else "coco17")
        count = 1 if shade or FAULT == "phantom" else 0
        if FAULT == "blind":
            count = 0
        if FAULT == "keeps":
            self.kept = pixels
        width, height = image.size
        place = width * 50.0 if FAULT == "scale" else shade / 10
        box = [20, 20, 10, 10] if FAULT == "box" else [10, 10, 20, 20]
        points = np.full((count, len(skeleton), 2), place)
        scores = np.full((count, len(skeleton)), 0.5)
        # the second keypoint is never found
        points[:, 1], scores[:, 1] = 0 if FAULT == "zeros" else np.nan, 0
        if FAULT == "options_lost":
            scores[:, 0] = 0.9 if "pytest" in sys.modules else 0.1
        if FAULT == "mixes_after_fork" and os.getpid() != self.process:
            scores[:, 0] = 0.9
        result = PoseResult(
            keypoints=points,
            scores=scores,
            boxes=np.array([box] * count).reshape(count, 4),
            box_scores=np.full(count, 0.5),
            skeleton=skeleton,
            image_size=(height, width) if FAULT == "size" else (width, height),
            backend="other" if FAULT == "name" else "odd",
            raw={"a value": object()} if FAULT == "unrecordable" else None,
        )
        if FAULT == "dtype":
            object.__setattr__(result, "boxes", result.boxes.astype(np.float64))
        return result
"""

TEST = """
import os
import numpy as np
import posehub
import posehub.testing

FAULT = os.environ.get("FAULT", "")

class TestOdd(posehub.testing.BackendContract):
    backend = "odd"
    images = [np.full((60, 80, 3), shade, np.uint8) for shade in (50, 150, 250)]
    empty_image = np.zeros((60, 80, 3), np.uint8)
    options = {"key": "hush-hush-0123"}

    def open(self, **options):
        if FAULT == "any_option":
            options.pop("unknown_option", None)
        if FAULT == "any_type":
            options.pop("level", None)
        return super().open(**options)
"""

FAULTS = {
    "dtype": "test_every_result_has_the_shapes_and_dtypes_of_the_model",
    "skeleton": "test_every_result_is_of_the_backends_skeleton",
    "size": "test_every_result_has_the_size_of_its_image",
    "name": "test_every_result_names_the_backend",
    "scale": "test_keypoints_are_near_their_image",
    "box": "test_boxes_have_their_corners_in_order",
    "phantom": "test_an_image_without_people_gives_an_empty_result",
    "order": "test_a_batch_keeps_its_order",
    "empty_batch": "test_an_empty_batch_gives_an_empty_list",
    "race": "test_threads_get_the_results_of_their_own_images",
    "draws": "test_the_callers_arrays_are_not_changed",
    "untyped_error": "test_what_is_not_an_image_is_an_image_error",
    "any_option": "test_an_unknown_option_is_refused_with_the_known_ones",
    "any_type": "test_an_option_of_the_wrong_type_is_refused",
    "secret_in_repr": "test_secrets_are_not_in_any_repr",
    "secret_in_options": "test_secrets_are_not_in_any_repr",
    "closes_once": "test_closing_twice_raises_nothing",
    "eager": "test_listing_the_backends_does_not_import_it",
    "unrecordable": "test_a_recording_replays_to_equal_results",
    "blind": "test_people_are_found_in_at_least_one_image",
    "zeros": "test_missing_keypoints_are_nan",
    "keeps": "test_the_callers_arrays_are_not_kept",
    "options_lost": "test_a_pickled_spec_opens_an_equal_backend_in_another_process",
    "mixes_after_fork": "test_after_a_fork_a_backend_works_or_is_refused",
}


pytest_plugins = ["pytester"]


@pytest.fixture
def run_with(pytester, monkeypatch):
    """Run the contract on the odd backend, a real distribution, with one fault or none."""
    pytester.makepyfile(odd=PLUGIN, odd_backend=BACKEND, test_odd=TEST)
    info = pytester.mkdir("odd-1.0.dist-info")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[posehub]\nodd = odd\n")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    path = os.pathsep.join([str(pytester.path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    pytester.syspathinsert()
    # a registry of its own, which finds the odd plugin
    monkeypatch.setattr("posehub.plugins.registry._installed", [])

    def run(fault: str):
        monkeypatch.setenv("FAULT", fault)
        # checks that start a Python of their own are run only for the fault they are about
        own = {"eager": "listing", "options_lost": "spec", "mixes_after_fork": "fork"}
        others = " and ".join(f"not {word}" for word in own.values() if word != own.get(fault))
        skipped = ("-k", others) if fault else ()
        arguments = ("-p", "no:cacheprovider", "-rf", "--tb=no", "-q", *skipped)
        return pytester.runpytest_inprocess(*arguments)

    return run


def test_a_good_backend_passes(run_with):
    result = run_with("")
    result.assert_outcomes(passed=len(set(FAULTS.values())))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_check_of_its_name(run_with, fault):
    result = run_with(fault)
    failed = [line.split("::")[-1].split(" ")[0] for line in result.outlines if "FAILED" in line]
    assert FAULTS[fault] in failed
    # a fault may show in other checks too; a suite that fails as a whole would tell nothing
    assert len(failed) <= 4
