"""One call at a time, for a backend that is not thread-safe."""

from __future__ import annotations

import threading

import pytest

from posehub.backends.serialize import Serialize
from posehub.errors import BackendError


def test_one_thread_at_a_time_is_let_in(make_backend, pictures):
    inside = threading.Lock()
    threads = set()

    def answer(images):
        assert inside.acquire(blocking=False), "two calls at once"
        threads.add(threading.get_ident())
        # gives the other threads every chance to come in
        threading.Event().wait(0.001)
        inside.release()
        return inner.nobody(images)

    inner = make_backend(answer, thread_safe=False)
    results = list(Serialize(inner).detect_many(map(pictures.numbered, range(50)), workers=4))
    assert len(results) == 50
    assert len(threads) > 1


def test_a_failed_call_lets_the_next_one_in(make_backend, pictures):
    def answer(images):
        raise RuntimeError("boom")

    backend = Serialize(make_backend(answer))
    for _ in range(2):
        with pytest.raises(BackendError):
            backend.detect(pictures.numbered(0))
