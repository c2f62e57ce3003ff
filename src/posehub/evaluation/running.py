"""Asking a backend about pictures while the clock runs, or taking its results from a file."""

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
    """Seconds a call took, from the picture's path to its result.

    Attributes:
        first: the first call, which may load models or fetch a token.
        median, p90: what half, and 90 %, of the calls after it keep within; of the first if it is
            the only one.
    """

    first: float
    median: float
    p90: float


@frozen
class Cost:
    """List price of the answered calls, in `currency`; those a cache answered are counted too."""

    amount: float
    currency: str


@frozen
class Contestant:
    """One backend, or one results file, and what it said about each picture.

    Attributes:
        label: the backend's name, or the file's without its ending.
        results: one a picture, None where it failed.
        errors: messages by picture.
        latency: of the calls, or None for a file and where every call failed.
        cost: of the calls, or None if the backend declares no price.
    """

    label: str
    results: tuple[PoseResult | None, ...]
    errors: dict[str, str]
    latency: Latency | None = None
    cost: Cost | None = None

    @property
    def people(self) -> int:
        """How many people it found in all."""
        return sum(len(result) for result in self.results if result is not None)


def ask(label: str, backend: Backend, pictures: Sequence[Path]) -> Contestant:
    """Return what a backend says about pictures, one at a time."""
    results: list[PoseResult | None] = []
    errors: dict[str, str] = {}
    seconds = []
    for picture in pictures:
        start = time.perf_counter()
        try:
            results.append(backend.detect(picture))
            seconds.append(time.perf_counter() - start)
        except PosehubError as error:
            results.append(None)
            errors[str(picture)] = str(error)
    price = backend.info.price
    cost = None if price is None else Cost(price.per_call * len(seconds), price.currency)
    return Contestant(label, tuple(results), errors, latency_of(seconds), cost)


def latency_of(seconds: Sequence[float]) -> Latency | None:
    """Return the first, median and 90th percentile of the calls' times."""
    if not seconds:
        return None
    later = seconds[1:] or seconds
    return Latency(seconds[0], float(np.median(later)), float(np.percentile(later, 90)))


def from_file(label: str, found: Sequence[Record], pictures: Sequence[Path]) -> Contestant:
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
    for picture in pictures:
        named_so = by_name.get(picture.name, [])
        match = by_path.get(str(picture)) or (named_so[0] if len(named_so) == 1 else None)
        if match is None:
            raise ConfigError(f"{label} has no result of {str(picture)!r}.")
        results.append(match.result)
        if match.error is not None:
            errors[str(picture)] = f"failed when the results were written: {match.error}"
    return Contestant(label, tuple(results), errors)
