"""What `import posehub` gives, and what it costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import posehub

PUBLIC = [
    "Backend",
    "BackendInfo",
    "BackendSpec",
    "Box",
    "Capabilities",
    "Conversion",
    "Format",
    "Image",
    "ImageSource",
    "Keypoint",
    "ModelFile",
    "Person",
    "PoseResult",
    "PosehubError",
    "Price",
    "Record",
    "ServiceOptions",
    "Skeleton",
    "concatenate",
    "conversion",
    "detect",
    "draw",
    "draw_frame",
    "draw_svg",
    "errors",
    "evaluate",
    "from_dataframe",
    "from_supervision",
    "get_skeleton",
    "hookimpl",
    "list_backends",
    "load_image",
    "open_backend",
    "option",
    "read",
    "record",
    "save_drawing",
    "to_dataframe",
    "to_supervision",
    "write",
]


def _modules_after(statement):
    """Return the modules a fresh interpreter holds after `statement`."""
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_public_names_are_the_documented_ones():
    assert sorted(PUBLIC) == posehub.__all__


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name):
    namespace = {}
    exec(f"from posehub import {name}", namespace)
    assert namespace[name] is getattr(posehub, name)
    assert name in dir(posehub)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="has no attribute 'open_bakend'"):
        _ = posehub.open_bakend


@pytest.mark.parametrize(
    "statement",
    [
        "import posehub; posehub.conversion",
        "import posehub.poses.conversion, posehub; posehub.conversion",
        "from posehub import conversion; import posehub.poses.conversion, posehub",
    ],
)
def test_conversion_is_the_function_whatever_is_imported_first(statement):
    _modules_after(f"{statement}; assert posehub.conversion('baidu21', 'coco17').direct")


def test_importing_posehub_loads_nothing_heavy():
    loaded = _modules_after("import posehub")
    heavy = {
        "PIL",
        "ai_edge_litert",
        "click",
        "numpy",
        "pluggy",
        "posehub_baidu",
        "posehub_blazepose",
        "posehub_movenet",
        "posehub_replay",
        "requests",
        "rich",
        "sqlite3",
    }
    assert "posehub" in loaded
    assert loaded & heavy == set()


def test_listing_the_backends_loads_no_http_library_and_no_model_runtime():
    loaded = _modules_after("import posehub; posehub.list_backends()")
    assert "posehub_baidu" in loaded
    assert loaded & {"requests", "urllib3", "ai_edge_litert", "PIL"} == set()


def test_the_package_says_that_it_is_typed():
    assert (Path(posehub.__file__).parent / "py.typed").is_file()


def test_the_version_is_the_distributions():
    from importlib.metadata import version

    assert posehub.__version__ == version("posehub")
