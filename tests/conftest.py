"""Property tests try the same examples on every machine, however slow that is; what is compiled once is kept.

`HYDROGEN_TEST_EXPLORE=1` lets them try others; what they find becomes a test of its own.

Some containers forbid Python to keep bytecode (`PYTHONDONTWRITEBYTECODE`). Then every process that a test starts compiles the
whole house, and every worker rewrites the assertions of all tests: the tests do not take that over.
"""

import os
import sys

from hypothesis import HealthCheck, settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SLOW_IS_NO_FAULT = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=SLOW_IS_NO_FAULT
)
settings.register_profile("exploring", deadline=None, suppress_health_check=SLOW_IS_NO_FAULT)
settings.load_profile("exploring" if os.environ.get("HYDROGEN_TEST_EXPLORE") else "repeatable")
