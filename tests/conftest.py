"""Property tests try the same examples on every machine.

`HYDROGEN_TEST_EXPLORE=1` lets them try others; what they find becomes a test of its own.
"""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.register_profile("exploring", deadline=None)
settings.load_profile("exploring" if os.environ.get("HYDROGEN_TEST_EXPLORE") else "repeatable")
