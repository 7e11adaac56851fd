"""On a network that is none of this machine's: found from another host, under every address that comes and none that went."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.mdns.two_hosts import CABLE_IS_MISSING, HOUSE, SECOND

DEADLINE_SECONDS = 60.0


@pytest.mark.timeout(90)
@pytest.mark.skipif(
    shutil.which("unshare") is None or shutil.which("ip") is None, reason="there is no unshare, or no iproute2"
)
async def test_a_house_is_announced_anew_when_its_addresses_change(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("unshare", "--map-root-user", "--net", "--kill-child"),
        *(sys.executable, "-m", "tests.mdns.two_hosts", tmp_path),
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "."},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            said, trouble = await process.communicate()
    except TimeoutError:
        process.kill()
        said, trouble = await process.communicate()
        raise AssertionError(f"{said!r} is all that was heard; {trouble.decode()[-2000:]}") from None
    if process.returncode == CABLE_IS_MISSING or b"unshare" in trouble:
        pytest.skip("this machine lets nobody make networks")
    assert process.returncode == 0, trouble.decode()[-2000:]
    assert [json.loads(line) for line in said.splitlines()] == [[HOUSE], [HOUSE, SECOND], [HOUSE], None]
