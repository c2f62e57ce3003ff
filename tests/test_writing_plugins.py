"""The tutorial and `posehub new-plugin`: what they make installs and passes its tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner

from posehub.cli import main
from posehub.cli.new_plugin import plugin_files

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "docs" / "writing-plugins.md").read_text()


def run(*command, cwd):
    env = {**os.environ, "PYTHONSAFEPATH": "1"}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=env)


@pytest.fixture
def fresh_python(tmp_path):
    """A new environment that sees the packages of this one, and keeps its own apart."""
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


def test_the_skeleton_passes_its_own_tests_as_it_is(tmp_path, fresh_python):
    assert (
        CliRunner().invoke(main, ["new-plugin", "my-pose", "--into", str(tmp_path)]).exit_code == 0
    )
    project = tmp_path / "posehub-my-pose"
    install(fresh_python, project)
    assert " passed" in passed(fresh_python, project)


def test_the_tutorial_leads_to_a_backend_that_works(tmp_path, fresh_python):
    model, test = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
    CliRunner().invoke(main, ["new-plugin", "brightest", "--into", str(tmp_path)])
    project = tmp_path / "posehub-brightest"
    install(fresh_python, project)
    backend = project / "src" / "posehub_brightest" / "backend.py"
    before, _ = backend.read_text().split("def find_people(pixels):")
    backend.write_text(before + model)
    (project / "tests" / "test_brightest.py").write_text(test)
    assert " passed" in passed(fresh_python, project)

    photo = ROOT / "examples" / "astronaut.jpg"
    found = run(
        *(fresh_python, "-m", "posehub", "detect", str(photo), "--backend", "brightest"),
        cwd=tmp_path,
    )
    assert "1 person" in found.stdout, found.stderr


@pytest.mark.parametrize("name", ["My", "a_b", "-a", "a-", "a--b", "1a", "a b", "../a", ""])
def test_a_name_that_is_no_backends_name_is_refused(tmp_path, name):
    result = CliRunner().invoke(main, ["new-plugin", "--into", str(tmp_path), "--", name])
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "posehub-mine").mkdir()
    result = CliRunner().invoke(main, ["new-plugin", "mine", "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert list((tmp_path / "posehub-mine").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_clear_failure(tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = CliRunner().invoke(
        main, ["new-plugin", "mine", "--into", str(tmp_path / "file" / "x")]
    )
    assert result.exit_code == 1
    assert "Cannot write" in result.stderr


def test_every_placeholder_is_filled_in():
    for path, text in plugin_files("my-pose").items():
        assert "$" not in path + text
    assert "src/posehub_my_pose/backend.py" in plugin_files("my-pose")
    assert "class MyPoseBackend" in plugin_files("my-pose")["src/posehub_my_pose/backend.py"]
