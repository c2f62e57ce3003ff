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
from posehub.formats.notes import Notes
from posehub.formats.pose_body import frames_of, read_body
from posehub.formats.pose_parts import choose
from posehub.formats.streams import of_one_skeleton
from posehub.poses.checks import Float32Array
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton

if TYPE_CHECKING:
    from pose_format.pose_header import PoseHeader

_VERSION = 0.2
_DEFAULT_FPS = 25.0
_COLOUR = (255, 0, 0)  # a colour for each limb is part of the format
_MOST = 0xFFFF  # people, points and pixels a side are 16 bits
_SLOWEST, _FASTEST = 1e-4, 1e5  # frames per second of any camera
_HEADER = 1 << 14  # bytes that hold most headers
_LONGEST_GAP = 100_000  # frames that are missing between two


def read(path: Path, skeleton: Skeleton | None, notes: Notes) -> Iterator[Record]:
    """Yield a record for each frame, with name, number, time and the people with a keypoint.

    The components of the body become one skeleton; if there are several, the names of keypoints
    begin with their component's. MediaPipe's landmarks in metres are not read.

    Args:
        path: of the file.
        skeleton: of the component to read, or of all; None is that of the names.
        notes: gets what is not read.
    """
    needed("pose_format", extra="pose-format")
    with path.open("rb") as file:
        with _library_faults(path):
            header, start = _read_header(file)
        file.seek(start)
        components = header.components
        shapes = [(len(component.points), len(component.format)) for component in components]
        with located(path, "header"):
            if not components or min(size for _, size in shapes) < 3:
                least = min((size - 1 for _, size in shapes), default=0)
                raise ValueError(f"has {least} dimensions, and keypoints have x and y")
            if len({size for _, size in shapes}) > 1:
                raise ValueError("has components of different numbers of dimensions")
            body = read_body(file, header.version, shapes)
            chosen = choose(components, skeleton, f"{path}: header", notes)
        size = (header.dimensions.width, header.dimensions.height)
        frames = frames_of(file, body, shapes)
        for number in range(body.frames):
            with located(path, f"frame {number}"):
                places, scores = next(frames)
                result = _result(
                    places[:, chosen.columns, :2],
                    scores[:, chosen.columns],
                    chosen.skeleton,
                    size if all(size) else None,
                )
            time = number / body.fps if body.fps > 0 else None
            name = f"{path.stem}_{number:012}"  # as OpenPose names frames
            yield Record(name, result, frame=number, time=time)


def _read_header(file: IO[bytes]) -> tuple[PoseHeader, int]:
    """Return the header, and where it ends; ever larger parts of the file are tried."""
    from pose_format.pose_header import PoseHeader
    from pose_format.utils.reader import BufferReader

    part = file.read(_HEADER)
    while True:
        reader = BufferReader(part)
        try:
            return PoseHeader.read(reader), reader.read_offset
        except Exception:  # the library raises anything; the next part may have what is missing
            more = file.read(len(part))
            if not more:
                raise
            part += more


@contextmanager
def _library_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the library does not check, so a damaged file raises anything
        raise FormatError(
            f"{path}: pose-format cannot read it: {type(error).__name__}: {error}"
        ) from error


def _result(
    places: Float32Array, scores: Float32Array, skeleton: Skeleton, size: tuple[int, int] | None
) -> PoseResult:
    there = (scores > 0) & np.isfinite(places).all(axis=2)
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


def write(records: Iterable[Record], path: Path, *, fps: float | None = None) -> None:
    """Write a clip. Where the numbers of frames have a gap, it has frames without people.

    Args:
        records: the frames, all of one size.
        path: of the file.
        fps: frames per second of the clip; None is that of the records' times, else 25.
    """
    needed("pose_format", extra="pose-format")  # before the first record is made
    with tempfile.TemporaryFile() as frames:
        heights: list[int] = []
        first: PoseResult | None = None
        last: int | None = None
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
                missing = _missing_frames(last, record.frame)
            fps = _fps_of(record) if fps is None else fps
            last = record.frame
            heights += [0] * missing
            frames.write(_values(record.people).tobytes())
            heights.append(len(record.people))
        if first is None:
            raise FormatError(f"{path}: a clip has a skeleton, so it needs at least one image")
        with located(path, "header"):
            header = _header(first)
        with open_atomically(path) as file:
            header.write(file)
            # a place for a person in a clip without people, so that no frame has 0 bytes
            most = max(1, *heights)
            file.write(struct.pack("<fIH", fps or _DEFAULT_FPS, len(heights), most))
            for part in (slice(0, 2), slice(2, 3)):
                frames.seek(0)
                for frame in _frames(frames, heights, most, len(first.skeleton)):
                    file.write(frame[..., part].tobytes())


def _missing_frames(last: int | None, frame: int | None) -> int:
    """Return how many frames are missing between two numbers; frames out of order have no gap.

    Raises:
        ValueError: more are missing than a clip has.
    """
    missing = 0 if last is None or frame is None else max(0, frame - last - 1)
    if missing > _LONGEST_GAP:
        raise ValueError(
            f"is frame {frame}, and the image before it frame {last}: {missing} frames are "
            "missing; write a clip for each part"
        )
    return missing


def _fps_of(record: Record) -> float | None:
    """Return the frames per second by which a frame has its time, as float32 holds them."""
    if not record.frame or not record.time:
        return None
    fps = float(np.float32(record.frame / record.time))
    return fps if _SLOWEST <= fps <= _FASTEST else None


def _values(result: PoseResult) -> Float32Array:
    """Return x, y and confidence, (P, K, 3); a keypoint without a score counts as found."""
    scores = np.nan_to_num(result.scores, nan=1.0)[..., None]
    values: Float32Array = np.concatenate([result.keypoints, scores], axis=2)
    return np.nan_to_num(values)


def _frames(
    frames: IO[bytes], heights: list[int], most: int, points: int
) -> Iterator[Float32Array]:
    """Yield each frame, (most people, K, 3), with zeros in the places of no person."""
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
