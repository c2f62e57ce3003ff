"""The pytest plugin: the fixtures `pose_backend`, which may record, and `fake_pose_backend`.

    @pytest.mark.pose_backend("baidu")
    def test_two_people(pose_backend):
        assert len(pose_backend.detect("two.jpg")) == 2

Imported at the start of every pytest run of an environment, so that it imports nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from posehub.backends.base import Backend
    from posehub.testing.fake import FakeBackend

_OPTION = "--pose-record"
_LONGEST_NAME = 150  # bytes; file systems allow 255, some of them less
_MARKER = (
    "pose_backend(name, *, cassette=None, **options): the backend that the fixture pose_backend "
    "opens, recorded into the cassette or played from it."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--pose-record`."""
    parser.getgroup("posehub").addoption(
        _OPTION,
        choices=["none", "once", "new", "all"],
        default="none",
        help="Whether pose_backend records: none (default) only plays cassettes, once records "
        "missing ones, new adds missing images, all records everything anew.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def pose_backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The backend that the marker `pose_backend` names, recorded or played by `--pose-record`.

    Without network unless it records: any other request of a posehub backend to another machine
    fails, with an error that names the option.
    """
    from posehub.backends.layers import Layer
    from posehub.cloud import blocking
    from posehub.recording.record import record_with

    marker = request.node.get_closest_marker("pose_backend")
    if marker is None or len(marker.args) != 1:
        raise pytest.UsageError(
            f"{request.node.nodeid} uses pose_backend and needs "
            '@pytest.mark.pose_backend("NAME"), with the name of one backend.'
        )
    mode = request.config.getoption(_OPTION)
    options: dict[str, Any] = dict(marker.kwargs)
    chosen = options.pop("cassette", None)
    path = _default_cassette(request.node) if chosen is None else request.path.parent / chosen
    if mode == "none" and not path.exists():
        pytest.fail(f"There is no cassette {path}. Record it with: pytest {_OPTION}=once", False)
    advice = f"Record it too with pytest {_OPTION}=new."
    layer = Layer("marker", options)
    with record_with(marker.args[0], layer, path, mode, advice) as backend:
        if mode != "none":
            yield backend
            return
        with blocking.network_blocked(f"Tests play cassettes; to record, run pytest {_OPTION}=new"):
            yield backend


@pytest.fixture
def fake_pose_backend() -> Iterator[Callable[..., FakeBackend]]:
    """Make backends in memory like `posehub.testing.fake_backend`, registered during the test."""
    from posehub.testing import fake_backend

    with ExitStack() as registered:
        yield lambda *args, **kwargs: registered.enter_context(fake_backend(*args, **kwargs))


def _default_cassette(node: pytest.Item) -> Path:
    """Return cassettes/<module>/<test>.yaml beside the test's file."""
    parts = [
        part.name for part in node.listchain() if isinstance(part, (pytest.Class, pytest.Item))
    ]
    return node.path.parent / "cassettes" / node.path.stem / f"{_file_name('.'.join(parts))}.yaml"


def _file_name(test: str) -> str:
    """Return a name that file systems take; another one for each test.

    Parameters may hold anything. A name that had to be changed ends with a part of its digest.
    """
    name = re.sub(r"[^\w.\-\[\]]", "_", test)
    name = name.encode(errors="replace")[:_LONGEST_NAME].decode(errors="ignore")
    if name == test:
        return name
    return f"{name}-{hashlib.sha256(test.encode(errors='surrogatepass')).hexdigest()[:8]}"
