"""The pages in a real browser: from disk, without network, with a wide and a narrow window.

Chromium is `chromium` on the path, or the program that the variable CHROMIUM names.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as PILImage

from posehub.cli import main
from posehub.poses.skeletons import COCO17
from posehub.testing import fake_backend, random_people

pytestmark = pytest.mark.browser

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-device-scale-factor=1"),
)
PHONE = 390
EVIL = "<img src=x onerror=document.title='hit'>图 \"片\" & ' $x.png"

# first element of the page: collects its errors
WATCH = """<script>
window.faults = [];
addEventListener("error", (event) => faults.push("error: " + event.message), true);
addEventListener("securitypolicyviolation", (event) => faults.push("blocked: " + event.blockedURI));
</script>"""
# last element of the page: writes the value of the test's script to where --dump-dom shows it
REPORT = """<script>addEventListener("load", () => {
const value = document.createElement("pre");
value.id = "value";
value.textContent = JSON.stringify((() => { %s })());
(window === parent ? document : parent.document).body.append(value);
});</script>"""


@pytest.fixture
def browse(tmp_path):
    """Return a function that runs Chromium on a file, with more flags, and returns its output."""

    def run(path: Path, *flags: str) -> str:
        command = [os.environ.get("CHROMIUM", "chromium"), *FLAGS]
        command += [f"--user-data-dir={tmp_path / 'profile'}", *flags, path.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode()

    return run


@pytest.fixture
def run_script(browse, tmp_path):
    """Return a function that runs JavaScript on a page, wide or as narrow as a phone's."""

    def run(page: Path, script: str, *, phone: bool = False):
        text = page.read_text(encoding="utf-8")
        text = text.replace("<head>", "<head>" + WATCH, 1)
        text = text.replace("</body>", REPORT % script + "</body>", 1)
        if phone:
            # in a frame, because Chromium's own window cannot be that narrow
            frame = f'<iframe width="{PHONE}" height="800" style="border:0" srcdoc="{{}}"></iframe>'
            text = f"<!doctype html><body>{frame.format(html.escape(text))}"
        probe = tmp_path / "probe.html"
        probe.write_text(text, encoding="utf-8")
        dumped = browse(probe, "--window-size=1280,900", "--dump-dom")
        (value,) = re.findall(r'<pre id="value">(.*?)</pre>', dumped, re.DOTALL)
        return json.loads(html.unescape(value))

    return run


def run_command(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output


@pytest.fixture
def comparison(tmp_path, monkeypatch):
    """The page of three backends and two images, one with markup in its name."""
    monkeypatch.chdir(tmp_path)
    for name in (EVIL, "plain.png"):
        PILImage.new("RGB", (640, 480), (90, 120, 90)).save(name)
    several = [random_people(count, seed=count) for count in (3, 1)]
    with (
        fake_backend(several, name="first"),
        fake_backend(several[:1], name="second"),
        fake_backend(2, name="third"),
    ):
        run_command("compare", "first", "second", "third", EVIL, "plain.png", "--html", "c.html")
    return tmp_path / "c.html"


@pytest.fixture
def evaluation(tmp_path, monkeypatch):
    """The page of two people who were found exactly."""
    monkeypatch.chdir(tmp_path)
    people = random_people(2, seed=0)
    entries = []
    for row in range(2):
        points = np.concatenate([people.keypoints[row], np.full((17, 1), 2)], axis=1)
        person = {"image_id": 1, "category_id": 1, "keypoints": points.ravel().tolist()}
        entries.append({**person, "id": row + 1, "bbox": [0, 0, 300, 200], "area": 4e4})
    truth = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": entries,
        "categories": [{"id": 1, "name": "person", "keypoints": COCO17.keypoints}],
    }
    Path("truth.json").write_text(json.dumps(truth))
    Path("found.jsonl").write_text(json.dumps({"image": "a.jpg", **people.to_dict()}))
    run_command("evaluate", "found.jsonl", "--truth", "truth.json", "--html", "e.html")
    return tmp_path / "e.html"


