"""The driver with every virtual printer over a real pty: who it is, what it is promised, a job, and words in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hydrogen.gcode.emergency import Notice
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_simulators.personas import PERSONAS
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.link_bench import ListSource, moves
from tests.support.waiting import wait_until

ONCE, AT_MOST = "exactly_once", "at_most_once"
EARLY, READ, IN_TURN = Notice.ON_ARRIVAL, Notice.WHEN_READ, Notice.IN_TURN

PROMISES = {
    "marlin-2": ("marlin", ONCE, EARLY, EARLY),
    "marlin-2-avr": ("marlin", ONCE, READ, READ),
    "marlin-2-stm32": ("marlin", ONCE, READ, READ),
    "marlin-2-wide": ("marlin", ONCE, EARLY, EARLY),
    "marlin-1.1": ("marlin-1", ONCE, READ, READ),
    "lulzbot-taz": ("marlin-1", ONCE, READ, READ),
    "prusa-mk3": ("prusa-mk3", ONCE, READ, IN_TURN),
    "prusa-mk2": ("prusa-mk2", ONCE, READ, IN_TURN),
    "prusa-mini": ("prusa-buddy", ONCE, READ, READ),
    "creality": ("creality", ONCE, READ, READ),
    "ender-3-v2": ("creality", ONCE, READ, READ),
    "anycubic-i3-mega": ("anycubic", ONCE, READ, READ),
    "anycubic-vyper": ("anycubic", ONCE, READ, READ),
    "anycubic-i3-mega-32": ("anycubic-32", ONCE, IN_TURN, IN_TURN),
    "repetier": ("repetier", ONCE, READ, IN_TURN),
    "smoothieware": ("smoothieware", ONCE, IN_TURN, IN_TURN),
    "reprapfirmware": ("reprapfirmware", AT_MOST, IN_TURN, IN_TURN),
    "reprapfirmware-3": ("reprapfirmware-3", AT_MOST, IN_TURN, IN_TURN),
    "klipper": ("klipper", AT_MOST, EARLY, IN_TURN),
    "teacup": ("teacup", AT_MOST, IN_TURN, IN_TURN),
}
"""Dialect, guarantee, when an M112 is obeyed, when an M108 is (docs/dialects.md)."""

JOB = [b"G28", *moves(60)]
"""Klipper moves no axis before it has homed."""

StartPrinter = Callable[..., VirtualPrinter]


def test_every_persona_has_its_promises() -> None:
    assert PROMISES.keys() == PERSONAS.keys()


async def connected(printer: VirtualPrinter, listener: RememberingListener) -> MarlinConnection:
    settings = {
        "port": str(printer.link),
        "baud": 115200,
        "connect_timeout_seconds": 5.0,
        "temperature_interval_seconds": 1,
    }
    return await MarlinDriver(settings).connect(listener, RememberingJournal())


@pytest.mark.parametrize("persona", PERSONAS)
async def test_persona_is_known_prints_and_hears_what_is_urgent(
    persona: str, start_virtual_printer: StartPrinter
) -> None:
    dialect, guarantee, notice_of_stop, notice_of_break = PROMISES[persona]
    printer = start_virtual_printer(
        persona=persona, speed=1.0, instant_motion=True, instant_heating=True, prevent_cold_extrusion=False
    )
    listener = RememberingListener()
    connection = await connected(printer, listener)
    assert connection.firmware.dialect == dialect
    assert connection.firmware.guarantee == guarantee

    source = ListSource(JOB)
    connection.stream(source)
    await wait_until(lambda: source.is_exhausted, within_seconds=20)
    async with asyncio.timeout(20):
        await connection.finish()
    assert [line.encode() for line in printer.ledger.moves] == JOB[1:]
    assert connection.stream_progress.lines == len(JOB)
    assert listener.losses == []

    sent = await connection.send_emergency_word("M108")
    assert sent.notice is notice_of_break
    assert sent.is_confirmed
    assert connection.emergency_stop() is notice_of_stop
    await wait_until(lambda: listener.losses, within_seconds=10)
    await connection.close()


@pytest.mark.parametrize(
    ("persona", "percents"),
    [("reprapfirmware", (50.0, 100.0, 50.2)), ("reprapfirmware-3", (50.0, 100.0, 50.2)), ("klipper", (0.2, 0.4, 50.2))],
)
async def test_a_fan_is_read_as_the_firmware_reads_it(
    persona: str, percents: tuple[float, ...], start_virtual_printer: StartPrinter
) -> None:
    connection = await connected(start_virtual_printer(persona=persona), RememberingListener())
    try:
        for line, percent in zip(("M106 S0.5", "M106 S1", "M106 S128"), percents, strict=True):
            await connection.send_gcode([line])
            assert connection.tuning.value.fans_percent == {"0": percent}, line
    finally:
        await connection.close()
