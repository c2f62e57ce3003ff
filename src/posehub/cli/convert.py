"""`posehub convert`: a file of results into another format, and onto another skeleton."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import click
import numpy as np

from posehub.cli.common import echo_json, json_option
from posehub.cli.outputs import STDOUT, check_outputs, file_or_stdout, is_folder
from posehub.cli.terminal import echo
from posehub.errors import FormatError
from posehub.formats import read, write
from posehub.formats.notes import Notes
from posehub.formats.streams import Written
from posehub.formats.table import find, of_source, of_target
from posehub.poses.catalogue import get_skeleton
from posehub.poses.conversion import conversion
from posehub.poses.format import Format
from posehub.poses.record import Record
from posehub.poses.result import PoseResult
from posehub.poses.skeleton import Skeleton


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--skeleton", metavar="NAME", help="Convert the people to this skeleton.")
@click.option(
    "--from", "source_format", metavar="FORMAT", help="Of IN, if neither name nor content shows it."
)
@click.option(
    "--to", "target_format", metavar="FORMAT", help="Of OUT, if its name does not show it."
)
@click.option(
    "--source-skeleton", metavar="NAME", help="The skeleton of IN, if IN does not name it."
)
@click.option(
    "--fps", type=click.FloatRange(min=0, min_open=True), help="Frames per second of a .pose clip."
)
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    help="Of COCO annotations: keypoints that score less are not labelled. Default: 0.3.",
)
@click.option("--strict", is_flag=True, help="Refuse odd entries, which are skipped otherwise.")
@json_option
def command(
    source: Path,
    target: Path,
    skeleton: str | None,
    source_format: str | None,
    target_format: str | None,
    source_skeleton: str | None,
    fps: float | None,
    min_score: float | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Convert the results in IN, a file or folder, to the format of OUT.

    Formats: jsonl, parquet, arrow, coco, coco-results, openpose, pose, and those of plugins, such
    as baidu. OUT may be - for stdout, with --to. Failed images that OUT cannot hold are skipped and
    counted.
    """
    before = of_source(source, "--from") if source_format is None else find(source_format)
    after = of_target(target, "--to") if target_format is None else find(target_format)
    if target == STDOUT and as_json:
        raise click.UsageError("The results and --json would both go to stdout.")
    notes = Notes(strict=strict)
    records = _Converted(
        read(source, before.name, skeleton=source_skeleton, notes=notes),
        None if skeleton is None else get_skeleton(skeleton),
    )
    options = {"fps": fps, "min_score": min_score}
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in after.options:
            flag = name.replace("_", "-")
            raise click.UsageError(f"The format {after.name} has no --{flag}.")
    if target != STDOUT and not is_folder(target):
        check_outputs([target], source.iterdir() if source.is_dir() else [source])
    with file_or_stdout(target) as path:
        written = write(records, path, after.name, **given)
    if as_json:
        paths = {"in": str(source), "from": before.name, "out": str(target), "to": after.name}
        counts = {"skeletons": sorted(records.skeletons), **attrs.asdict(written)}
        echo_json({**paths, **counts, "lost": after.lost})
    else:
        skeletons = ", ".join(sorted(records.skeletons)) or "no skeleton"
        echo(
            f"{target}  {after.name}  images: {written.images}, people: {written.people}, "
            f"{skeletons}",
            err=target == STDOUT,
        )
        echo(f"what {after.name} does not keep: {after.lost}", err=True)
    for line in notes.lines:
        echo(line, err=True)
    if records.kept < records.reported:
        echo(
            f"keypoints that {skeleton} does not have: {records.reported - records.kept} of "
            f"{records.reported}",
            err=True,
        )
    _report_failed(written, after)


def _report_failed(written: Written, format: Format) -> None:
    if written.failed:
        echo(f"failed images, written with their errors: {written.failed}", err=True)
    if written.skipped:
        echo(
            f"failed images, skipped because {format.name} cannot hold them: {written.skipped}",
            err=True,
        )


class _Converted:
    """Records on the wanted skeleton.

    Attributes:
        skeletons: names of the skeletons of the records so far.
        reported: number of keypoints of these records.
        kept: number of those that their new skeleton has too.

    Raises:
        FormatError: no keypoint is kept; raised at the end, so that no file is left.
    """

    def __init__(self, records: Iterator[Record], skeleton: Skeleton | None) -> None:
        self._records = records
        self._skeleton = skeleton
        self.skeletons: set[str] = set()
        self.reported = self.kept = 0

    def __iter__(self) -> Iterator[Record]:
        sources: set[str] = set()
        for record in self._records:
            if record.result is not None:
                if self._skeleton is not None:
                    sources.add(record.result.skeleton.name)
                    record = attrs.evolve(record, result=self._converted(record.result))
                self.skeletons.add(record.people.skeleton.name)
            yield record
        if self.reported and not self.kept:
            assert self._skeleton is not None, "something was converted"
            raise FormatError(
                f"no keypoint of {', '.join(sorted(sources))} is one of {self._skeleton.name}, so "
                "nothing would be left; name the skeleton of IN with --source-skeleton"
            )

    def _converted(self, result: PoseResult) -> PoseResult:
        assert self._skeleton is not None, "checked by the caller"
        table = conversion(result.skeleton, self._skeleton)
        there = ~np.isnan(result.keypoints[..., 0])
        used = {name for step in table.steps for name in step.sources}
        dropped = [n for n, name in enumerate(result.skeleton.keypoints) if name not in used]
        self.reported += int(there.sum())
        there[:, dropped] = False
        self.kept += int(there.sum())
        return table.apply(result)
