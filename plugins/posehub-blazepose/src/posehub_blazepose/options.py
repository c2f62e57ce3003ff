"""Options of the blazepose backend."""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from attrs.validators import and_, ge, le, optional

from posehub import option

_likelihood = and_(ge(0.0), le(1.0))


@frozen
class BlazePoseOptions:
    """What a caller may set."""

    mode: Literal["fast", "balanced", "thorough"] = option(
        "balanced",
        help=(
            "fast: one pass, one or few large people; balanced: several people; "
            "thorough: also small people in large images."
        ),
    )
    max_persons: int = option(
        20, help="Most people to return for one image, best first.", validator=ge(1)
    )
    min_detection_score: float | None = option(
        None,
        help="Least score of the detector; none for 0.5 (fast), 0.3 (balanced), 0.2 (thorough).",
        validator=optional(_likelihood),
    )
    min_presence: float = option(
        0.5,
        help="Least likelihood, by the landmark network, that a region shows a person.",
        validator=_likelihood,
    )
    threads: int = option(
        1,
        help="Threads of one network run. More threads shorten one image, not many images.",
        affects_result=False,
        validator=ge(1),
    )
