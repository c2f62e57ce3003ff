"""Listing the backends must not load image code, the HTTP library or a YAML reader."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("numpy", "PIL", "requests", "urllib3", "yaml")


def test_the_description_of_the_backend_imports_nothing_heavy():
    code = f"import json, sys, posehub_baidu; print(json.dumps([*sys.modules.keys() & {HEAVY}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
