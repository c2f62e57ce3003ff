"""What may be wrong with the installed onnxruntime, for `posehub doctor`."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import Literal

from attrs import frozen

_DISTRIBUTIONS = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-silicon",
)
"""Distributions that all bring the module `onnxruntime`."""

_CUDA_LIBRARIES = ("libcuda.so.1", "libcudart.so.{cuda}", "libcublasLt.so.{cuda}", "libcudnn.so.9")
"""What the CUDA provider loads on Linux: the driver, CUDA's runtime, cuBLAS and cuDNN. From 1.19 on
the published wheels are built for cuDNN 9."""


@frozen
class RuntimeFinding:
    """One thing found about onnxruntime.

    Attributes:
        state: "ok", "note" for what matters only on a GPU, "fail".
        detail: what was found, and what to do.
    """

    state: Literal["ok", "note", "fail"]
    detail: str


def examine_runtime() -> list[RuntimeFinding]:
    """Return what is found about onnxruntime; nothing if it is not installed."""
    installed = _installed()
    if not installed:
        return []
    try:
        import onnxruntime
    except ImportError as error:
        return [RuntimeFinding("fail", f"cannot be imported: {error}"), *judged(installed, (), ())]
    providers = onnxruntime.get_available_providers()
    if "CUDAExecutionProvider" in providers:
        preload_cuda(onnxruntime)
    missing = missing_cuda_libraries() if "CUDAExecutionProvider" in providers else []
    return judged(installed, providers, missing)


def judged(
    installed: Mapping[str, str], providers: Sequence[str], missing: Sequence[str]
) -> list[RuntimeFinding]:
    """Return the findings about an installation.

    Args:
        installed: version by the name of each distribution of onnxruntime.
        providers: those it is built with.
        missing: libraries of CUDA that cannot be loaded.
    """
    versions = " and ".join(f"{name} {version}" for name, version in installed.items())
    found = []
    if len(installed) > 1:
        found.append(
            RuntimeFinding(
                "fail",
                f"{versions} are installed together, and overwrite each other's files. Keep one: "
                f"pip uninstall {' '.join(installed)}, then pip install the one you want",
            )
        )
    elif providers:
        found.append(RuntimeFinding("ok", f"{versions}, built for {', '.join(providers)}"))
    if missing:
        found.append(
            RuntimeFinding(
                "note",
                f"networks do not run on CUDA: {', '.join(missing)} cannot be loaded. Install the "
                "NVIDIA driver and the CUDA and cuDNN that this onnxruntime is built for, such as "
                "by: pip install 'onnxruntime-gpu[cuda,cudnn]'",
            )
        )
    return found


@cache
def preload_cuda(module: ModuleType) -> None:
    """Load CUDA's libraries from the packages nvidia-* or torch, where onnxruntime >= 1.21 can."""
    if hasattr(module, "preload_dlls"):
        # it prints what it does not find, and stdout is for results
        with redirect_stdout(sys.stderr):
            module.preload_dlls()


def missing_cuda_libraries(load: Callable[[str], object] = ctypes.CDLL) -> list[str]:
    """Return the libraries of CUDA that onnxruntime needs and cannot load; none but on Linux.

    Args:
        load: loads a library by its name, or raises an OSError.
    """
    if sys.platform != "linux":
        return []
    return [name for name in _needed(_cuda_major()) if not _loads(name, load)]


def _needed(cuda: str) -> list[str]:
    return [name.format(cuda=cuda) for name in _CUDA_LIBRARIES]


def _cuda_major() -> str:
    """Return the major version of the CUDA that onnxruntime is built for."""
    try:
        from onnxruntime.capi import build_and_package_info
    except ImportError:
        return "12"
    version = str(getattr(build_and_package_info, "cuda_version", "") or "12")
    return version.partition(".")[0]


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True


def _installed() -> dict[str, str]:
    found = {}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
