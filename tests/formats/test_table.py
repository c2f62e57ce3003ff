"""Which format a file is in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

import posehub
from posehub import Format, Record
from posehub.errors import ConfigError, FormatError, MissingDependencyError
from posehub.formats.table import FORMATS, find, formats_of_keys, leading_keys, of_source, of_target


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.parquet", "parquet"),
        ("A.PARQUET", "parquet"),
        ("a.pq", "parquet"),
        ("a.arrow", "arrow"),
        ("a.feather", "arrow"),
        ("a.pose", "pose"),
    ],
)
def test_a_suffix_of_one_format_shows_it(name, format):
    assert of_target(Path(name)).name == format


@pytest.mark.parametrize("name", ["a.json", "a.csv", "folder", "a.parquet.gz"])
def test_another_suffix_does_not_show_what_to_write(name):
    with pytest.raises(ConfigError, match=r"name it: format=\.\.\. \(jsonl, parquet, .*baidu\)"):
        of_target(Path(name))


@pytest.mark.parametrize(
    ("content", "format"),
    [
        ({"info": {}, "licenses": [], "images": [], "annotations": []}, "coco"),
        ({"categories": []}, "coco"),
        ([{"image_id": 1, "category_id": 1, "keypoints": [], "score": 1}], "coco-results"),
        ({"version": 1.3, "people": []}, "openpose"),
        ({"person_num": 0, "log_id": 5}, "baidu"),
        ({"person_info": [{}] * 30_000, "person_num": 30_000}, "baidu"),
        ({"skeleton": "coco17", "image_size": None, "people": []}, "jsonl"),
        ({"image": "a.jpg", "error": {"type": "ImageError", "message": "cut"}}, "jsonl"),
        ([], "coco-results"),
    ],
)
def test_the_keys_of_a_json_file_show_its_format(content, format, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert of_source(tmp_path / "a.json").name == format
    assert of_source(tmp_path).name == format


@pytest.mark.parametrize(
    "content",
    ["", "{", "[5]", "{}", "5", "null", '[[{"image_id": 1, "keypoints": 5}]]', "\0", "a,b"],
)
def test_other_content_does_not_show_the_format(content, tmp_path):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ConfigError, match="the content does not show the format"):
        of_source(tmp_path / "a.json")


def test_the_format_with_the_most_of_its_keys_is_found():
    assert formats_of_keys({"people", "annotations"}) == ["coco", "openpose"]
    assert formats_of_keys({"people", "annotations", "images"}) == ["coco"]
    assert formats_of_keys({"unknown"}) == []


def test_lines_of_json_show_their_format_by_the_first_line():
    line = b'{"image": "a.jpg", "skeleton": "coco17", "people": []}\n'
    assert formats_of_keys(leading_keys(line * 2)) == ["jsonl"]


@pytest.fixture
def own_format(install):
    """A plugin's format, with a suffix of its own, a suffix of posehub's, and a key."""

    def read(path, skeleton):
        yield Record(path.read_text())

    def write(records, path):
        path.write_text("".join(record.image for record in records))

    format = Format("own", "made up", read, write, "all", (".own", ".jsonl"), ("own_key",))
    install(formats=[format])
    return format


def test_a_plugins_format_is_found_by_name_suffix_and_keys(own_format, tmp_path):
    (tmp_path / "a.json").write_text('{"own_key": 5}')
    assert find("own") is own_format
    assert of_target(Path("a.OWN")) is own_format
    assert of_source(tmp_path / "a.json") is own_format


def test_posehubs_own_suffixes_stay_its_own(own_format):
    assert of_target(Path("a.jsonl")).name == "jsonl"


def test_a_suffix_of_two_plugins_must_be_named(own_format, install):
    install(formats=[attrs.evolve(own_format, name="other")])
    with pytest.raises(ConfigError, match="the name does not show the format"):
        of_target(Path("a.own"))


def test_an_option_of_the_command_line_is_named_in_its_words(tmp_path):
    with pytest.raises(ConfigError, match=r"name it: --to \(jsonl"):
        of_target(tmp_path / "a.csv", "--to")


def test_keys_are_found_in_a_sample_that_ends_in_the_middle():
    assert leading_keys(b'{"images": [{"id": 1}, {"i') == {"images"}
    assert leading_keys(b'[{"image_id": 1, "keypoints": [1, 2') == {"[].image_id", "[].keypoints"}


def test_a_folder_without_json_is_refused(tmp_path):
    with pytest.raises(FormatError, match="without JSON files"):
        of_source(tmp_path)


def test_every_format_can_be_found_by_its_name():
    assert [find(name).name for name in FORMATS] == list(FORMATS)


@pytest.mark.parametrize(
    ("module", "extra", "act"),
    [
        ("pyarrow", "parquet", lambda path: posehub.write([], path / "a.parquet")),
        ("pyarrow", "parquet", lambda path: list(posehub.read(path, "arrow"))),
        ("pyarrow.parquet", "parquet", lambda path: list(posehub.read(path, "parquet"))),
        ("pandas", "pandas", lambda path: posehub.to_dataframe([])),
        ("pose_format", "pose-format", lambda path: posehub.write([], path / "a.pose")),
        ("pose_format", "pose-format", lambda path: list(posehub.read(path, "pose"))),
        ("supervision", "supervision", lambda path: posehub.to_supervision(None)),
    ],
)
def test_a_missing_package_is_an_error_that_names_the_extra(
    module, extra, act, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError) as caught:
        act(tmp_path)
    assert f'pip install "posehub[{extra}]"' in str(caught.value)


def test_importing_the_formats_loads_none_of_their_packages():
    code = "import posehub.formats, sys; print({'pyarrow', 'pandas', 'ijson'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_record_names_its_image(records):
    result = records[0].result
    named = [Record("a\n.jpg", result, 5), Record("", result, 5), Record("", result)]
    assert [str(record) for record in named] == ["'a\\n.jpg'", "with id 5", "without a name"]


def test_the_documentation_has_a_row_for_each_format():
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    for name in (*FORMATS, "baidu"):
        format = find(name)
        suffixes = ", ".join(f"`{suffix}`" for suffix in format.suffixes)
        holds = "yes" if format.holds_errors else "no"
        row = f"| `{name}` | {suffixes} | {format.summary} | {holds} | {format.lost} |"
        assert row in page
