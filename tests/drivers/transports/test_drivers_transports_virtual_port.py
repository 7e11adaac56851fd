"""A printer that is not there, as a port."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.errors import PortUnusable
from hydrogen_drivers.transports.simulated_port import is_simulated
from hydrogen_drivers.transports.virtual_port import VirtualBoard
from tests.support.waiting import wait_until

OWNER = """
import asyncio, sys
from hydrogen.devices.port_address import parse_port
from hydrogen_drivers.transports.virtual_port import VirtualBoard
async def hold():
    print(await VirtualBoard(parse_port("virtual:speed=max")).power_on(), flush=True)
    await asyncio.Event().wait()
asyncio.run(hold())
"""


async def test_the_board_stays_as_it_is_while_its_port_is_opened_again() -> None:
    board = VirtualBoard(parse_port("virtual:speed=max"))
    path = await board.power_on()
    assert is_simulated(path)
    assert await board.power_on() == path
    assert board._process is not None
    board._process.terminate()
    await board._process.wait()


async def test_a_board_that_has_ended_is_replaced_by_a_fresh_one() -> None:
    board = VirtualBoard(parse_port("virtual:persona=marlin-1.1"))
    await board.power_on()
    first = board._process
    assert first is not None
    first.kill()
    await first.wait()
    assert is_simulated(await board.power_on())
    assert board._process is not None
    assert board._process.pid != first.pid
    board._process.terminate()
    await board._process.wait()


async def test_a_persona_that_is_not_known_is_told_with_those_that_are() -> None:
    with pytest.raises(PortUnusable, match=r"virtual:persona=nobody did not start: .*nobody"):
        await VirtualBoard(parse_port("virtual:persona=nobody")).power_on()


async def test_it_ends_with_the_process_that_started_it_even_by_sigkill() -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER, stdout=asyncio.subprocess.PIPE)
    assert owner.stdout is not None
    path = (await owner.stdout.readline()).decode().strip()
    assert is_simulated(path)
    owner.kill()
    await owner.wait()
    await wait_until(lambda: not Path(path).exists())
