"""What follows from an alarm."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict, Unavailable
from hydrogen.fleet.sensors import guard
from hydrogen.fleet.sensors.guard import TOLD_EVERY_SECONDS, SensorGuard
from hydrogen.model.events import JobFinished, JobStarted, PrinterAttached
from hydrogen.model.job import JobOutcome, JobStatus
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.sensor import SensorAction, SensorLimit, SensorQuality
from hydrogen.spooler.request import CancelJob, CoolDown, PauseJob
from tests.fleet.sensors.sensor_bench import SensorHouse, printing, sensor
from tests.support.recording_log import RecordingLog

PAUSE = SensorLimit(action=SensorAction.PAUSE, above=60.0)
WARN = SensorLimit(action=SensorAction.WARN, above=50.0)
FIRE = SensorLimit(action=SensorAction.CANCEL_AND_COOL, above=80.0)
IDLE = PrinterState(status=PrinterStatus.IDLE)


class Bench:
    def __init__(self, printer: str | None = None, **printers: PrinterState) -> None:
        self.sensor = sensor(printer=printer, limits=(WARN, PAUSE, FIRE))
        self.house = SensorHouse(self.sensor, printers=MappingProxyType(printers))
        self.clock = ManualClock()
        self.log = RecordingLog()
        self.guard = SensorGuard(
            self.sensor, context=self.house.context, hands=self.house.hands, clock=self.clock, log=self.log
        )

    def attach(self, printer: str, state: PrinterState) -> None:
        self.house.publish(PrinterAttached(at=0.0, printer=printer, state=state))


async def test_a_pause_pauses_what_prints_and_says_who_and_why() -> None:
    bench = Bench(ender=printing(), voron=printing("job-2"), idle=IDLE)
    await bench.guard.act(PAUSE)
    reason = "Chamber was above 60"
    assert bench.house.hands.asked == [
        ("ender", PauseJob(actor="sensor chamber", reason=reason)),
        ("voron", PauseJob(actor="sensor chamber", reason=reason)),
    ]


async def test_a_sensor_of_one_printer_is_about_that_printer() -> None:
    bench = Bench("voron", ender=printing(), voron=printing("job-2"))
    await bench.guard.act(PAUSE)
    assert bench.house.hands.words == [("voron", "job_pause")]


async def test_a_warning_asks_for_nothing() -> None:
    bench = Bench(ender=printing())
    await bench.guard.act(WARN)
    assert bench.house.hands.asked == []


async def test_cancelling_turns_heaters_off_too_and_where_nothing_prints() -> None:
    bench = Bench(ender=printing(), idle=IDLE, off=PrinterState())
    await bench.guard.act(FIRE)
    assert bench.house.hands.asked == [
        ("ender", CancelJob(actor="sensor chamber", reason="Chamber was above 80")),
        ("ender", CoolDown(actor="sensor chamber")),
        ("idle", CoolDown(actor="sensor chamber")),
    ]


async def test_who_resumes_a_job_against_an_alarm_has_the_last_word_and_the_next_job_is_paused() -> None:
    bench = Bench(ender=printing())
    await bench.guard.act(PAUSE)
    await bench.guard.act(PAUSE)
    assert len(bench.house.hands.asked) == 1
    finished = JobFinished(
        at=0.0, printer="ender", job="job-1", file="a", outcome=JobOutcome.CANCELLED, reason="", actor=""
    )
    bench.house.publish(finished)
    await bench.guard.act(PAUSE)
    bench.house.publish(JobStarted(at=0.0, printer="ender", job="job-2", file="b", lines_total=1, bytes_total=1))
    await bench.guard.act(PAUSE)
    assert bench.house.hands.words == [("ender", "job_pause")] * 2


async def test_the_next_alarm_pauses_the_same_job_again() -> None:
    bench = Bench(ender=printing())
    await bench.guard.act(PAUSE)
    bench.guard.tell_alarm(None, 58.0)
    await bench.guard.act(PAUSE)
    assert len(bench.house.hands.asked) == 2


@pytest.mark.parametrize("status", [JobStatus.PAUSING, JobStatus.PAUSED, JobStatus.FINISHING, JobStatus.CANCELLING])
async def test_what_stands_still_or_is_about_to_is_not_paused(status: JobStatus) -> None:
    bench = Bench(ender=printing(status=status))
    await bench.guard.act(PAUSE)
    assert bench.house.hands.asked == []


async def test_what_could_not_be_done_is_told_once_and_tried_again() -> None:
    bench = Bench(ender=printing())
    bench.house.hands.refuse[PauseJob] = Unavailable("the process is being started again")
    await bench.guard.act(PAUSE)
    await bench.guard.act(PAUSE)
    (told,) = bench.house.errors()
    assert told.printer == "ender"
    assert "could not be done, and is tried again" in told.error.message
    del bench.house.hands.refuse[PauseJob]
    await bench.guard.act(PAUSE)
    await bench.guard.act(PAUSE)
    assert len(bench.house.hands.asked) == 3


async def test_a_job_that_ended_meanwhile_is_no_failure() -> None:
    bench = Bench(ender=printing())
    bench.house.hands.refuse[PauseJob] = Conflict("there is no job")
    await bench.guard.act(PAUSE)
    assert bench.house.errors() == []


async def test_a_printer_that_is_switched_on_under_a_fire_alarm_is_cooled() -> None:
    bench = Bench(off=PrinterState())
    await bench.guard.act(FIRE)
    assert bench.house.hands.asked == []
    bench.attach("off", IDLE)
    await bench.guard.act(FIRE)
    assert bench.house.hands.words == [("off", "cool_down")]


def test_an_alarm_is_an_error_that_says_what_is_done() -> None:
    bench = Bench("ender", ender=printing())
    bench.guard.tell_alarm(PAUSE, 61.25)
    (told,) = bench.house.errors()
    assert told.printer == "ender"
    assert told.error.code == "sensor_limit_exceeded"
    assert told.error.message == "Chamber is at 61.25 celsius, above 60: what prints is paused"
    details = dict(told.error.details)
    assert (details["sensor"], details["value"], details["unit"], details["remedy"]) == (
        "chamber",
        61.25,
        "celsius",
        "pause",
    )
    assert bench.house.context.state.printers["ender"].error == told.error


def test_the_end_of_an_alarm_is_no_error() -> None:
    bench = Bench()
    bench.guard.tell_alarm(None, 20.0)
    assert bench.house.errors() == []


def test_a_sensor_that_guards_something_and_is_lost_is_told_of_once_a_minute() -> None:
    bench = Bench()
    for _ in range(3):
        bench.guard.tell_lost(SensorQuality.DISCONNECTED, "the cable")
    (told,) = bench.house.errors()
    assert told.error.code == "sensor_lost"
    assert told.error.message == "Chamber is disconnected, so nobody watches its limits: the cable"
    bench.clock.advance(TOLD_EVERY_SECONDS)
    bench.guard.tell_lost(SensorQuality.STALE, "nothing for 30 s")
    assert len(bench.house.errors()) == 2


def test_a_sensor_that_guards_nothing_is_lost_without_an_error() -> None:
    bench = Bench()
    guard = SensorGuard(
        replace(bench.sensor, limits=()),
        context=bench.house.context,
        hands=bench.house.hands,
        clock=bench.clock,
        log=bench.log,
    )
    guard.tell_lost(SensorQuality.STALE, "nothing")
    assert bench.house.errors() == []


async def test_a_printer_that_does_not_answer_keeps_no_other_from_being_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "ACT_SECONDS", 0.05)
    bench = Bench(ender=printing(), voron=printing("job-2"))
    bench.house.hands.hanging.add("ender")
    await bench.guard.act(PAUSE)
    assert bench.house.hands.words == [("ender", "job_pause"), ("voron", "job_pause")]
    (told,) = bench.house.errors()
    assert told.printer == "ender"
    assert "has not answered" in told.error.message