@pytest.fixture(params=["comparison", "evaluation"])
def page(request):
    return request.getfixturevalue(request.param)


def test_a_page_has_no_errors_and_fetches_nothing(run_script, page):
    script = """return {faults, title: document.title,
      fetched: performance.getEntriesByType("resource").map((e) => e.name)}"""
    value = run_script(page, script)
    assert value["faults"] == []
    assert [address for address in value["fetched"] if not address.startswith("data:")] == []
    assert value["title"] != "hit"


def test_markup_in_a_file_name_is_shown_as_text(run_script, comparison):
    script = "return [...document.querySelectorAll('h3')].map((h) => h.textContent)"
    assert any(heading.startswith(EVIL) for heading in run_script(comparison, script))


def test_every_image_is_decoded(run_script, comparison):
    script = """return [...document.querySelectorAll('.images use')].map(
      (use) => document.querySelector(use.getAttribute('href')).getBBox().width)"""
    assert run_script(comparison, script) == [400] * 6


def test_the_page_fits_a_phone(run_script, page):
    script = """return [innerWidth, document.documentElement.scrollWidth,
      Math.max(...[...document.querySelectorAll('svg.chart, figure, h1, p, .scroll')].map(
        (e) => e.getBoundingClientRect().right))]"""
    width, scroll_width, furthest = run_script(page, script, phone=True)
    assert width == PHONE
    assert scroll_width <= PHONE
    assert furthest <= PHONE


def test_text_in_charts_is_readable_on_a_phone(run_script, page):
    script = """return Math.min(...[...document.querySelectorAll('svg.chart')].map(
      (s) => 11 * s.getBoundingClientRect().width / s.viewBox.baseVal.width))"""
    assert run_script(page, script, phone=True) >= 9


SORT = """
const table = [...document.querySelectorAll('table')].find(
  (t) => t.tHead.textContent.includes('%s'));
const column = [...table.tHead.rows[0].cells].findIndex((c) => c.textContent.startsWith('%s'));
const shown = () => [...table.tBodies[0].rows].map((r) => r.cells[column].textContent);
const heading = table.tHead.rows[0].cells[column];
const seen = [shown()];
for (let press = 0; press < 2; press++) {
  heading.querySelector('button').click();
  seen.push(shown(), heading.getAttribute('aria-sort'));
}
return seen;
"""


def test_a_number_heading_sorts_the_largest_first_and_then_the_smallest(run_script, comparison):
    given, down, order_down, up, order_up = run_script(comparison, SORT % ("people", "people"))
    assert given == ["4", "6", "4"]
    assert (down, order_down) == (["6", "4", "4"], "descending")
    assert (up, order_up) == (["4", "4", "6"], "ascending")


def test_a_missing_number_is_sorted_below_all(run_script, comparison):
    _, down, _, up, _ = run_script(comparison, SORT % ("cost", "cost"))
    assert down == up == ["–"] * 3


def test_a_text_heading_sorts_by_the_alphabet(run_script, evaluation):
    given, up, order_up, down, _ = run_script(evaluation, SORT % ("labelled", "keypoint"))
    assert (up, order_up) == (sorted(given), "ascending")
    assert down == up[::-1]


@pytest.mark.parametrize("width", [1280, 500])
def test_people_are_drawn_on_the_images(browse, comparison, tmp_path, width):
    shot = tmp_path / "shot.png"
    browse(comparison, f"--window-size={width},4000", f"--screenshot={shot}")
    with PILImage.open(shot) as screenshot:
        pixels = np.asarray(screenshot.convert("RGB")).reshape(-1, 3)
    for colour in ((230, 159, 0), (0, 114, 178), (90, 120, 90)):
        near = (np.abs(pixels.astype(int) - colour) < 12).all(axis=1)
        assert near.sum() > 500, colour
