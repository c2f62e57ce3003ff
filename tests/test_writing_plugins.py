"""`posehub new-plugin` and the page on plugins: the plugins install and pass their tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from posehub.backends.validation import faults_of
from posehub.cli import main
from posehub.cli.new_plugin import plugin_files
from posehub.plugins.registry import Registry

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "writing-plugins.md").read_text(encoding="utf-8")
MODEL, CONTRACT, *DECLARATIONS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(*command, cwd):
    env = {**os.environ, "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=env)


@pytest.fixture
def fresh_python(tmp_path):
    """A new environment with the packages of this one, and a folder of its own for others."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    here = sysconfig.get_path("purelib")
    (site / "shared.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    return folder / "bin" / "python"


def install(python: Path, project: Path) -> None:
    done = run(
        *(sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-index"),
        *("--no-deps", "--no-build-isolation", "--editable", str(project)),
        cwd=project,
    )
    assert done.returncode == 0, done.stderr


def passed(python: Path, project: Path) -> str:
    done = run(python, "-m", "pytest", "-p", "no:cacheprovider", "-q", cwd=project)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_new_plugin_passes_its_own_tests_as_it_is(tmp_path, fresh_python):
    assert (
        CliRunner().invoke(main, ["new-plugin", "my-pose", "--into", str(tmp_path)]).exit_code == 0
    )
    project = tmp_path / "posehub-my-pose"
    install(fresh_python, project)
    assert " passed" in passed(fresh_python, project)


def test_a_new_plugin_imports_neither_numpy_nor_an_image_library_to_be_listed(
    tmp_path, fresh_python
):
    CliRunner().invoke(main, ["new-plugin", "my-pose", "--into", str(tmp_path)])
    install(fresh_python, tmp_path / "posehub-my-pose")
    code = "import sys, posehub_my_pose; sys.exit(bool({'numpy', 'PIL'} & set(sys.modules)))"
    assert run(fresh_python, "-c", code, cwd=tmp_path).returncode == 0


def test_the_page_leads_to_a_backend_that_works(tmp_path, fresh_python):
    CliRunner().invoke(main, ["new-plugin", "brightest", "--into", str(tmp_path)])
    project = tmp_path / "posehub-brightest"
    install(fresh_python, project)
    backend = project / "src" / "posehub_brightest" / "backend.py"
    before, _ = backend.read_text().split("def find_people(")
    backend.write_text(before + MODEL)
    (project / "tests" / "test_contract.py").write_text(CONTRACT)
    output = passed(fresh_python, project)
    assert " passed" in output
    assert "skipped" not in output

    photo = ROOT / "examples" / "astronaut.jpg"
    found = run(
        *(fresh_python, "-m", "posehub", "detect", str(photo), "--backend", "brightest"),
        cwd=tmp_path,
    )
    assert "1 person" in found.stdout, found.stderr


def test_the_declarations_of_the_page_are_valid():
    plugin = ModuleType("posehub_example")
    for code in DECLARATIONS:
        exec(compile(code, "writing-plugins.md", "exec", dont_inherit=True), vars(plugin))
    assert list(faults_of(plugin.INFO)) == []
    registry = Registry()
    registry.register(plugin, "example")
    assert list(registry.backends) == ["example"]
    assert list(registry.formats) == ["example"]
    assert "head3" in registry.skeletons
    group = click.Group()
    registry.add_commands(group)
    assert list(group.commands) == ["example-quota"]
    assert registry.problems == []


@pytest.mark.parametrize("name", ["My", "a_b", "-a", "a-", "a--b", "1a", "a b", "../a", ""])
def test_a_name_that_is_not_a_backends_name_is_refused(tmp_path, name):
    result = CliRunner().invoke(main, ["new-plugin", "--into", str(tmp_path), "--", name])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_changed(tmp_path):
    (tmp_path / "posehub-mine").mkdir()
    result = CliRunner().invoke(main, ["new-plugin", "mine", "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert list((tmp_path / "posehub-mine").iterdir()) == []


@pytest.mark.parametrize(("name", "into"), [("mine", "file/x"), ("a" * 300, "folder")])
def test_a_folder_that_cannot_be_made_is_reported(tmp_path, name, into):
    (tmp_path / "file").write_text("not a folder")
    result = CliRunner().invoke(main, ["new-plugin", name, "--into", str(tmp_path / into)])
    assert result.exit_code == 1
    assert "Cannot write" in result.stderr


def test_every_placeholder_is_replaced():
    for path, text in plugin_files("my-pose").items():
        assert "$" not in path + text
    assert "src/posehub_my_pose/backend.py" in plugin_files("my-pose")
    assert "class MyPoseBackend" in plugin_files("my-pose")["src/posehub_my_pose/backend.py"]
