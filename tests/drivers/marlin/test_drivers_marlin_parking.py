"""The head steps aside and comes back exactly, over a real pty to a virtual printer that says where it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from hydrogen.devices.parking import HeadPlace, ParkPlan
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.model import printer as printer_model
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_simulators.firmware.motion import Position
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.link_bench import ListSource
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]
SitDown = Callable[..., "AbstractAsyncContextManager[Desk]"]

PLAN = ParkPlan(
    lift_mm=5.0,
    retract_mm=1.0,
    x_mm=10.0,
    y_mm=180.0,
    travel_mm_per_minute=9000.0,
    lift_mm_per_minute=600.0,
    retract_mm_per_minute=2100.0,
)

PRINTING = ("M104 S210", "G28", "G1 X100.123 Y80.5 Z2.3 F3000", "M82", "G92 E0", "G1 X101 E12.34567 F1800")
"""A job's beginning: homed, hot, absolute extruder."""


class Desk:
    def __init__(self, printer: VirtualPrinter, listener: RememberingListener, connection: MarlinConnection) -> None:
        self.printer = printer
        self.listener = listener
        self.connection = connection
        self.head = connection.head

    async def say(self, *lines: str) -> tuple[str, ...]:
        return await self.connection.send_gcode(lines)

    async def hot(self) -> None:
        """Until the host has heard that the nozzle is hot."""
        told = self.listener.temperatures
        await wait_until(lambda: any((event.actual_celsius or 0.0) > 200 for event in told("tool0")))

    @property
    def place(self) -> Position:
        return self.printer.printer.position

    @property
    def feedrate(self) -> float:
        """mm per minute."""
        return self.printer.printer.machine.motion.feedrate * 60

    def said_since(self, mark: int, beginning: str = "") -> list[str]:
        said = [line for line in self.printer.ledger.lines[mark:] if not line.startswith(("M105", "M114"))]
        return [line for line in said if line.startswith(beginning)]

    @property
    def mark(self) -> int:
        return len(self.printer.ledger.lines)


@pytest.fixture
def desk(start_virtual_printer: StartPrinter) -> SitDown:
    @asynccontextmanager
    async def sit_down(*lines: str, is_hot: bool = True, **options: object) -> AsyncIterator[Desk]:
        settings = {"speed": 200, "instant_motion": True, "instant_heating": True, **options}
        printer = start_virtual_printer(**settings)
        driver = MarlinDriver(
            {
                "port": str(printer.link),
                "baud": 115200,
                "connect_timeout_seconds": 2.0,
                "temperature_interval_seconds": 1,
            }
        )
        listener = RememberingListener()
        connection = await driver.connect(listener, RememberingJournal())
        try:
            it = Desk(printer, listener, connection)
            await it.say(*lines)
            if is_hot:
                await it.hot()
            yield it
        finally:
            await connection.close()

    return sit_down


def near(a: Sequence[float], b: Sequence[float]) -> bool:
    return all(abs(x - y) < 0.01 for x, y in zip(a, b, strict=True))


async def test_head_lifts_goes_aside_and_comes_back_to_the_last_bit(desk: SitDown) -> None:
    async with desk(*PRINTING) as it:
        before = it.place
        place = await it.head.locate()
        assert await it.head.park(place, PLAN) == ""
        assert near(it.place, (10.0, 180.0, 7.3, before.e - 1.0))
        mark = it.mark
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, before)
        assert abs(it.place.e - 12.34567) < 1e-9
        assert it.feedrate == 1800.0
        assert it.said_since(mark) == [
            *("G90", "M83", "G1 X101 Y80.5 F9000", "G1 Z2.3 F600", "G1 E1 F2100"),
            *("G90", "M82", "G1 F1800"),
        ]


@pytest.mark.parametrize("modes", [("G90", "M82"), ("G90", "M83"), ("G91", "M82"), ("G91",), ("G20", "G90", "M82")])
async def test_modes_and_feedrate_are_the_jobs_again_while_parked_and_after(
    desk: SitDown, modes: tuple[str, ...]
) -> None:
    async with desk(*PRINTING, *modes, "G1 F60") as it:
        machine = it.printer.printer.machine
        expected = (machine.is_relative, machine.is_relative_e, machine.unit_mm, it.feedrate)
        before = it.place
        place = await it.head.locate()
        await it.head.park(place, PLAN)
        assert (machine.is_relative, machine.is_relative_e, machine.unit_mm, it.feedrate) == expected
        await it.say("G91", "M83", "G21", "G1 F777")
        assert await it.head.unpark(place, PLAN) == ""
        assert (machine.is_relative, machine.is_relative_e, machine.unit_mm, it.feedrate) == expected
        assert near(it.place, before)


