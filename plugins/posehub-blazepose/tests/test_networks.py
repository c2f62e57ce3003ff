"""Networks are lent to threads, and shared by none."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from posehub.errors import BackendError, MissingDependencyError
from posehub_blazepose import DETECTOR
from posehub_blazepose.networks import Network, NetworkPool


def test_each_borrower_gets_a_network_of_its_own_and_they_are_used_again(model_files):
    pool = NetworkPool(model_files[DETECTOR], threads=1)
    with pool.lend() as first, pool.lend() as second:
        assert first is not second
    with pool.lend() as again:
        assert again in (first, second)


def test_threads_that_share_a_pool_get_the_same_answers(model_files):
    pool = NetworkPool(model_files[DETECTOR], threads=1)
    grids = [np.random.default_rng(n).random((224, 224, 3), np.float32) for n in range(4)]
    with pool.lend() as network:
        expected = [network(grid)[1].sum() for grid in grids]
    got = {}

    def run(place):
        for _ in range(3):
            with pool.lend() as network:
                got[place] = network(grids[place])[1].sum()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[place] for place in range(4)] == expected


def test_a_closed_pool_lends_nothing(model_files):
    pool = NetworkPool(model_files[DETECTOR], threads=1)
    with pool.lend():
        pool.close()
    with pytest.raises(BackendError, match="closed"), pool.lend():
        pytest.fail("a closed pool lent a network")


def test_without_litert_the_error_says_what_to_install(model_files, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingDependencyError, match="pip install ai-edge-litert"):
        Network(model_files[DETECTOR], 1)
