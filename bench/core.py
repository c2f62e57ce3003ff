"""Lines of the core that a plugin author reads: `python bench/core.py --out DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from _table import at_most, report

SOURCE = Path(__file__).parents[1] / "src" / "posehub"
READ = (
    *(f"backends/{name}.py" for name in ("base", "info", "options", "executor", "wrapper")),
    *("backends/cache.py", "backends/serialize.py", "images/image.py"),
    *("poses/result.py", "poses/person.py", "poses/skeleton.py"),
    *(f"plugins/{path.name}" for path in sorted((SOURCE / "plugins").glob("*.py"))),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for core.json")
    out = parser.parse_args().out
    lines = {name: len((SOURCE / name).read_text(encoding="utf-8").splitlines()) for name in READ}
    longest = max(lines, key=lambda name: lines[name])
    rows = [
        at_most("lines of the core that a plugin author reads", sum(lines.values()), 2000, "lines"),
        at_most(f"the longest of its files, {longest}", lines[longest], 300, "lines"),
    ]
    report("Core", rows, out / "core.json")


if __name__ == "__main__":
    main()
