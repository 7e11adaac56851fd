"""The desk of one job: who may start and steer it, and what its end means for the printer."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import Conflict
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob
from tests.spooler.bench import Bench


@pytest.mark.parametrize("wish", [PauseJob(), ResumeJob(), CancelJob()])
async def test_wishes_without_a_job_are_conflicts(tmp_path: Path, wish: PauseJob | ResumeJob | CancelJob) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        with pytest.raises(Conflict, match="no job"):
            await bench.spooler.perform(wish)


async def test_completed_job_leaves_the_heaters_to_its_file(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(5))
        assert (await bench.until_finished()).outcome is JobOutcome.COMPLETED
        assert "M104 S0" not in bench.driver.executed
