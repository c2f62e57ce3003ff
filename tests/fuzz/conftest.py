"""How many examples the fuzzers try: few in the everyday run, more by `--fuzz-examples`."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import HealthCheck, settings

EVERYDAY = 25
_WITH_SETTINGS: set[object] = set()


def pytest_addoption(parser):
    parser.addoption(
        "--fuzz-examples",
        type=int,
        default=EVERYDAY,
        metavar="N",
        help=f"examples that each fuzzer tries (default: {EVERYDAY})",
    )


def pytest_itemcollected(item):
    """Give each fuzzer its number of examples; the seed is fixed, so that a failure repeats."""
    function = getattr(item, "function", None)
    if not hypothesis.is_hypothesis_test(function):
        return
    # in a run of all tests this file is read after the command line
    examples = item.config.getoption("--fuzz-examples", EVERYDAY)
    if function not in _WITH_SETTINGS:  # a parametrized test is several items
        _WITH_SETTINGS.add(function)
        settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,  # the fuzzers bound processor time themselves
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.function_scoped_fixture,
            ],
        )(function)
    if examples > EVERYDAY:
        item.add_marker(pytest.mark.timeout(120 * examples // EVERYDAY))
