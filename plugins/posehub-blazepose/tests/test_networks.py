"""Each thread has a network of its own while it runs."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

from posehub.errors import BackendError, MissingDependencyError
from posehub_blazepose.networks import Network, NetworkPool


def test_networks_in_use_are_not_shared_and_idle_ones_are_used_again(models):
    pool = NetworkPool(models.detector, threads=1)
    with pool.network() as first, pool.network() as second:
        assert first is not second
    with pool.network() as again:
        assert again in (first, second)


def test_threads_that_share_a_pool_get_the_same_outputs(models):
    pool = NetworkPool(models.detector, threads=1)
    grids = [np.random.default_rng(n).random((224, 224, 3), np.float32) for n in range(4)]
    with pool.network() as network:
        expected = [network(grid)[1].sum() for grid in grids]
    got = {}

    def run(number):
        for _ in range(3):
            with pool.network() as network:
                got[number] = network(grids[number])[1].sum()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [got[number] for number in range(4)] == expected


def test_a_closed_pool_gives_no_network(models):
    pool = NetworkPool(models.detector, threads=1)
    with pool.network():
        pool.close()
    with pytest.raises(BackendError, match="closed"), pool.network():
        pytest.fail("a closed pool gave a network")


def test_without_litert_the_error_says_what_to_install(models, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingDependencyError, match="pip install ai-edge-litert"):
        Network(models.detector, 1)
