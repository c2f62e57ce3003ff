"""The READMEs and the documentation: every code block runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from posehub import errors
from posehub.registry import list_backends
from posehub_baidu.faults import FAULTS
from posehub_baidu.testing import BaiduStub

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/README.md"))
)
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    found = []
    for indent, kind, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if kind == language:
            found.append("".join(line.removeprefix(indent) for line in text.splitlines(True)))
    return found


def pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a photo and the cassettes, and a stand-in for Baidu."""
    shutil.copy(ROOT / "examples" / "astronaut.jpg", tmp_path / "photo.jpg")
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    digest_cassette = tmp_path / "cassettes" / "photo.yaml"
    with BaiduStub() as stub:
        monkeypatch.setenv("BAIDU_ENDPOINT", stub.url)
        monkeypatch.setenv("BAIDU_API_KEY", stub.keys["api_key"])
        monkeypatch.setenv("BAIDU_SECRET_KEY", stub.keys["secret_key"])
        monkeypatch.chdir(tmp_path)
        record_photo(digest_cassette)
        yield tmp_path


def record_photo(path: Path) -> None:
    """Run the recording that docs/testing.md shows, under another name."""
    (code,) = (block for block in blocks(Path("docs/testing.md"), "python") if "vcr.VCR" in block)
    exec("import posehub\n" + code, {})
    Path("photo.yaml").rename(path)


@pytest.mark.parametrize("page", pages_with("python"), ids=str)
def test_the_python_blocks_of_a_page_run_one_after_the_other(page, workplace):
    namespace = {"__name__": "page"}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), namespace)
    for name, value in list(namespace.items()):
        if name.startswith("test_"):
            value()


def test_the_two_readmes_run_the_same_code_but_for_their_words():
    def code(page: str) -> list[str]:
        text = "\n".join(blocks(Path(page), "python"))
        return re.sub(r"#.*|f\".*\"", "", text).split()

    assert code("README.md") == code("README.zh-CN.md")


@pytest.mark.parametrize("page", pages_with("console"), ids=str)
def test_the_posehub_commands_of_a_page_work(page, workplace):
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    commands = [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]
    for command in commands:
        if command[0] == "posehub":
            done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


def test_the_make_targets_that_are_spoken_of_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for page in PAGES:
        for target in re.findall(r"(?:`|\$ )make (\w+)", (ROOT / page).read_text(encoding="utf-8")):
            assert target in targets, page


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_to_files_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


def test_the_toml_of_the_settings_page_is_toml_of_known_backends():
    (text,) = blocks(Path("docs/settings.md"), "toml")
    data = tomllib.loads(text)
    names = {info.name for info in list_backends()}
    assert {data["backend"], *data["backends"]} <= names


def test_every_error_has_its_row_of_cause_and_cure():
    page = (ROOT / "docs" / "errors.md").read_text()
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.PosehubError):
            assert name == "PosehubError" or f"| `{name}` |" in page


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_table_of_backends_names_all_of_them(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for info in list_backends():
        assert f"| `{info.name}` |" in text
        assert f"pip install posehub-{info.name}" in text


def test_the_codes_the_baidu_page_explains_are_in_the_table_of_faults():
    text = (ROOT / "docs" / "baidu.md").read_text()
    codes = {int(code) for code in re.findall(r"\b(\d{6})\b", text)}
    assert codes <= set(FAULTS)
