"""Which provider serves a device: decisions."""

from __future__ import annotations

import pytest

from posehub.errors import ConfigError
from posehub.local.devices import Choice, choices, device_name, is_open

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TENSORRT, COREML = "TensorrtExecutionProvider", "CoreMLExecutionProvider"
DIRECTML, OPENVINO = "DmlExecutionProvider", "OpenVINOExecutionProvider"
AZURE = "AzureExecutionProvider"


@pytest.mark.parametrize(
    ("device", "available", "tried"),
    [
        ("auto", [AZURE, CPU], ["cpu"]),
        ("auto", [TENSORRT, CUDA, CPU], ["cuda", "cpu"]),
        ("auto", [COREML, AZURE, CPU], ["coreml", "cpu"]),
        ("auto", [OPENVINO, CPU], ["openvino", "cpu"]),
        ("auto", [DIRECTML, CPU], ["directml", "cpu"]),
        ("auto", [], ["cpu"]),
        ("cpu", [CUDA, CPU], ["cpu"]),
        ("cuda", [CUDA, CPU], ["cuda"]),
        ("cuda:1", [CUDA, CPU], ["cuda:1"]),
        ("tensorrt", [TENSORRT, CUDA, CPU], ["tensorrt"]),
        ("coreml", [COREML, CPU], ["coreml"]),
        ("directml:2", [DIRECTML, CPU], ["directml:2"]),
        ("openvino", [OPENVINO, CPU], ["openvino"]),
    ],
)
def test_the_devices_to_try(device, available, tried):
    assert [choice.device for choice in choices(device, available)] == tried


@pytest.mark.parametrize(
    ("device", "install"),
    [
        ("cuda", "onnxruntime-gpu in the place of onnxruntime"),
        ("cuda:1", "onnxruntime-gpu"),
        ("tensorrt", "TensorRT"),
        ("coreml", "macOS"),
        ("directml", "onnxruntime-directml"),
        ("openvino", "onnxruntime-openvino"),
    ],
)
def test_a_device_that_is_not_built_in_is_an_error_that_says_what_to_install(device, install):
    with pytest.raises(ConfigError, match=f"'{device}' is not available.*built for cpu.*{install}"):
        choices(device, [AZURE, CPU])


@pytest.mark.parametrize(
    "device", ["gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:0001", "cpu:0", "auto:1", "CUDA"]
)
def test_an_unknown_device_is_an_error(device):
    with pytest.raises(ConfigError, match=f"Unknown device '{device}'; use one of auto, cpu, cuda"):
        choices(device, [CUDA, CPU])


def test_a_device_that_is_misspelt_is_suggested():
    with pytest.raises(ConfigError, match="Did you mean 'openvino'"):
        choices("openvno", [CPU])


def test_the_number_of_a_device_becomes_an_option_of_the_provider():
    (choice,) = choices("cuda:3", [CUDA, CPU])
    assert choice.providers == [
        (CUDA, {"cudnn_conv_algo_search": "HEURISTIC", "device_id": 3}),
        CPU,
    ]


def test_tensorrt_leaves_what_it_cannot_run_to_cuda_of_the_same_number():
    (choice,) = choices("tensorrt:1", [TENSORRT, CUDA, CPU])
    assert choice.providers == [(TENSORRT, {"device_id": 1}), (CUDA, {"device_id": 1}), CPU]


def test_the_cpu_needs_no_other_provider():
    (choice,) = choices("cpu", [CUDA, CPU])
    assert choice.providers == [CPU]


@pytest.mark.parametrize(
    ("asked", "opened", "right"),
    [
        (CUDA, [CUDA, CPU], True),
        (CUDA, [CPU], False),
        (TENSORRT, [CUDA, CPU], False),
        (CPU, [CPU], True),
        (CPU, [], False),
    ],
)
def test_a_session_is_right_if_its_first_provider_is_the_one_asked_for(asked, opened, right):
    assert is_open(Choice("device", asked), opened) is right


@pytest.mark.parametrize(
    ("providers", "name"),
    [
        ([CUDA, CPU], "cuda"),
        ([CPU], "cpu"),
        ([AZURE, CPU], "cpu"),
        ([AZURE], AZURE),
        ([], "cpu"),
    ],
)
def test_the_device_of_an_opened_session_has_a_name(providers, name):
    assert device_name(providers) == name
