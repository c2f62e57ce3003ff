"""What the three modes do."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from posehub_movenet.scores import Calibration


@frozen
class Scan:
    """One pass of the detector over an image.

    Attributes:
        side: elements along the longer side of the image, over all tiles.
        tile: most elements along a side of one input, a multiple of 32.
    """

    side: int
    tile: int


@frozen
class Mode:
    """How an image is searched.

    Attributes:
        scans: passes of the detector, coarse to fine.
        min_detection: least score of a detection whose pose is found.
        crops: elements along the longer side of the pose network's inputs, multiples of 32. If
            there are several, each keypoint is taken from the one that is most certain of it.
        mirrored: whether each person is seen a second time in the mirror image.
        min_person: least score of a person.
        calibration: of the scores, fitted to what this mode finds.
    """

    scans: tuple[Scan, ...]
    min_detection: float
    crops: tuple[int, ...]
    mirrored: bool
    min_person: float
    calibration: Calibration


MODES: Mapping[str, Mode] = {
    "fast": Mode(
        scans=(Scan(320, 320),),
        min_detection=0.28,
        crops=(160,),
        mirrored=False,
        min_person=0.2,
        calibration=Calibration((7.0, 2.95), (6.64, 1.83, 1.98)),
    ),
    "balanced": Mode(
        scans=(Scan(416, 416),),
        min_detection=0.28,
        crops=(256,),
        mirrored=False,
        min_person=0.2,
        calibration=Calibration((8.81, 3.77), (7.02, 1.17, 2.59)),
    ),
    "thorough": Mode(
        scans=(Scan(416, 416), Scan(640, 640), Scan(1280, 640)),
        min_detection=0.2,
        crops=(192, 256),
        mirrored=True,
        min_person=0.15,
        calibration=Calibration((8.97, 4.0), (6.79, 1.46, 2.44)),
    ),
}
"""320 and 416 are the sizes that NanoDet is published for, 256 that of MoveNet Thunder, which also
works on smaller inputs. The last scan of `thorough` is for images of more than 640 pixels."""
