"""Entry points of installed distributions: the same as `importlib.metadata` finds."""

from __future__ import annotations

import importlib.metadata
import sys
import zipfile

import pytest

from posehub.entry_points import EntryPoint, entry_points

ENTRY_POINTS = """
# a comment
[other]
a = wrong

[a group]
first = module_a
second=module_b : Thing.part [extra]

[third]
a = wrong
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Return a function that puts a distribution's metadata into a new folder on `sys.path`."""
    for place in [*sys.path]:
        if str(place).startswith(str(tmp_path)):
            monkeypatch.delitem(sys.path, place)

    def put(folder, name, version="1.0", text=ENTRY_POINTS, kind="dist-info"):
        metadata = tmp_path / folder / (f"{name}-{version}.{kind}" if version else f"{name}.{kind}")
        metadata.mkdir(parents=True)
        header = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version or '0.0'}\n\nVersion: no"
        (metadata / ("METADATA" if kind == "dist-info" else "PKG-INFO")).write_text(header)
        (metadata / "entry_points.txt").write_text(text)
        if str(tmp_path / folder) not in sys.path:
            monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / folder)])
        return tmp_path / folder

    return put


def by_importlib(group):
    points = importlib.metadata.entry_points(group=group)
    return {(point.name, point.value, point.dist.version) for point in points}


def as_set(points):
    return {(point.name, point.value, point.version) for point in points}


@pytest.mark.parametrize("group", ["posehub", "console_scripts", "pytest11", "nothing"])
def test_the_environments_entry_points_are_those_of_importlib(group):
    assert as_set(entry_points(group)) == by_importlib(group)


@pytest.mark.parametrize(
    ("version", "kind"), [("1.0", "dist-info"), ("1.0", "egg-info"), (None, "egg-info")]
)
def test_a_distribution_is_read_with_names_values_and_version(site, version, kind):
    site("site", "some_thing", version, kind=kind)
    expected = [
        EntryPoint("first", "module_a", version or "0.0"),
        EntryPoint("second", "module_b : Thing.part [extra]", version or "0.0"),
    ]
    assert entry_points("a group") == expected
    assert as_set(expected) == by_importlib("a group")


def test_the_first_of_several_distributions_of_one_name_counts(site):
    site("one", "Some.Thing", "1.0")
    site("two", "some_thing", "2.0")
    assert {point.version for point in entry_points("a group")} == {"1.0"}


def test_distributions_in_a_zip_file_are_found(site, tmp_path, monkeypatch):
    folder = site("site", "zipped")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    monkeypatch.setattr(sys, "path", [*sys.path[:-1], str(tmp_path / "all.zip")])
    assert [point.name for point in entry_points("a group")] == ["first", "second"]


def test_distributions_of_an_import_hook_are_found(site, monkeypatch):
    folder = site("site", "hooked")
    monkeypatch.setattr(sys, "path", sys.path[:-1])

    class Hook(importlib.metadata.DistributionFinder):
        def find_spec(self, *_):
            return None

        def find_distributions(self, _):
            return [importlib.metadata.Distribution.at(folder / "hooked-1.0.dist-info")]

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Hook()])
    assert [point.name for point in entry_points("a group")] == ["first", "second"]


def test_a_folder_on_the_path_need_not_exist(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, "/nowhere"])
    assert entry_points("nothing") == []


@pytest.mark.parametrize(
    ("value", "loaded"),
    [
        ("zipfile", zipfile),
        ("zipfile:ZipFile", zipfile.ZipFile),
        ("zipfile : ZipFile.open [extra]", zipfile.ZipFile.open),
    ],
)
def test_loading_imports_the_module_and_returns_the_attribute(value, loaded):
    assert EntryPoint("name", value).load() is loaded


def test_a_value_of_another_form_is_refused():
    with pytest.raises(ValueError, match="module:attribute"):
        EntryPoint("name", "not a module").load()
