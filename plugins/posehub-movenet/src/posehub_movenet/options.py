"""Options of the movenet backend."""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from attrs.validators import and_, ge, le, optional

from posehub import option

_likelihood = and_(ge(0.0), le(1.0))


@frozen
class MoveNetOptions:
    """What a caller may set."""

    mode: Literal["fast", "balanced", "thorough"] = option(
        "balanced",
        help=(
            "fast: small inputs; balanced: the inputs that the networks were trained on; "
            "thorough: also small people, and every person in two passes."
        ),
    )
    max_persons: int = option(
        20, help="Most people to return for one image, best first.", validator=ge(1)
    )
    min_detection_score: float | None = option(
        None,
        help="Least score of the person detector; none for that of the mode.",
        validator=optional(_likelihood),
    )
    min_person_score: float | None = option(
        None,
        help="Least score of a person; none for that of the mode.",
        validator=optional(_likelihood),
    )
    threads: int = option(
        1,
        help="Threads of one network run. More threads shorten one image, not many images.",
        affects_result=False,
        validator=ge(1),
    )
    device: str = option(
        "auto",
        help="cpu, cuda, cuda:1, tensorrt, coreml, directml, openvino, or auto: the best there is.",
        affects_result=False,
    )
