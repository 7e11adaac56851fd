"""One print under seeded strikes: twenty by default, HYDROGEN_CHAOS_STRIKES of them and HYDROGEN_CHAOS_SEED to change it.

`python -m benchmarks chaos --strikes 200 --seed N` runs the same and says what came of each strike.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.campaign import run_campaign
from tests.chaos.strike import strikes_of

STRIKES = int(os.environ.get("HYDROGEN_CHAOS_STRIKES", "20"))
SEED = int(os.environ.get("HYDROGEN_CHAOS_SEED", "1"))


@pytest.mark.timeout(120 + 20 * STRIKES)
async def test_a_print_under_strikes_is_executed_as_the_file_says_or_interrupted(tmp_path: Path) -> None:
    strikes = strikes_of(SEED, STRIKES)
    verdicts = await run_campaign(tmp_path, SEED, strikes, tell=print)
    assert [verdict.strike for verdict in verdicts] == strikes
