"""Property tests try the same examples on every machine, however slow that is; what is compiled once is kept.

`HYDROGEN_TEST_EXPLORE=1` lets them try others; what they find becomes a test of its own.

Some containers forbid Python to keep bytecode (`PYTHONDONTWRITEBYTECODE`). Then every process that a test starts compiles the
whole house, and every worker rewrites the assertions of all tests: the tests do not take that over.

What takes long begins first (`support/running_order.py`), and what was collected is no garbage: it is not looked through for
some again and again. Each worker begins to collect somewhere else (`support/collecting.py`).
"""

import gc
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.collecting import turned
from tests.support.running_order import long_ones_first

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SLOW_IS_NO_FAULT = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=SLOW_IS_NO_FAULT
)
settings.register_profile("exploring", deadline=None, suppress_health_check=SLOW_IS_NO_FAULT)
settings.load_profile("exploring" if os.environ.get("HYDROGEN_TEST_EXPLORE") else "repeatable")


WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def pytest_configure(config: pytest.Config) -> None:
    """Workers do not rewrite the same module at the same time."""
    config.args[:] = turned(config.args, whole=config.getini("testpaths"), worker=WORKER, workers=WORKERS)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """Thousands of tests and their modules stay for good: no use in looking for garbage among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several workers get what takes long first, and all get the same list, whatever they began with."""
    if WORKERS > 1:
        items.sort(key=lambda item: item.path)
    items[:] = long_ones_first(items, workers=WORKERS)
