"""Which of onnxruntime's execution providers serves a device: decisions without onnxruntime."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from posehub.errors import ConfigError, nearest

CPU_PROVIDER = "CPUExecutionProvider"
_CUDA_PROVIDER = "CUDAExecutionProvider"
_TENSORRT_PROVIDER = "TensorrtExecutionProvider"

Provider = str | tuple[str, dict[str, Any]]


@frozen
class _Kind:
    """A kind of device.

    Attributes:
        provider: name of onnxruntime's provider.
        install: how to get an onnxruntime that has it.
        options: of the provider.
        numbered: whether there may be several, told apart by the provider's option device_id.
    """

    provider: str
    install: str
    options: Mapping[str, Any] = field(factory=dict)
    numbered: bool = False


_GPU = (
    "onnxruntime-gpu in the place of onnxruntime: pip uninstall onnxruntime, then "
    "pip install onnxruntime-gpu"
)
# a new input shape costs a search for the fastest convolution, which this choice keeps short
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC"}
_KINDS = {
    "cpu": _Kind(CPU_PROVIDER, "onnxruntime"),
    "cuda": _Kind(_CUDA_PROVIDER, _GPU, _CUDA_OPTIONS, numbered=True),
    "tensorrt": _Kind(_TENSORRT_PROVIDER, f"TensorRT, and {_GPU}", numbered=True),
    "coreml": _Kind("CoreMLExecutionProvider", "onnxruntime on macOS"),
    "directml": _Kind(
        "DmlExecutionProvider",
        "onnxruntime-directml in the place of onnxruntime, on Windows",
        numbered=True,
    ),
    "openvino": _Kind(
        "OpenVINOExecutionProvider", "onnxruntime-openvino in the place of onnxruntime"
    ),
}
_AUTO = ("cuda", "directml", "coreml", "openvino")
"""What "auto" tries before the CPU, the fastest first. TensorRT is not among them: it builds an
engine for minutes when a network is first opened."""


@frozen
class Choice:
    """A device to open a session on.

    Attributes:
        device: its name, such as "cuda:1".
        provider: name of onnxruntime's provider.
        options: of the provider.
    """

    device: str
    provider: str
    options: Mapping[str, Any] = field(factory=dict)

    @property
    def providers(self) -> list[Provider]:
        """What onnxruntime takes: the provider, and others for what it cannot run."""
        if self.provider == CPU_PROVIDER:
            return [CPU_PROVIDER]
        chosen: list[Provider] = [(self.provider, dict(self.options))]
        if self.provider == _TENSORRT_PROVIDER:
            chosen.append((_CUDA_PROVIDER, dict(self.options)))
        return [*chosen, CPU_PROVIDER]

    @property
    def needs_cuda(self) -> bool:
        """Whether CUDA's libraries must be there."""
        return self.provider in (_CUDA_PROVIDER, _TENSORRT_PROVIDER)


def choices(device: str, available: Sequence[str]) -> list[Choice]:
    """Return the devices to try, the best first.

    Args:
        device: "auto", "cpu", "cuda", "tensorrt", "coreml", "directml" or "openvino"; ":N" behind
            "cuda", "tensorrt" or "directml" is the number of one of several devices, from 0.
        available: the providers that the installed onnxruntime is built with.

    Raises:
        ConfigError: the device is unknown, or onnxruntime is built without it.
    """
    if device == "auto":
        names = [name for name in _AUTO if _KINDS[name].provider in available]
        return [_choice(name, None) for name in [*names, "cpu"]]
    name, number = _parsed(device)
    if _KINDS[name].provider not in available:
        built = ", ".join(_names(available)) or "none"
        raise ConfigError(
            f"The device {device!r} is not available: the installed onnxruntime is built for "
            f"{built} only. Install {_KINDS[name].install}; or set device to 'auto' or 'cpu'."
        )
    return [_choice(name, number)]


def device_name(providers: Sequence[str]) -> str:
    """Return the name of the device that a session runs on.

    Args:
        providers: those of the opened session, by precedence.
    """
    return next(iter(_names(providers)), providers[0] if providers else "cpu")


def is_open(choice: Choice, opened: Sequence[str]) -> bool:
    """Return whether a session runs on the device it was opened for.

    onnxruntime opens a session on the CPU, without an error, if a provider's libraries are missing.

    Args:
        choice: what was asked for.
        opened: the providers of the session, by precedence.
    """
    return choice.provider == next(iter(opened), None)


def _parsed(device: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"([a-z]+)(?::(\d{1,3}))?", device)
    name = match[1] if match else ""
    number = match[2] if match else None
    if name not in _KINDS or (number is not None and not _KINDS[name].numbered):
        known = ["auto", *_KINDS]
        raise ConfigError(
            f"Unknown device {device!r}; use one of {', '.join(known)}, or such as 'cuda:1'."
            f"{nearest(device, known)}"
        )
    return name, None if number is None else int(number)


def _choice(name: str, number: int | None) -> Choice:
    kind = _KINDS[name]
    if number is None:
        return Choice(name, kind.provider, kind.options)
    return Choice(f"{name}:{number}", kind.provider, {**kind.options, "device_id": number})


def _names(providers: Sequence[str]) -> list[str]:
    """Return the names of the devices of some providers; unknown providers are left out."""
    by_provider = {kind.provider: name for name, kind in _KINDS.items()}
    return [by_provider[provider] for provider in providers if provider in by_provider]
