"""For tests of code that uses posehub, and of plugins.

The pytest plugin brings the fixture `pose_backend`. Needs pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posehub.testing.closeness import assert_poses_close as assert_poses_close
    from posehub.testing.contract import BackendContract as BackendContract
    from posehub.testing.fake import FakeBackend as FakeBackend
    from posehub.testing.fake import fake_backend as fake_backend
    from posehub.testing.fake import random_people as random_people

_HOMES = {
    "BackendContract": "contract",
    "FakeBackend": "fake",
    "assert_poses_close": "closeness",
    "fake_backend": "fake",
    "random_people": "fake",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  # computed, so that it cannot drift


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: pytest loads this package in every run."""
    if name not in _HOMES:
        raise AttributeError(f"module 'posehub.testing' has no attribute {name!r}")
    return getattr(import_module(f"posehub.testing.{_HOMES[name]}"), name)
