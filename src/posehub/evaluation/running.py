"""The results to compare: from a backend, with the time it takes, or from a results file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np
from attrs import frozen

from posehub.backends.base import Backend
from posehub.errors import ConfigError, PosehubError
from posehub.poses.record import Record
from posehub.poses.result import PoseResult


@frozen
class Latency:
    """The time of one `detect`, from the image's path to its result, in seconds.

    Attributes:
        first: the first one, which may load models or fetch a token.
        median, p90: median and 90th percentile of the others; the first if it is the only one.
    """

    first: float
    median: float
    p90: float


@frozen
class Cost:
    """The list price of the images with a result, those from a cache included.

    Attributes:
        amount: in `currency`.
        currency: code as in ISO 4217.
    """

    amount: float
    currency: str


@frozen
class Run:
    """The results of one backend, or of one results file, on the compared images.

    Attributes:
        label: the backend's name, or the file's name without its suffix.
        results: one for each image, None where it failed.
        errors: messages by the image's name.
        latency: of the images with a result; None for a file, or if every image failed.
        cost: of the images with a result, or None if the backend declares no price.
    """

    label: str
    results: tuple[PoseResult | None, ...]
    errors: dict[str, str]
    latency: Latency | None = None
    cost: Cost | None = None

    @property
    def people(self) -> int:
        """Number of people found in all images."""
        return sum(len(result) for result in self.results if result is not None)


def run_backend(label: str, backend: Backend, images: Sequence[Path]) -> Run:
    """Return a backend's results on images, one image at a time."""
    results: list[PoseResult | None] = []
    errors: dict[str, str] = {}
    seconds = []
    for image in images:
        start = time.perf_counter()
        try:
            results.append(backend.detect(image))
            seconds.append(time.perf_counter() - start)
        except PosehubError as error:
            results.append(None)
            errors[str(image)] = str(error)
    price = backend.info.price
    cost = None if price is None else Cost(price.per_call * len(seconds), price.currency)
    return Run(label, tuple(results), errors, latency_of(seconds), cost)


def latency_of(seconds: Sequence[float]) -> Latency | None:
    """Return the first, median and 90th percentile of times in their order, or None of none."""
    if not seconds:
        return None
    later = seconds[1:] or seconds
    return Latency(seconds[0], float(np.median(later)), float(np.percentile(later, 90)))


def from_file(label: str, found: Sequence[Record], images: Sequence[Path]) -> Run:
    """Return the results of a file for these images, found by their paths or else their names.

    Raises:
        ConfigError: the file has no record of one of them.
    """
    by_path = {record.image: record for record in found}
    by_name: dict[str, list[Record]] = {}
    for record in found:
        by_name.setdefault(PurePath(record.image).name, []).append(record)
    results: list[PoseResult | None] = []
    errors: dict[str, str] = {}
    for image in images:
        named_so = by_name.get(image.name, [])
        match = by_path.get(str(image)) or (named_so[0] if len(named_so) == 1 else None)
        if match is None:
            raise ConfigError(f"{label} has no result of {str(image)!r}.")
        results.append(match.result)
        if match.error is not None:
            errors[str(image)] = f"failed when the results were written: {match.error}"
    return Run(label, tuple(results), errors)
