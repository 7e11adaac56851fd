"""`chaos`: one print under seeded strikes, with a line for what came of each; see tests/chaos.

Measured is how long the machine waited after each kind of strike for the first moves that only a living host can have sent.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.figure import BenchmarkFailed, Plan, Sample
from tests.chaos.campaign import CampaignFailed, Verdict, run_campaign
from tests.chaos.strike import strikes_of

STRIKES = 20
LONG_STRIKES = 200

GOAL = "<= 5"


def measure(plan: Plan) -> Iterable[Sample]:
    count = plan.strikes or (LONG_STRIKES if plan.is_long else STRIKES)
    seed = plan.seed if plan.seed is not None else int.from_bytes(os.urandom(2))
    with tempfile.TemporaryDirectory(prefix="hydrogen-chaos-") as folder:
        try:
            verdicts = asyncio.run(run_campaign(Path(folder), seed, strikes_of(seed, count), tell=_tell))
        except CampaignFailed as failure:
            raise BenchmarkFailed(str(failure)) from None
    return _samples(verdicts)


def _tell(verdict: Verdict) -> None:
    print(verdict, flush=True)


def _samples(verdicts: list[Verdict]) -> Iterable[Sample]:
    yield Sample(name="strikes survived", value=len(verdicts), unit="strikes")
    for kind in dict.fromkeys(verdict.strike.kind for verdict in verdicts):
        seconds = [verdict.seconds for verdict in verdicts if verdict.strike.kind is kind]
        yield Sample(name=f"moves again after {kind}", value=statistics.median(seconds), unit="s", goal=GOAL)