@pytest.mark.parametrize(("set_by_job", "rests_by"), [((), "M84 S120"), (("M84 S300",), "M84 S300")])
async def test_motors_are_held_and_get_their_own_time_back(
    desk: SitDown, set_by_job: tuple[str, ...], rests_by: str
) -> None:
    async with desk(*PRINTING, *set_by_job) as it:
        motion, mark = it.printer.printer.machine.motion, it.mark
        await it.head.hold_motors()
        await it.head.hold_motors()
        assert motion.motor_timeout_seconds == 0
        await it.head.rest_motors()
        assert motion.motor_timeout_seconds == float(rests_by[5:])
        assert it.said_since(mark, "M84") == ["M84 S0", "M84 S0", rests_by]


@pytest.mark.parametrize("persona", ["klipper", "smoothieware"])
async def test_a_firmware_that_would_let_go_at_once_is_told_nothing_about_motors(desk: SitDown, persona: str) -> None:
    async with desk(is_hot=False, persona=persona) as it:
        mark = it.mark
        await it.head.hold_motors()
        await it.head.rest_motors()
        assert it.said_since(mark, "M84") == []


async def test_person_who_jogs_and_extrudes_leaves_no_trace(desk: SitDown) -> None:
    async with desk(*PRINTING) as it:
        before = it.place
        place = await it.head.locate()
        await it.head.park(place, PLAN)
        await it.connection.jog(x_mm=30, z_mm=-6, feedrate_mm_per_minute=3000)
        await it.connection.extrude(length_mm=25, feedrate_mm_per_minute=200)
        mark = it.mark
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, before)
        moves = it.said_since(mark)
        assert moves[2] == "G1 Z7.3 F600", "the head was below: it rises before it travels"
        assert not any(line.startswith("G1 E") for line in moves), "what was retracted is long pushed"
        assert moves[-1] == "G92 E12.35"


async def test_what_a_person_pushed_of_the_retraction_is_not_pushed_twice(desk: SitDown) -> None:
    async with desk(*PRINTING) as it:
        place = await it.head.locate()
        await it.head.park(place, PLAN)
        await it.connection.extrude(length_mm=0.4, feedrate_mm_per_minute=200)
        mark = it.mark
        assert await it.head.unpark(place, PLAN) == ""
        assert "G1 E0.6 F2100" in it.said_since(mark)
        assert near(it.place, (101.0, 80.5, 2.3, 12.34567))


async def test_cold_nozzle_is_not_retracted(desk: SitDown) -> None:
    async with desk("G28", "G1 X50 Y50 Z1 F3000", is_hot=False) as it:
        place = await it.head.locate()
        assert await it.head.park(place, PLAN) == ""
        assert near(it.place, (10.0, 180.0, 6.0, 0.0))
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, (50.0, 50.0, 1.0, 0.0))


async def test_printer_that_was_not_homed_stays_and_its_filament_is_put_back(desk: SitDown) -> None:
    async with desk("M104 S210", "G1 X5 E3 F600") as it:
        before = it.place
        place = await it.head.locate()
        assert "not homed" in await it.head.park(place, PLAN)
        assert it.place == before
        await it.connection.extrude(length_mm=5, feedrate_mm_per_minute=200)
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, before)


async def test_printer_that_was_homed_only_during_the_pause_cannot_go_back(desk: SitDown) -> None:
    async with desk("G1 X5 F600", is_hot=False) as it:
        place = await it.head.locate()
        await it.connection.home("")
        assert "homed during the pause" in await it.head.unpark(place, PLAN)


async def test_park_place_outside_the_area_is_told(desk: SitDown) -> None:
    async with desk(*PRINTING) as it:
        place = await it.head.locate()
        far = ParkPlan(
            lift_mm=5.0,
            retract_mm=0.0,
            x_mm=500.0,
            y_mm=None,
            travel_mm_per_minute=9000.0,
            lift_mm_per_minute=600.0,
            retract_mm_per_minute=2100.0,
        )
        assert "goes to X200.00 Y80.50 Z7.30 instead of X500.00 Y80.50" in await it.head.park(place, far)
        assert await it.head.unpark(place, far) == ""
        assert near(it.place, (101.0, 80.5, 2.3, 12.34567))


async def test_head_travels_over_what_was_printed_higher_than_where_it_stands(desk: SitDown) -> None:
    async with desk("G28", is_hot=False) as it:
        source = ListSource([b"G1 X10 Y10 Z30.2 F3000", b"G1 X50 Y50 Z0.4"])
        it.connection.stream(source)
        await wait_until(lambda: source.is_exhausted and it.place.z == 0.4)
        await it.connection.settle()
        place = await it.head.locate()
        mark = it.mark
        assert await it.head.park(place, PLAN) == ""
        assert it.said_since(mark)[2:4] == ["G1 Z35.2 F600", "G1 X10 Y180 F9000"]
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, (50.0, 50.0, 0.4, 0.0))


