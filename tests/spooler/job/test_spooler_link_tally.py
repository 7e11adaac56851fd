"""What a job's link counted is what it counted while the job ran, over every connection."""

from __future__ import annotations

from pathlib import Path

from hydrogen.spooler.job.link_tally import LinkTally
from tests.spooler.bench import Bench


async def test_figures_add_up_over_connections_and_leave_out_what_was_before(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        first = bench.driver.connection
        first.resends = 5
        tally = LinkTally(first)
        first.resends = 7
        assert tally.total.resends == 2
        tally.end()
        first.resends = 100
        assert tally.total.resends == 2
        first.lose()
        await bench.connect()
        tally.begin(bench.driver.connection)
        bench.driver.connection.resends = 3
        assert tally.total.resends == 5


def test_job_without_a_connection_has_counted_nothing() -> None:
    assert LinkTally(None).total.stalls == 0
