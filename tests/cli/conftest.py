"""What the tests of commands share: plugins as real distributions, and processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture
def distribution(tmp_path):
    """Return a function that makes a distribution with a plugin, and returns its environment."""
    site = tmp_path / "site"

    def make(name: str, code: str) -> dict[str, str]:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[posehub]\n{name} = {name}\n")
        return {**os.environ, "PYTHONPATH": str(site)}

    return make


@pytest.fixture
def broken_plugins(distribution):
    """The environment of two plugins: one does not import, one has a misspelt hook."""
    distribution("unimportable", "import a_package_that_does_not_exist\n")
    return distribution(
        "misspelt",
        "import posehub\n\n@posehub.hookimpl\ndef posehub_register_backend():\n    return []\n",
    )


@pytest.fixture
def posehub_process():
    """Return a function that runs the command line in a process of its own."""

    def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "posehub", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=env)

    return run
