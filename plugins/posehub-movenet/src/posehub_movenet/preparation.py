"""How pixels become the input of a network, as a part of its converted file."""

from __future__ import annotations

from attrs import frozen


@frozen
class Preparation:
    """What becomes of the pixels before the network: x * scale + shift, for each channel.

    Attributes:
        reverse: whether the network takes blue first.
        scale: one factor a channel, in RGB order.
        shift: one summand a channel, in RGB order.
    """

    reverse: bool = False
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
