"""MediaPipe in an environment of its own, run through a pipe: it needs an older numpy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VERSION = "0.10.21"
ROOT = Path(__file__).parent.parent


def environment(given: Path | None) -> Path | None:
    """Return the Python to run MediaPipe with; make its environment if there is none yet.

    Returns None, with the reason on stderr, if this machine has no Python that MediaPipe runs on or
    the package cannot be installed.
    """
    if given is not None:
        return given
    folder = ROOT / ".cache" / f"mediapipe-{VERSION}"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    base = _base_python()
    if base is None:
        print("MediaPipe skipped: it needs Python 3.9 to 3.12.", file=sys.stderr)
        return None
    print(f"installing mediapipe {VERSION} into {folder.relative_to(ROOT)}", file=sys.stderr)
    install = [str(python), "-m", "pip", "install", "--quiet", f"mediapipe=={VERSION}"]
    try:
        subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run(install, check=True)
    except subprocess.CalledProcessError as error:
        print(f"MediaPipe skipped: {error}", file=sys.stderr)
        return None
    (folder / "ready").touch()
    return python


def _base_python() -> str | None:
    if sys.version_info < (3, 13):
        return sys.executable
    return next(filter(None, map(shutil.which, ("python3.12", "python3.11"))), None)


class MediaPipe:
    """MediaPipe's pose solution: static image mode, model complexity 1, thresholds of 0.5."""

    def __init__(self, python: Path) -> None:
        script = str(Path(__file__).with_name("_mediapipe_pose.py"))
        self._process = subprocess.Popen(
            [str(python), script, "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def detect(self, image: Path) -> dict[str, Any]:
        """Return the seconds that `process` took on the decoded image, and its person or None."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{image}\n")
        self._process.stdin.flush()
        response: dict[str, Any] = json.loads(self._process.stdout.readline())
        return response

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()
