"""A stub of Baidu's service in another process, so that only the client is measured."""

from __future__ import annotations

import multiprocessing
from typing import Any

from posehub_baidu.testing import BaiduStub


def _serve(options: dict[str, Any], pipe: Any) -> None:
    with BaiduStub(**options) as stub:
        pipe.send(stub.url)
        pipe.recv()
        pipe.send([call.succeeded for call in stub.calls])


class Service:
    """A stub of the service in another process."""

    def __init__(self, **options: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(options, theirs), daemon=True)
        self._process.start()
        self.url: str = self._pipe.recv()

    def stop(self) -> list[bool]:
        """Stop it; return for each request whether its response was a good one."""
        self._pipe.send(None)
        succeeded: list[bool] = self._pipe.recv()
        self._process.join()
        return succeeded
