"""The start of the package and of the command line: what they import."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
