"""Networks in ONNX files, run by onnxruntime on the device that the caller wants.

A session is opened once for a network and shared by all threads: its `run` may be called by several
at once. A backend that was opened before a fork is refused in the child by `posehub.backends`, so a
session is never used there.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from numpy.typing import NDArray

from posehub.errors import ConfigError, MissingDependencyError
from posehub.local.devices import Choice, choices, device_name, is_open
from posehub.local.runtime_checks import missing_cuda_libraries, preload_cuda

if TYPE_CHECKING:
    from types import ModuleType

_ERRORS_ONLY = 3
"""onnxruntime's log severity."""

_warned: set[str] = set()
_warning = threading.Lock()


@frozen(eq=False)
class Session:
    """An opened network; threads may share it.

    Attributes:
        device: what it runs on, such as "cpu" or "cuda:1".
        provider: name of onnxruntime's execution provider.
        inputs: shape by the name of an input; an open dimension is a text or None.
        outputs: names of the outputs.
    """

    device: str
    provider: str
    inputs: Mapping[str, Sequence[int | str | None]]
    outputs: Sequence[str]
    _runtime: Any = field(repr=False, alias="runtime")

    def run(
        self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None
    ) -> list[NDArray[Any]]:
        """Return the outputs of the network, all or those named, in this order.

        Args:
            feeds: array by the name of an input.
            outputs: names of the outputs to compute.
        """
        arrays: list[NDArray[Any]] = self._runtime.run(outputs or self.outputs, dict(feeds))
        return arrays


def open_session(path: Path, *, device: str = "auto", threads: int = 1) -> Session:
    """Open the network in an ONNX file.

    Args:
        path: of the file. It is read by onnxruntime itself, so that large files are read once.
        device: "cpu", "cuda", "cuda:1", "tensorrt", "coreml", "directml" or "openvino": this one or
            an error. "auto": the best that opens; if onnxruntime is built for a better one that
            does not open, a warning says so, once in a process.
        threads: of one run on the CPU, at least 1.

    Raises:
        ConfigError: the device is unknown or does not open, or the file is no network that this
            onnxruntime runs.
        MissingDependencyError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            f"The package onnxruntime cannot be imported: {error}. "
            "Install it with: pip install 'posehub[onnx]'"
        ) from error
    return open_in(onnxruntime, path, device=device, threads=threads)


def open_in(module: ModuleType, path: Path, *, device: str, threads: int) -> Session:
    """Do as `open_session` with another module that has the interface of onnxruntime.

    Raises:
        ConfigError: as for `open_session`.
    """
    if not path.is_file():
        raise ConfigError(f"There is no ONNX file {str(path)!r}.")
    failures = []
    for choice in choices(device, module.get_available_providers()):
        try:
            session = _opened(module, path, choice, threads)
        except _NotOpenError as error:
            failures.append(f"{choice.device}: {error}")
            continue
        if failures:
            _warn_once(f"The network runs on {choice.device}: {' '.join(failures)}")
        return session
    raise ConfigError(
        f"The device {device!r} cannot be used: {' '.join(failures)} "
        "Set device to 'auto' to run on the CPU instead; `posehub doctor` checks onnxruntime."
    )


class _NotOpenError(Exception):
    """A session does not open on a device; the message says why."""


def _opened(module: ModuleType, path: Path, choice: Choice, threads: int) -> Session:
    if choice.needs_cuda:
        preload_cuda(module)
    options = module.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    try:
        # without the fallback, which would hide the reason
        session = module.InferenceSession(
            path, options, providers=choice.providers, enable_fallback=0
        )
    except Exception as error:  # those of onnxruntime have no common base
        raise _refused(path, choice, error, module.__version__) from error
    opened = session.get_providers()
    if not is_open(choice, opened):
        missing = ", ".join(missing_cuda_libraries()) if choice.needs_cuda else ""
        raise _NotOpenError(
            f"onnxruntime took {device_name(opened)} instead, because "
            f"{missing or 'libraries of the device'} cannot be loaded."
        )
    return Session(
        device=choice.device,
        provider=choice.provider,
        inputs={each.name: tuple(each.shape) for each in session.get_inputs()},
        outputs=tuple(each.name for each in session.get_outputs()),
        runtime=session,
    )


def _refused(path: Path, choice: Choice, error: Exception, version: str) -> Exception:
    reason = str(error).strip().rstrip(".")
    if choice.device != "cpu":
        return _NotOpenError(f"{reason}.")
    return ConfigError(f"onnxruntime {version} cannot open the network {path}: {reason}.")


def _warn_once(message: str) -> None:
    with _warning:
        if message in _warned:
            return
        _warned.add(message)
    warnings.warn(message, RuntimeWarning, stacklevel=3)
