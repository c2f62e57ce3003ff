"""SVG: well formed, complete, and safe with any name."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import attrs
import numpy as np
import pytest
from PIL import Image as PILImage

import posehub
from posehub import Skeleton
from posehub.poses.skeletons import COCO17
from posehub.testing import random_people

SVG = "{http://www.w3.org/2000/svg}"
PEOPLE = random_people(2, seed=0, image_size=(400, 300))


def parse(*arguments, **show):
    return ElementTree.fromstring(posehub.draw_svg(*arguments, **show))


def test_it_has_the_size_of_the_image():
    root = parse(PEOPLE)
    assert root.get("viewBox") == "0 0 400 300"


def test_each_person_is_a_group_with_all_links_and_keypoints():
    groups = parse(PEOPLE).findall(f"{SVG}g")
    assert sorted(group.get("data-index") for group in groups) == ["0", "1"]
    for group in groups:
        # every link twice and every keypoint at least twice: border and colour
        assert len(list(group.iter(f"{SVG}path"))) == 2 * len(COCO17.links)
        assert len(list(group.iter(f"{SVG}circle"))) >= 2 * len(COCO17)


def test_only_the_right_side_is_dashed():
    dashed = {
        p.get("stroke") for p in parse(PEOPLE).iter(f"{SVG}path") if p.get("stroke-dasharray")
    }
    assert dashed == {"#0072b2"}


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "jpeg"), ("a.png", "png")])
def test_the_file_of_the_image_is_embedded_unchanged(tmp_path, name, kind):
    PILImage.new("RGB", (400, 300), (9, 9, 9)).save(tmp_path / name)
    href = parse(PEOPLE, tmp_path / name).find(f"{SVG}image").get("href")
    prefix = f"data:image/{kind};base64,"
    assert href.startswith(prefix)
    assert base64.b64decode(href.removeprefix(prefix)) == (tmp_path / name).read_bytes()


def test_an_image_with_an_orientation_is_embedded_upright(tmp_path):
    exif = PILImage.Exif()
    exif[0x0112] = 6
    PILImage.new("RGB", (300, 400)).save(tmp_path / "turned.jpg", exif=exif)
    assert parse(PEOPLE, tmp_path / "turned.jpg").find(f"{SVG}image").get("width") == "400"


def test_pixels_are_embedded_as_png():
    href = parse(PEOPLE, np.zeros((300, 400, 3), np.uint8)).find(f"{SVG}image").get("href")
    assert href.startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    "name", ['<b>&"quoted"\'.png', "图 片.png", "line\nbreak.png", "bell\x07.png"]
)
def test_every_file_name_is_shown_as_text(tmp_path, name):
    PILImage.new("RGB", (400, 300)).save(tmp_path / name)
    title = parse(PEOPLE, tmp_path / name).find(f"{SVG}title")
    assert title.text == name.replace("\x07", "?")
    assert len(title) == 0


def test_keypoint_names_are_escaped():
    odd = Skeleton("odd", [f"<{i}>&" for i in range(17)])
    people = attrs.evolve(PEOPLE[:1], skeleton=odd)
    texts = [text.text for text in parse(people, names=True).iter(f"{SVG}text")]
    assert "<0>&" in texts


def test_extras_are_drawn_on_request():
    root = parse(PEOPLE, boxes=True, ids=True)
    assert {text.text for text in root.iter(f"{SVG}text")} == {"#0", "#1"}
    assert len(root.findall(f"{SVG}g/{SVG}rect")) == 4
