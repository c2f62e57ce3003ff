"""`posehub convert`: a file of results into another format, and onto another skeleton."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import click

from posehub.cli.common import echo_json, json_option
from posehub.formats import read, write
from posehub.formats.table import find, of_source, of_target
from posehub.poses.catalogue import get_skeleton
from posehub.poses.record import Record
from posehub.poses.skeleton import Skeleton


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(exists=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--skeleton", metavar="NAME", help="Put the people on this skeleton.")
@click.option("--from", "source_format", metavar="FORMAT", help="Of IN, if not plain to see.")
@click.option("--to", "target_format", metavar="FORMAT", help="Of OUT, if not plain to see.")
@click.option(
    "--source-skeleton", metavar="NAME", help="The skeleton of IN, if IN does not name it."
)
@click.option("--fps", type=click.FloatRange(min=0, min_open=True), help="Of a .pose clip.")
@json_option
def command(
    source: Path,
    target: Path,
    skeleton: str | None,
    source_format: str | None,
    target_format: str | None,
    source_skeleton: str | None,
    fps: float | None,
    as_json: bool,
) -> None:
    """Convert the results in IN, a file or folder, to the format of OUT.

    Formats: jsonl, parquet, arrow, coco, coco-results, openpose, pose, and the replies of a
    backend by its name, such as baidu.
    """
    before = of_source(source) if source_format is None else find(source_format)
    after = of_target(target) if target_format is None else find(target_format)
    counted = _Counted(
        read(source, before.name, skeleton=source_skeleton),
        None if skeleton is None else get_skeleton(skeleton),
    )
    write(counted, target, after.name, fps=fps)
    if as_json:
        echo_json(
            {
                "in": str(source),
                "from": before.name,
                "out": str(target),
                "to": after.name,
                "skeletons": sorted(counted.skeletons),
                "pictures": counted.pictures,
                "people": counted.people,
                "lost": after.lost,
            }
        )
        return
    skeletons = ", ".join(sorted(counted.skeletons)) or "no skeleton"
    click.echo(
        f"{target}  {after.name}  pictures: {counted.pictures}, people: {counted.people}, "
        f"{skeletons}"
    )
    click.echo(f"what {after.name} does not keep: {after.lost}", err=True)


class _Counted:
    """Records on the wanted skeleton, counted as they pass."""

    def __init__(self, records: Iterator[Record], skeleton: Skeleton | None) -> None:
        self._records = records
        self._skeleton = skeleton
        self.pictures = 0
        self.people = 0
        self.skeletons: set[str] = set()

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            if self._skeleton is not None:
                record = attrs.evolve(record, result=record.people.to(self._skeleton))
            self.pictures += 1
            self.people += len(record.people)
            self.skeletons.add(record.people.skeleton.name)
            yield record
