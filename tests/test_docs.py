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

import posehub
from posehub import errors
from posehub.plugins.registry import list_backends
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


# its blocks are files of a package, which tests/test_writing_plugins.py makes and installs
TUTORIAL = Path("docs/writing-plugins.md")


def pages_with(language: str) -> list[Path]:
    return [page for page in PAGES if page != TUTORIAL and blocks(page, language)]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a photo and the cassettes, and a stand-in for Baidu."""
    shutil.copy(ROOT / "examples" / "astronaut.jpg", tmp_path / "photo.jpg")
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    with BaiduStub() as stub:
        monkeypatch.setenv("BAIDU_ENDPOINT", stub.url)
        monkeypatch.setenv("BAIDU_API_KEY", stub.keys["api_key"])
        monkeypatch.setenv("BAIDU_SECRET_KEY", stub.keys["secret_key"])
        monkeypatch.chdir(tmp_path)
        with posehub.record("baidu", cassette="cassettes/photo.yaml") as backend:
            backend.detect("photo.jpg")
        yield tmp_path


@pytest.mark.parametrize("page", pages_with("python"), ids=str)
def test_the_python_blocks_of_a_page_run_one_after_the_other(page, workplace):
    namespace = {"__name__": "page"}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), namespace)
    # a test that needs a fixture is run in a pytest of its own
    tests = [value for name, value in namespace.items() if name.startswith("test_")]
    for test in (test for test in tests if test.__code__.co_argcount == 0):
        test()
    if any(test.__code__.co_argcount for test in tests):
        run_as_a_test_file("\n".join(blocks(page, "python")), workplace)


def run_as_a_test_file(code: str, folder: Path) -> None:
    (folder / "test_page.py").write_text(code, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope=function\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_page.py"]
    for arguments in (["--pose-record=once"], []):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stdout


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
        assert f"./plugins/posehub-{info.name}`" in text


def test_the_codes_the_baidu_page_explains_are_in_the_table_of_faults():
    text = (ROOT / "docs" / "baidu.md").read_text()
    codes = {int(code) for code in re.findall(r"\b(\d{6})\b", text)}
    assert codes <= set(FAULTS)
