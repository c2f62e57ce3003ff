"""The start of the command line: what it imports, and what `--help` lists."""

from __future__ import annotations

import subprocess
import sys

import pytest

from posehub.cli import COMMANDS, main

HEAVY = ("numpy", "PIL", "ai_edge_litert", "onnxruntime", "requests", "yaml")


@pytest.mark.parametrize(
    "code",
    [
        "import posehub",
        "from posehub.cli import main; main(['--help'], standalone_mode=False)",
        "from posehub.cli import main; main(['backends'], standalone_mode=False)",
    ],
)
def test_neither_the_import_nor_the_lists_load_an_array_image_or_model_library(code):
    code += f"\nimport sys; print(*set({HEAVY!r}) & set(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_lists_each_command_with_its_own_first_sentence(name):
    command = main.get_command(None, name)
    assert command.get_short_help_str(limit=1000) == COMMANDS[name].removesuffix(".")
