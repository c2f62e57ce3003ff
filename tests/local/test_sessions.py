"""Networks run by onnxruntime: the real one on the CPU, and one that has a GPU that fails."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest

from posehub.errors import ConfigError
from posehub.local.sessions import open_in, open_session

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def message(*fields):
    """A message of protocol buffers: numbers, texts and inner messages by their field number."""
    data = b""
    for number, value in fields:
        if isinstance(value, int):
            data += bytes([number << 3, value])
        else:
            content = value.encode() if isinstance(value, str) else value
            data += bytes([number << 3 | 2, len(content)]) + content
    return data


def write_doubler(path):
    """Write a network that adds its input "x", float32 (N, 3), to itself; see onnx.proto."""

    def value(name):
        dimensions = message((1, message((2, "N")))), message((1, message((1, 3))))
        shape = b"".join(dimensions)
        return message((1, name), (2, message((1, message((1, 1), (2, shape))))))

    node = message((1, "x"), (1, "x"), (2, "y"), (4, "Add"))
    graph = message((1, node), (2, "doubler"), (11, value("x")), (12, value("y")))
    path.write_bytes(message((1, 8), (7, graph), (8, message((1, ""), (2, 17)))))
    return path


@pytest.fixture
def network(tmp_path):
    return write_doubler(tmp_path / "doubler.onnx")


@pytest.fixture
def x():
    return np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_network_is_opened_and_run(network, x, device):
    session = open_session(network, device=device)
    (y,) = session.run({"x": x})
    np.testing.assert_array_equal(y, 2 * x)
    assert (session.device, session.provider) == ("cpu", CPU)


def test_a_session_says_the_inputs_and_outputs_of_its_network(network):
    session = open_session(network)
    assert session.inputs == {"x": ("N", 3)}
    assert session.outputs == ("y",)


def test_outputs_can_be_chosen(network, x):
    assert len(open_session(network).run({"x": x}, ["y"])) == 1


def test_no_warning_is_given_where_there_is_only_a_cpu(network):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_session(network, device="auto")


def test_threads_share_a_session(network):
    session = open_session(network, threads=2)
    results = {}

    def run(number):
        x = np.full((50, 3), number, np.float32)
        results[number] = [session.run({"x": x})[0] for _ in range(50)]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, every in results.items():
        assert all((y == 2 * number).all() for y in every)


def test_a_device_that_is_not_built_in_is_an_error(network):
    with pytest.raises(ConfigError, match=r"'cuda' is not available.*onnxruntime-gpu"):
        open_session(network, device="cuda")


def test_an_unknown_device_is_an_error(network):
    with pytest.raises(ConfigError, match="Unknown device 'gpu'"):
        open_session(network, device="gpu")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no ONNX file '.*missing\.onnx'"):
        open_session(tmp_path / "missing.onnx")


@pytest.mark.parametrize("data", [b"", b"no network", struct.pack("<d", 1.5) * 99])
def test_what_is_no_network_is_named(tmp_path, data):
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"onnxruntime [\d.]+ cannot open the network .*other"):
        open_session(path)


def test_without_onnxruntime_the_error_names_the_extra(network, monkeypatch):
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from pathlib import Path\n"
        "from posehub.errors import MissingDependencyError\n"
        "from posehub.local.sessions import open_session\n"
        "try: open_session(Path(sys.argv[1]))\n"
        "except MissingDependencyError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, network], capture_output=True, text=True, check=True
    )
    assert "pip install 'posehub[onnx]'" in done.stdout


class Runtime(SimpleNamespace):
    """Hashable by identity, as a module is."""

    __hash__ = object.__hash__


def gpu(opens):
    """An onnxruntime that is built for CUDA.

    Args:
        opens: called with the providers asked for; returns those that open, or raises.
    """

    class Session:
        def __init__(self, path, options, providers, enable_fallback):
            assert enable_fallback == 0
            self.asked = providers
            self.opened = opens([p if isinstance(p, str) else p[0] for p in providers])

        def get_providers(self):
            return self.opened

        def get_inputs(self):
            return []

        get_outputs = get_inputs

    return Runtime(
        __version__="1.32.0",
        SessionOptions=onnxruntime.SessionOptions,
        get_available_providers=lambda: [CUDA, CPU],
        InferenceSession=Session,
    )


def without_libraries(providers):
    return [CPU]


def out_of_memory(providers):
    if CUDA in providers:
        raise RuntimeError("CUDA failure 2: out of memory")
    return providers


def test_a_gpu_that_opens_is_used(network):
    for device in ("auto", "cuda"):
        session = open_in(gpu(lambda providers: providers), network, device=device, threads=1)
        assert (session.device, session.provider) == ("cuda", CUDA)
    session = open_in(gpu(lambda providers: providers), network, device="cuda:1", threads=1)
    assert session.device == "cuda:1"


@pytest.mark.parametrize(
    ("opens", "reason"),
    [
        (without_libraries, "took cpu instead, because .* cannot be loaded"),
        (out_of_memory, "out of memory"),
    ],
)
def test_a_gpu_that_is_asked_for_and_does_not_open_is_an_error(network, opens, reason):
    with pytest.raises(ConfigError, match=f"'cuda:1' cannot be used: cuda:1: .*{reason}"):
        open_in(gpu(opens), network, device="cuda:1", threads=1)


@pytest.mark.parametrize("opens", [without_libraries, out_of_memory])
def test_auto_falls_back_to_the_cpu_with_one_warning(network, opens):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sessions = [open_in(gpu(opens), network, device="auto", threads=1) for _ in range(3)]
    assert [session.device for session in sessions] == ["cpu"] * 3
    (warning,) = caught
    assert "The network runs on cpu: cuda: " in str(warning.message)


def test_libraries_of_cuda_are_loaded_first_and_stdout_stays_clean(network, capsys):
    calls = []

    def preload():
        sys.stdout.write("Failed to load libcudnn")
        calls.append("preload")

    def opens(providers):
        calls.append("open")
        return providers

    runtime = gpu(opens)
    runtime.preload_dlls = preload
    for _ in range(2):
        open_in(runtime, network, device="cuda", threads=1)
    assert calls == ["preload", "open", "open"]
    assert capsys.readouterr().out == ""
