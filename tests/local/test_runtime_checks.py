"""What `posehub doctor` finds about onnxruntime."""

from __future__ import annotations

import importlib.metadata

import pytest
from click.testing import CliRunner

from posehub.cli import main
from posehub.local.runtime_checks import examine_runtime, judged, missing_cuda_libraries

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@pytest.mark.parametrize(
    ("installed", "providers", "missing", "expected"),
    [
        ({"onnxruntime": "1.32.0"}, [CPU], [], [("ok", "onnxruntime 1.32.0, built for CPU")]),
        (
            {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.0"},
            [CPU],
            [],
            [("fail", "pip uninstall onnxruntime onnxruntime-gpu")],
        ),
        (
            {"onnxruntime-gpu": "1.32.0"},
            [CUDA, CPU],
            ["libcudnn.so.9"],
            [("ok", "onnxruntime-gpu 1.32.0"), ("note", "libcudnn.so.9 cannot be loaded")],
        ),
    ],
)
def test_an_installation_is_judged(installed, providers, missing, expected):
    found = judged(installed, providers, missing)
    assert [each.state for each in found] == [state for state, _ in expected]
    for each, (_, words) in zip(found, expected, strict=True):
        assert words in each.detail


def test_the_installed_onnxruntime_is_found_with_its_version():
    (found,) = examine_runtime()
    version = importlib.metadata.version("onnxruntime")
    assert (found.state, found.detail.startswith(f"onnxruntime {version}")) == ("ok", True)


def test_doctor_shows_it():
    assert "onnxruntime: onnxruntime " in CliRunner().invoke(main, ["doctor"]).stdout


def test_libraries_of_cuda_that_do_not_load_are_named(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")

    def load(name):
        if name in ("libcuda.so.1", "libcudnn.so.9"):
            raise OSError(name)

    assert missing_cuda_libraries(load) == ["libcuda.so.1", "libcudnn.so.9"]


def test_only_on_linux_are_their_names_known(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    assert missing_cuda_libraries() == []
