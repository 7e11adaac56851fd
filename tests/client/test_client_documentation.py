"""The programs of docs/clients.md do what the page says."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.model.events import JobFinished, JobProgressed, JobStarted
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.request import Request, StartJob
from tests.support.waiting import wait_until
from tests.websocket.conftest import house, start_house
from tests.websocket.house import KEY, House

__all__ = ["house", "start_house"]

PAGE = (Path(__file__).parent.parent.parent / "docs" / "clients.md").read_text(encoding="utf-8")

HARNESS = """
const jobs = [];
const hydrogen = new Hydrogen(process.env.HYDROGEN_URL, process.env.HYDROGEN_API_KEY, async (frame) => {
  if (frame.type === "snapshot") {
    console.log("homed", JSON.stringify(await hydrogen.command("printer.home", "ender3")));
    await hydrogen.command("printer.home", "ender3", { axes: 5 }).catch((error) => console.log(error.code));
    await hydrogen.command("file.list").catch(() => {});
  }
  if (frame.type === "job.started") {
    console.log("job", frame.job);
    if (frame.job === "j2") process.exit(0);
  }
});
"""


def program(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


async def run(house: House, *command: str) -> asyncio.subprocess.Process:
    environment = os.environ | {"HYDROGEN_URL": house.url, "HYDROGEN_API_KEY": KEY}
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def said_by(process: asyncio.subprocess.Process) -> str:
    try:
        async with asyncio.timeout(30):
            output, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, complaints.decode()
    return output.decode()


async def test_python_program_prints_a_cube_through_a_lost_connection(house: House, tmp_path: Path) -> None:
    async def behave(_printer: str, request: Request) -> Mapping[str, Any]:
        assert isinstance(request, StartJob)
        return {"job": request.job}

    house.fleet.behave = behave
    file = tmp_path / "program.py"
    file.write_text(program("python"))
    process = await run(house, sys.executable, str(file))
    running = asyncio.create_task(said_by(process))
    await wait_until(lambda: house.fleet.requests, within_seconds=20)
    house.publish(JobProgressed(at=1.0, printer="ender3", job="job1", fraction=0.5, lines_done=1, bytes_done=1))
    house.members[0].cut(1001, "restart")
    house.publish(
        JobFinished(
            at=1.0,
            printer="ender3",
            job="job1",
            file="cube.gcode",
            outcome=JobOutcome.COMPLETED,
            reason="",
            actor="owner",
        )
    )
    said = await running
    assert "50%" in said and "away: the service closed the connection (1001 restart)" in said
    assert said.endswith("completed\n")
    assert len(house.fleet.requests) == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
async def test_javascript_program_asks_hears_and_comes_back(house: House, tmp_path: Path) -> None:
    file = tmp_path / "program.mjs"
    file.write_text(program("javascript") + HARNESS)
    process = await run(house, str(shutil.which("node")), "--no-warnings", "--experimental-websocket", str(file))
    running = asyncio.create_task(said_by(process))
    await wait_until(lambda: house.figures.total_requests == 3, within_seconds=20)
    for number in (1, 2):
        house.publish(JobStarted(at=1.0, printer="ender3", job=f"j{number}", file="f", lines_total=1, bytes_total=1))
        if number == 1:
            house.members[0].cut(1001, "restart")
    assert await running == "homed {}\ninvalid_message\njob j1\njob j2\n"
