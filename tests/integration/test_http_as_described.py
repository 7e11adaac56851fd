"""The HTTP port does what its OpenAPI document says, whatever it is asked: schemathesis over a whole service with a printer.

Every path is part of it, those that stop the printer too. `HYDROGEN_HTTP_EXAMPLES=200` asks far more, for minutes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process
from tests.support.http_peer import Answer, ask
from tests.support.waiting import wait_until

EXAMPLES = os.environ.get("HYDROGEN_HTTP_EXAMPLES")

WITHOUT_LIMITS = {
    "web": {"requests_per_second": 1e5, "requests_burst": 100_000},
    "websocket": {"commands_per_second": 1e5, "commands_burst": 100_000},
    "auth": {"failed_logins": 1000},
}
"""Limits are tested elsewhere; here they would hide what lies behind them."""

CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)
"""Not `positive_data_acceptance`: 741.0 is refused where 741 is asked for, and which names a file may have no schema tells.
Not `not_a_server_error`: it takes 503 for a defect; every 500 is looked for below."""

SCALE = ("--max-examples=3", "--phases=fuzzing")
LONG_SCALE = (f"--max-examples={EXAMPLES}", "--phases=examples,coverage,fuzzing,stateful")
"""The coverage phase alone asks some 4,000 times."""


async def asked(house: InProcessHouse, method: str, path: str) -> Answer:
    return await ask(house.web_port, method, path, headers={"Authorization": f"Key {KEY}"})


@pytest.fixture
def deaf_to_hangups() -> Iterator[None]:
    """`system.restart` is among what is asked, and would end the process of the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("deaf_to_hangups")
@pytest.mark.timeout(1800 if EXAMPLES else 180)
@pytest.mark.virtual_printer(speed=None)
async def test_nothing_that_is_asked_leads_to_an_answer_that_is_not_described(
    tmp_path: Path, virtual_printer: VirtualPrinter
) -> None:
    assert virtual_printer.link is not None
    async with house_in_process(tmp_path, {"bench": virtual_printer.link}, tables=WITHOUT_LIMITS) as house:
        (house.files / "cube.gcode").write_text("G28\nG1 X10 F3000\n" * 20)
        await wait_until(lambda: house.hydrogen.web_house.context.state.printers["bench"].status.value == "idle")
        await wait_until(lambda: any(entry.event == "web bound" for entry in house.log.entries))
        said = await schemathesis(house)
        assert said.endswith("exit 0"), said[-6000:]
        broken = [
            (entry.fields["method"], entry.fields["path"], entry.fields["request_id"])
            for entry in house.log.entries
            if entry.event == "request answered" and entry.fields["status"] == 500
        ]
        assert not any(entry.event == "defect met" for entry in house.log.entries)
        assert not broken
        assert (await asked(house, "GET", "/api/system/health")).status == 200


async def schemathesis(house: InProcessHouse) -> str:
    """What it says, and `exit N`."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"http://127.0.0.1:{house.web_port}/openapi.json",
        f"--header=Authorization: Key {KEY}",
        f"--checks={','.join(CHECKS)}",
        "--seed=20",
        "--generation-database=none",
        "--no-color",
        *(LONG_SCALE if EXAMPLES else SCALE),
        cwd=house.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return f"{said.decode('utf-8', 'replace')}exit {process.returncode}"
