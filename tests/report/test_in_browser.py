"""The pages in a real browser: from disk, without network, on a desk and on a phone.

Chromium is `chromium` on the path, or what the variable CHROMIUM names.
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

# first thing on the page: what goes wrong on it is kept
WATCH = """<script>
window.faults = [];
addEventListener("error", (event) => faults.push("error: " + event.message), true);
addEventListener("securitypolicyviolation", (event) => faults.push("blocked: " + event.blockedURI));
</script>"""
# last thing on the page: what the test wants to know, where --dump-dom shows it
TELL = """<script>addEventListener("load", () => {
const said = document.createElement("pre");
said.id = "said";
said.textContent = JSON.stringify((() => { %s })());
(window === parent ? document : parent.document).body.append(said);
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
def ask(browse, tmp_path):
    """Return a function that runs JavaScript on a page, wide or as narrow as a phone."""

    def run(page: Path, script: str, *, phone: bool = False):
        text = page.read_text(encoding="utf-8")
        text = text.replace("<head>", "<head>" + WATCH, 1)
        text = text.replace("</body>", TELL % script + "</body>", 1)
        if phone:
            # Chromium's own window is never that narrow
            frame = f'<iframe width="{PHONE}" height="800" style="border:0" srcdoc="{{}}"></iframe>'
            text = f"<!doctype html><body>{frame.format(html.escape(text))}"
        probe = tmp_path / "probe.html"
        probe.write_text(text, encoding="utf-8")
        dumped = browse(probe, "--window-size=1280,900", "--dump-dom")
        (said,) = re.findall(r'<pre id="said">(.*?)</pre>', dumped, re.DOTALL)
        return json.loads(html.unescape(said))

    return run


def run_command(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output


@pytest.fixture
def comparison(tmp_path, monkeypatch):
    """A page about three backends and two pictures, one of them badly named."""
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
    """A page about two people found quite well."""
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


def test_nothing_fails_and_nothing_is_fetched(ask, page):
    script = """return {faults, title: document.title,
      fetched: performance.getEntriesByType("resource").map((e) => e.name)}"""
    said = ask(page, script)
    assert said["faults"] == []
    assert [address for address in said["fetched"] if not address.startswith("data:")] == []
    assert said["title"] != "hit"


def test_a_bad_file_name_is_shown_as_it_is(ask, comparison):
    script = "return [...document.querySelectorAll('h3')].map((h) => h.textContent)"
    assert any(heading.startswith(EVIL) for heading in ask(comparison, script))


def test_every_photo_is_decoded(ask, comparison):
    script = """return [...document.querySelectorAll('.pictures use')].map(
      (use) => document.querySelector(use.getAttribute('href')).getBBox().width)"""
    assert ask(comparison, script) == [400] * 6


def test_the_page_fits_a_phone(ask, page):
    script = """return [innerWidth, document.documentElement.scrollWidth,
      Math.max(...[...document.querySelectorAll('svg.chart, figure, h1, p, .scroll')].map(
        (e) => e.getBoundingClientRect().right))]"""
    width, scroll_width, furthest = ask(page, script, phone=True)
    assert width == PHONE
    assert scroll_width <= PHONE
    assert furthest <= PHONE


def test_letters_in_plots_are_readable_on_a_phone(ask, page):
    script = """return Math.min(...[...document.querySelectorAll('svg.chart')].map(
      (s) => 11 * s.getBoundingClientRect().width / s.viewBox.baseVal.width))"""
    assert ask(page, script, phone=True) >= 9


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


def test_a_number_heading_sorts_the_largest_first_and_then_the_smallest(ask, comparison):
    given, down, says_down, up, says_up = ask(comparison, SORT % ("people", "people"))
    assert given == ["4", "6", "4"]
    assert (down, says_down) == (["6", "4", "4"], "descending")
    assert (up, says_up) == (["4", "4", "6"], "ascending")


def test_a_missing_number_sorts_below_all(ask, comparison):
    _, down, _, up, _ = ask(comparison, SORT % ("cost", "cost"))
    assert down == up == ["–"] * 3


def test_a_word_heading_sorts_by_the_alphabet(ask, evaluation):
    given, up, says_up, down, _ = ask(evaluation, SORT % ("labelled", "keypoint"))
    assert (up, says_up) == (sorted(given), "ascending")
    assert down == up[::-1]


@pytest.mark.parametrize("width", [1280, 500])
def test_people_are_drawn_on_the_photos(browse, comparison, tmp_path, width):
    shot = tmp_path / "shot.png"
    browse(comparison, f"--window-size={width},4000", f"--screenshot={shot}")
    with PILImage.open(shot) as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    for colour in ((230, 159, 0), (0, 114, 178), (90, 120, 90)):
        near = (np.abs(pixels.astype(int) - colour) < 12).all(axis=1)
        assert near.sum() > 500, colour
