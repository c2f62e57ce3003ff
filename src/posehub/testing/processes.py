"""Backends in other processes, for the checks of `BackendContract`."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

DETECT = """
import pickle, sys
spec, images = pickle.load(open(sys.argv[1], "rb"))
with spec.open() as backend:
    results = [backend.detect(image) for image in images]
pickle.dump([results], open(sys.argv[2], "wb"))
"""

DETECT_AFTER_FORK = """
import os, pickle, sys
spec, images = pickle.load(open(sys.argv[1], "rb"))
backend = spec.open()
results = [backend.detect(image) for image in images]
child = os.fork()
if child == 0:
    try:
        outcome = [backend.detect(image) for image in images]
    except Exception as error:
        outcome = error
    pickle.dump([results, outcome], open(sys.argv[2], "wb"))
    os._exit(0)
os.waitpid(child, 0)
backend.close()
"""

_PATIENCE = 120.0  # seconds; a child that waits for a lock of its parent waits for ever


def in_another_process(code: str, folder: Path, *given: Any) -> Any:
    """Return what `code` pickles into its second file, given the first one."""
    source, target = folder / "given.pickle", folder / "found.pickle"
    source.write_bytes(pickle.dumps(given))
    command = [sys.executable, "-W", "ignore", "-c", code, str(source), str(target)]
    done = subprocess.run(  # noqa: S603  # fixed code
        command, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return pickle.loads(target.read_bytes())  # noqa: S301  # written by the code above