async def test_parking_that_was_broken_off_can_be_made_again_and_undone(desk: SitDown) -> None:
    async with desk(*PRINTING, speed=50, instant_motion=False) as it:
        place = await it.head.locate()
        for _ in range(3):
            for way in (it.head.park, it.head.unpark):
                work = asyncio.ensure_future(way(place, PLAN))
                await wait_until(lambda: it.connection.in_progress is not None)
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
        assert await it.head.park(place, PLAN) == ""
        assert near(it.place, (10.0, 180.0, 7.3, 11.34567))
        assert await it.head.park(place, PLAN) == ""
        assert near(it.place, (10.0, 180.0, 7.3, 11.34567))
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, (101.0, 80.5, 2.3, 12.34567))


async def test_what_was_switched_off_is_heated_again_and_a_new_target_is_kept(desk: SitDown) -> None:
    async with desk(*PRINTING, "M140 S60") as it:
        place = await it.head.locate()
        await it.connection.cool_down()
        await it.say("M140 S70")
        mark = it.mark
        await it.head.reheat(place)
        assert it.said_since(mark) == ["M104 S210", "M109 S210"]
        await it.head.reheat(place)
        assert len(it.said_since(mark)) == 2


async def test_tool_that_the_printer_has_not_is_not_heated(desk: SitDown) -> None:
    async with desk(*PRINTING, "M104 T1 S180") as it:
        place = await it.head.locate()
        await it.say("M104 T1 S0")
        mark = it.mark
        await it.head.reheat(place)
        assert it.said_since(mark) == []


async def test_tool_that_a_person_changed_is_taken_back(desk: SitDown) -> None:
    async with desk("G28", "T1", "G1 X5 F600", is_hot=False, extruder_count=2) as it:
        place = await it.head.locate()
        await it.say("T0")
        await it.head.unpark(place, PLAN)
        assert it.printer.printer.machine.tool == 1


async def test_printer_that_tells_no_place_gets_its_modes_and_nothing_else(desk: SitDown) -> None:
    async with desk("G28", "G91", is_hot=False, lacks=frozenset({"M114"})) as it:
        place = await it.head.locate()
        assert place == HeadPlace(is_homed=True, is_relative=True, is_extruder_relative=True)
        assert "does not tell" in await it.head.park(place, PLAN)
        mark = it.mark
        assert await it.head.unpark(place, PLAN) == ""
        assert it.said_since(mark) == ["G91", "M83", "G1 F1500"]


@pytest.mark.parametrize("left_out", ["1", "2"])
async def test_head_steps_aside_in_the_middle_of_an_object_and_comes_back_into_it(desk: SitDown, left_out: str) -> None:
    async with desk(*PRINTING, f"M486 P{left_out}", "M486 S1", "G1 X105 E13", "G1 F1800") as it:
        objects, before = it.printer.printer.machine.objects, it.place
        is_skipping = objects.is_skipping
        assert is_skipping == (left_out == "1")
        place = await it.head.locate()
        for _ in range(2):
            await it.head.leave_object(place)
        assert await it.head.park(place, PLAN) == ""
        assert near(it.place, (10.0, 180.0, 7.3, before.e - 1.0))
        await it.connection.jog(x_mm=30, feedrate_mm_per_minute=3000)
        assert near(it.place, (40.0, 180.0, 7.3, before.e - 1.0))
        assert await it.head.unpark(place, PLAN) == ""
        assert near(it.place, before)
        assert (objects.active, objects.is_skipping) == (1, is_skipping)
        await it.say("G1 X150 E14")
        assert near(it.place, (before.x if is_skipping else 150.0, 80.5, 2.3, 14.0))


async def test_what_belongs_to_no_object_is_neither_left_nor_begun(desk: SitDown) -> None:
    async with desk(*PRINTING, "M486 S1", "M486 S-1") as it:
        place, mark = await it.head.locate(), it.mark
        await it.head.leave_object(place)
        await it.head.park(place, PLAN)
        await it.head.unpark(place, PLAN)
        assert place.object_mark == ""
        assert it.said_since(mark, "M486") == []


async def test_head_that_is_not_back_at_its_place_does_not_go_into_the_object(desk: SitDown) -> None:
    async with desk(*PRINTING, "M486 S1") as it:
        place = await it.head.locate()
        await it.head.leave_object(place)
        elsewhere = replace(place, position=printer_model.Position(x_mm=500.0, y_mm=80.5, z_mm=2.3, e_mm=12.34567))
        assert "goes to" in await it.head.unpark(elsewhere, PLAN)
        assert it.printer.printer.machine.objects.active == -1


async def test_printer_that_tells_no_place_is_in_its_object_again(desk: SitDown) -> None:
    async with desk("G28", "M486 S1", is_hot=False, lacks=frozenset({"M114"})) as it:
        place = await it.head.locate()
        await it.head.leave_object(place)
        assert await it.head.unpark(place, PLAN) == ""
        assert it.printer.printer.machine.objects.active == 1


async def test_object_of_a_connection_before_this_one_is_known(desk: SitDown) -> None:
    async with desk("G28", "M486 P1", "M486 S1", is_hot=False) as it:
        it.connection.adopt(MachineState(homed="xyz", object_mark="M486 S1"))
        assert (await it.head.locate()).object_mark == "M486 S1"
