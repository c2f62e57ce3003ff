"""Rules of the source tree that import-linter does not check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "posehub"
FILES = sorted(SOURCE.rglob("*.py"))
PLUGINS = re.compile(r"(?i)baidu|blazepose|mediapipe|movenet|replay|face\+\+|facepp|alibaba")
# the table of known plugins, and the skeletons and formats that are named after their data sets
NAMING = ("plugins/known.py", "poses/skeletons/")


def _docstrings(tree: ast.AST) -> set[ast.AST]:
    """Return the nodes of every docstring, those of attributes included."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                found.add(statement.value)
    return found


def _names(tree: ast.AST):
    """Yield every name and every text of a module but docstrings."""
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in docstrings:
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def test_the_core_does_not_import_from_its_own_top_level():
    # the top level imports lazily from everywhere: an import of it would hide the direction
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "posehub", path


def test_the_core_names_no_plugin_outside_of_one_table():
    for path in FILES:
        name = path.relative_to(SOURCE).as_posix()
        if not name.startswith(NAMING):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert [text for text in _names(tree) if PLUGINS.search(text)] == [], name


@pytest.mark.parametrize("part", ["plugins", "poses", "images", "backends"])
def test_files_of_the_core_are_short(part):
    for path in (SOURCE / part).rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
