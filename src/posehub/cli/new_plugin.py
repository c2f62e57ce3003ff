"""`posehub new-plugin`: the files of a new plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from posehub.cli.terminal import echo
from posehub.files import make_folder_atomically

# template -> path inside the plugin's folder; both may have placeholders
_LAYOUT = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "__init__.py.txt": "src/${package}/__init__.py",
    "backend.py.txt": "src/${package}/backend.py",
    "test_contract.py.txt": "tests/test_contract.py",
}


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder in which to create it; else the current one.",
)
def command(name: str, into: Path) -> None:
    """Write the files of a new plugin for the backend NAME.

    They are written into a new folder posehub-NAME. The plugin can be installed and passes its own
    tests as it is.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise click.UsageError(
            f"NAME must be lower-case letters and digits with single dashes between, got {name!r}."
        )
    folder = into / f"posehub-{name}"
    try:
        into.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            raise FileExistsError
        with make_folder_atomically(folder) as part:
            for path, text in plugin_files(name).items():
                target = part / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise click.ClickException(
            f"{folder} exists already. Remove it or choose another name."
        ) from error
    except OSError as error:
        raise click.ClickException(f"Cannot write {folder}: {error.strerror}.") from error
    echo(folder)
    echo(f"Next: pip install -e {folder}, and write find_people in backend.py", err=True)


def plugin_files(name: str) -> Mapping[str, str]:
    """Return the files of a new plugin: path inside its folder -> text."""
    words = name.split("-")
    values = {
        "name": name,
        "package": f"posehub_{name.replace('-', '_')}",
        "class_name": "".join(word.capitalize() for word in words) + "Backend",
        "title": " ".join(word.capitalize() for word in words),
    }
    templates = files("posehub.cli") / "templates"
    return {
        Template(target).substitute(values): Template(
            (templates / template).read_text(encoding="utf-8")
        ).substitute(values)
        for template, target in _LAYOUT.items()
    }
