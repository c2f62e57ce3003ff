""".pose files, through pose-format: a clip of people on one skeleton, a frame for each image.

The library writes a clip from one array in memory; here the same bytes are written frame by
frame, as its docs/specs/v0.2.md describes them: header, then fps (float32), number of frames
(uint32) and of people (uint16), then coordinates and then confidences as float32, little-endian,
(frames, people, points, dimensions) and (frames, people, points).
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from posehub.errors import FormatError
from posehub.extras import needed
from posehub.files import open_atomically
from posehub.formats.faults import located
from posehub.formats.streams import of_one_skeleton
from posehub.poses.catalogue import catalogue
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent

_VERSION = 0.2
_DEFAULT_FPS = 25.0
_COLOUR = (255, 0, 0)  # a colour for each limb is part of the format
_MOST = 0xFFFF  # people, points and pixels a side are 16 bits
_VALUES_AT_A_TIME = 1 << 20  # to read


def read(path: Path, skeleton: Skeleton | None) -> Iterator[Record]:
    """Yield a record for each frame, with its number and time; it has the people with a keypoint.

    The components of the body become one skeleton; if there are several, the names of keypoints
    begin with their component's.

    Args:
        path: of the file.
        skeleton: for a file whose component's name or points are not those of a known skeleton.
    """
    pose_format = needed("pose_format", extra="pose-format")
    empty_body = needed("pose_format.pose_body", extra="pose-format").EmptyPoseBody
    with path.open("rb") as file:
        with _library_faults(path):
            clip = pose_format.Pose.read(file, empty_body)
        frames, people, points, dimensions = clip.body.data.shape
        with located(path, "header"):
            if round(clip.header.version, 1) < 0.1:
                raise ValueError("is of version 0.0; write it again with pose-format")
            if dimensions < 2:
                raise ValueError(f"has {dimensions} dimensions, and keypoints have x and y")
            skeleton = _skeleton(clip.header.components, skeleton)
        size = (clip.header.dimensions.width, clip.header.dimensions.height)
        fps = clip.body.fps
        step = max(1, _VALUES_AT_A_TIME // max(1, people * points * dimensions))
        for first in range(0, frames, step):
            file.seek(0)
            # the library cannot read a part of a clip that is shorter than its own read-ahead
            part = {} if step >= frames else {"start_frame": first, "end_frame": first + step}
            with _library_faults(path):
                body = pose_format.Pose.read(file, **part).body
            values = zip(np.asarray(body.data.data), np.asarray(body.confidence), strict=True)
            for frame, (places, scores) in enumerate(values, first):
                with located(path, f"frame {frame}"):
                    result = _result(places[..., :2], scores, skeleton, size if any(size) else None)
                yield Record("", result, frame=frame, time=frame / fps if fps > 0 else None)


@contextmanager
def _library_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the library does not check, so a damaged file raises anything
        raise FormatError(
            f"{path}: pose-format cannot read it: {type(error).__name__}: {error}"
        ) from error


def _skeleton(components: list[PoseHeaderComponent], given: Skeleton | None) -> Skeleton:
    """Return the skeleton of a header.

    Raises:
        ValueError: the given skeleton has another number of points, a name is there twice, or a
            limb has a point that does not exist.
    """
    single = len(components) == 1
    names: list[str] = []
    links: list[tuple[str, str]] = []
    for component in components:
        own = [point if single else f"{component.name}.{point}" for point in component.points]
        names += own
        if any(max(limb) >= len(own) for limb in component.limbs):
            raise ValueError(f"has limbs to points that {component.name!r} does not have")
        links += [(own[first], own[second]) for first, second in component.limbs]
    if given is not None:
        if len(given) != len(names):
            raise ValueError(f"has {len(names)} points, and {given.name!r} {len(given)}")
        return given
    for known in catalogue.values():
        if single and known.keypoints == tuple(names):
            return known
    return Skeleton("+".join(component.name for component in components), names, links)


def _result(
    places: Float32Array, scores: Float32Array, skeleton: Skeleton, size: tuple[int, int] | None
) -> PoseResult:
    there = (scores != 0) & ~np.isnan(places).any(axis=2)
    kept = there.any(axis=1)
    count = int(kept.sum())
    return PoseResult(
        keypoints=np.where(there[..., None], places, np.nan)[kept],
        # OpenPose's confidences, which these files often carry, may exceed 1 a little
        scores=np.where(there, np.minimum(scores, 1), 0)[kept],
        boxes=np.full((count, 4), np.nan),
        box_scores=np.full(count, np.nan),
        skeleton=skeleton,
        image_size=size,
    )


def write(records: Iterable[Record], path: Path, *, fps: float = _DEFAULT_FPS) -> None:
    """Write a clip.

    Args:
        records: the frames, all of one size.
        path: of the file.
        fps: frames per second of the clip.
    """
    needed("pose_format", extra="pose-format")  # before the first record is made
    with tempfile.TemporaryFile() as frames:
        heights: list[int] = []
        first: PoseResult | None = None
        for record in of_one_skeleton(records, path):
            with located(path, f"image {record}"):
                first = record.people if first is None else first
                if record.people.image_size != first.image_size:
                    raise ValueError(
                        f"has the size {record.people.image_size}, the images before it "
                        f"{first.image_size}, and a clip has one"
                    )
                if len(record.people) > _MOST:
                    raise ValueError(f"has {len(record.people)} people, and a clip at most {_MOST}")
            frames.write(_values(record.people).tobytes())
            heights.append(len(record.people))
        if first is None:
            raise FormatError(f"{path}: a clip has a skeleton, so it needs at least one image")
        with located(path, "header"):
            header = _header(first)
        with open_atomically(path) as file:
            header.write(file)
            file.write(struct.pack("<fIH", fps, len(heights), max(heights)))
            for part in (slice(0, 2), slice(2, 3)):
                frames.seek(0)
                for frame in _frames(frames, heights, len(first.skeleton)):
                    file.write(frame[..., part].tobytes())


def _values(result: PoseResult) -> Float32Array:
    """Return x, y and confidence, (P, K, 3); a keypoint without a score counts as found."""
    scores = np.nan_to_num(result.scores, nan=1.0)[..., None]
    values: Float32Array = np.concatenate([result.keypoints, scores], axis=2)
    return np.nan_to_num(values)


def _frames(frames: IO[bytes], heights: list[int], points: int) -> Iterator[Float32Array]:
    """Yield each frame, (most people, K, 3), with zeros in the places of no person."""
    most = max(heights)
    for height in heights:
        frame = np.zeros((most, points, 3), np.float32)
        frame[:height] = np.frombuffer(frames.read(height * points * 12), np.float32).reshape(
            height, points, 3
        )
        yield frame


def _header(result: PoseResult) -> PoseHeader:
    """Return the header of a clip.

    Raises:
        ValueError: the format cannot hold a size or a name.
    """
    from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

    skeleton = result.skeleton
    width, height = result.image_size or (0, 0)
    if max(width, height, len(skeleton)) > _MOST:
        raise ValueError(f"a clip has at most {_MOST} pixels a side and keypoints")
    if not all(name.isascii() for name in (skeleton.name, *skeleton.keypoints)):
        raise ValueError(
            f"pose-format writes names in ASCII only, and {skeleton.name!r} has others"
        )
    limbs = [(skeleton.index(first), skeleton.index(second)) for first, second in skeleton.links]
    component = PoseHeaderComponent(
        skeleton.name, list(skeleton.keypoints), limbs, [_COLOUR] * len(limbs), "XYC"
    )
    return PoseHeader(_VERSION, PoseHeaderDimensions(width, height), [component])
