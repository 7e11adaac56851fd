from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given

from hydrogen.model.backlog import BedState, QueueEntry, QueueSummary
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    HostMeasured,
    HostTroubleChanged,
    JobFinished,
    JobObjectExcluded,
    JobObjectRestored,
    JobPaused,
    JobProgressed,
    JobResumed,
    JobStarted,
    LinkDuplicatePossible,
    LinkMeasured,
    PrinterAttached,
    PrinterBedChanged,
    PrinterConnected,
    PrinterDisconnected,
    PrinterFirmwareIdentified,
    PrinterMessageShown,
    PrinterPositionReported,
    PrinterPromptClosed,
    PrinterPromptShown,
    PrinterStateChanged,
    PrinterTuningChanged,
    QueueChanged,
    SensorAlarmChanged,
    SensorMeasured,
    SensorQualityChanged,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.host import HostState
from hydrogen.model.job import JobOutcome, JobState, JobStatus
from hydrogen.model.printer import (
    ErrorReport,
    Firmware,
    LinkStatistics,
    Position,
    PrinterState,
    PrinterStatus,
    Tuning,
)
from hydrogen.model.reduce import reduce, reduce_printer
from hydrogen.model.sensor import SensorAction, SensorLimit, SensorQuality, SensorState, SensorUnit
from hydrogen.model.state import State
from hydrogen.model.temperature import HeaterState
from tests.support.model_strategies import any_event, histories, objects_of
from tests.support.property_settings import REPEATABLE

ERROR = ErrorReport(code="link_lost", message="the cable was pulled")
JOB = JobState(id="job-1", file="a.gcode", lines_total=10, bytes_total=100)


def started(job: str = "job-1") -> JobStarted:
    return JobStarted(at=5.0, printer="p", job=job, file="a.gcode", lines_total=10, bytes_total=100, actor="web")


def finished(job: str = "job-1") -> JobFinished:
    return JobFinished(
        at=9.0, printer="p", job=job, file="a.gcode", outcome=JobOutcome.COMPLETED, reason="", actor="web"
    )


def progressed(job: str = "job-1") -> JobProgressed:
    return JobProgressed(
        at=6.0, printer="p", job=job, fraction=0.5, lines_done=5, bytes_done=50, layer=2, elapsed_seconds=3.0
    )


def after(*events: Event, before: PrinterState | None = None) -> PrinterState:
    printer = before or PrinterState()
    for event in events:
        printer = reduce_printer(printer, event)
    return printer


# ------------------------------------------------------------------------------------------------------- the house


def test_an_event_for_an_unknown_printer_creates_it() -> None:
    state = reduce(State(), PrinterPromptShown(at=1.0, printer="p", message="change filament"))
    assert state.printers == {"p": PrinterState(prompt="change filament")}


def test_terminal_lines_change_nothing_and_create_nobody() -> None:
    state = State()
    assert reduce(state, TerminalLineReported(at=1.0, printer="p", lines=("> M105",))) is state


def test_host_figures_replace_the_former_ones() -> None:
    host = HostState(cpu_share=0.5)
    assert reduce(State(), HostMeasured(at=1.0, host=host)).host == host


def test_an_event_of_no_printer_changes_no_printer() -> None:
    state = State()
    assert reduce(state, ErrorRaised(at=1.0, error=ERROR)) is state


def test_one_printers_event_leaves_the_others_as_they_are() -> None:
    other = PrinterState(prompt="wait")
    state = State(printers=MappingProxyType({"p": PrinterState(), "q": other}))
    changed = reduce(state, started())
    assert changed.printers["q"] is other
    assert changed.host is state.host
    assert list(changed.printers) == ["p", "q"]


def test_an_event_that_changes_nothing_returns_the_same_state() -> None:
    state = State(printers=MappingProxyType({"p": PrinterState()}))
    assert reduce(state, LinkDuplicatePossible(at=1.0, printer="p", line_number=5, text="G1")) is state


@REPEATABLE
@given(events=histories())
def test_reduce_takes_every_event_and_never_touches_the_old_state(events: list[Event]) -> None:
    state = State()
    for event in events:
        seen = repr(state)
        following = reduce(state, event)
        assert repr(state) == seen
        state = following


@REPEATABLE
@given(state=objects_of(State), event=any_event)
def test_reducing_an_event_twice_is_reducing_it_once(state: State, event: Event) -> None:
    once = reduce(state, event)
    assert repr(reduce(once, event)) == repr(once)


# ------------------------------------------------------------------------------------------------------ connections


def test_attaching_replaces_everything_known() -> None:
    truth = PrinterState(status=PrinterStatus.PRINTING, job=JOB)
    assert after(PrinterAttached(at=1.0, printer="p", state=truth), before=PrinterState(prompt="old")) is truth


def test_connecting_clears_the_error_and_tells_the_port() -> None:
    printer = after(
        PrinterConnected(at=1.0, printer="p", port="/dev/ttyUSB0", baud=115200),
        before=PrinterState(error=ERROR),
    )
    assert (printer.port, printer.baud, printer.error) == ("/dev/ttyUSB0", 115200, None)


def test_disconnecting_forgets_what_only_a_connection_can_know_and_keeps_the_rest() -> None:
    before = PrinterState(
        status=PrinterStatus.IDLE,
        driver="marlin",
        port="/dev/ttyUSB0",
        baud=115200,
        firmware=Firmware(name="Marlin"),
        heaters=MappingProxyType({"bed": HeaterState(actual_celsius=60.0)}),
        position=Position(x_mm=1.0),
        link=LinkStatistics(lines_sent=5),
        prompt="change filament",
        job=JOB,
        error=ERROR,
    )
    assert after(PrinterDisconnected(at=1.0, printer="p", reason="asked"), before=before) == PrinterState(
        status=PrinterStatus.IDLE,
        driver="marlin",
        port="/dev/ttyUSB0",
        baud=115200,
        job=JOB,
        error=ERROR,
    )


def test_firmware_position_link_and_prompt_are_kept_as_reported() -> None:
    firmware, position, link = Firmware(name="Marlin"), Position(z_mm=0.2), LinkStatistics(resends=1)
    printer = after(
        PrinterFirmwareIdentified(at=1.0, printer="p", firmware=firmware),
        PrinterPositionReported(at=1.0, printer="p", position=position),
        LinkMeasured(at=1.0, printer="p", statistics=link),
        PrinterPromptShown(at=1.0, printer="p", message="wait"),
    )
    assert (printer.firmware, printer.position, printer.link, printer.prompt) == (firmware, position, link, "wait")
    assert after(PrinterPromptClosed(at=2.0, printer="p"), before=printer).prompt is None


def test_buttons_of_a_prompt_come_and_go_with_it() -> None:
    asked = after(PrinterPromptShown(at=1.0, printer="p", message="more? [Yes] [No]", buttons=("Yes", "No")))
    assert asked.prompt_buttons == ("Yes", "No")
    for end in (PrinterPromptClosed(at=2.0, printer="p"), PrinterDisconnected(at=2.0, printer="p", reason="gone")):
        assert after(end, before=asked).prompt_buttons == ()


def test_each_heater_keeps_its_own_last_reading() -> None:
    def measured(heater: str, celsius: float) -> TemperatureMeasured:
        return TemperatureMeasured(at=1.0, printer="p", heater=heater, actual_celsius=celsius, target_celsius=200.0)

    printer = after(measured("tool0", 20.0), measured("bed", 30.0), measured("tool0", 21.0))
    assert printer.heaters == {
        "tool0": HeaterState(actual_celsius=21.0, target_celsius=200.0),
        "bed": HeaterState(actual_celsius=30.0, target_celsius=200.0),
    }


def test_an_error_stays_until_a_connect_or_a_job_explains_something_else() -> None:
    failed = after(ErrorRaised(at=1.0, printer="p", error=ERROR))
    assert failed.error == ERROR
    assert after(PrinterStateChanged(at=2.0, printer="p", status=PrinterStatus.ERROR), before=failed).error == ERROR
    assert after(started(), before=failed).error is None


# ------------------------------------------------------------------------------------------------------------- jobs


def test_a_started_job_begins_at_nothing() -> None:
    assert after(started()).job == JobState(
        id="job-1",
        file="a.gcode",
        lines_total=10,
        bytes_total=100,
        started_at=5.0,
        actor="web",
    )


def test_progress_is_taken_over_as_it_is_told() -> None:
    job = after(started(), progressed()).job
    assert job is not None
    assert (job.fraction, job.lines_done, job.bytes_done, job.layer) == (0.5, 5, 50, 2)
    assert (job.lines_total, job.actor) == (10, "web")


def test_pausing_and_resuming_change_the_jobs_status() -> None:
    paused = after(started(), JobPaused(at=6.0, printer="p", job="job-1"))
    assert paused.job is not None
    assert paused.job.status is JobStatus.PAUSED
    resumed = after(JobResumed(at=7.0, printer="p", job="job-1"), before=paused)
    assert resumed.job is not None
    assert resumed.job.status is JobStatus.PRINTING


def test_a_finished_job_is_gone() -> None:
    assert after(started(), finished()).job is None


@pytest.mark.parametrize("event", [progressed("job-2"), finished("job-2"), JobPaused(at=1.0, printer="p", job="job-2")])
def test_what_concerns_another_job_is_ignored(event: Event) -> None:
    running = after(started())
    assert after(event, before=running) is running


@pytest.mark.parametrize("event", [progressed(), finished(), JobResumed(at=1.0, printer="p", job="job-1")])
def test_what_concerns_a_job_that_does_not_run_is_ignored(event: Event) -> None:
    idle = PrinterState()
    assert after(event, before=idle) is idle


@pytest.mark.parametrize(
    ("status", "job_status"),
    [
        (PrinterStatus.PRINTING, JobStatus.PRINTING),
        (PrinterStatus.PAUSING, JobStatus.PAUSING),
        (PrinterStatus.PAUSED, JobStatus.PAUSED),
        (PrinterStatus.RESUMING, JobStatus.RESUMING),
        (PrinterStatus.CANCELLING, JobStatus.CANCELLING),
        (PrinterStatus.FINISHING, JobStatus.FINISHING),
        (PrinterStatus.LINK_LOST, JobStatus.LINK_LOST),
    ],
)
def test_the_job_follows_its_printers_status(status: PrinterStatus, job_status: JobStatus) -> None:
    printer = after(started(), PrinterStateChanged(at=6.0, printer="p", status=status))
    assert printer.status is status
    assert printer.job is not None
    assert printer.job.status is job_status


def test_a_printer_without_a_job_gets_none_from_its_status() -> None:
    assert after(PrinterStateChanged(at=1.0, printer="p", status=PrinterStatus.PRINTING)).job is None


def test_a_bed_is_what_was_said_of_it_last() -> None:
    changed = PrinterBedChanged(at=1.0, printer="p", bed=BedState.OCCUPIED, job="job-1", actor="queue")
    after = reduce(State(), changed).printers["p"]
    assert (after.bed, after.bed_job) == (BedState.OCCUPIED, "job-1")


def test_the_queue_in_short_is_that_of_the_last_change() -> None:
    short = QueueSummary(length=2, next=("a", "b"), held={"p": "lunch"})
    changed = QueueChanged(at=1.0, printer="p", queue=short, entry=QueueEntry(id="a", file="a.gcode"))
    after = reduce(State(), changed)
    assert after.queue == short
    assert not after.printers, "a wish to print makes no printer"


def test_what_is_on_the_display_stands_until_the_printer_goes() -> None:
    shown = after(PrinterMessageShown(at=1.0, printer="p", message="<b>Layer 3</b>"))
    assert shown.display_message == "<b>Layer 3</b>"
    assert after(PrinterDisconnected(at=2.0, printer="p", reason=""), before=shown).display_message == ""


def test_fans_speed_and_flow_are_not_known_of_a_printer_that_is_gone() -> None:
    tuning = Tuning(fans_percent={"0": 50.0}, speed_percent=90.0)
    turned = after(PrinterTuningChanged(at=1.0, printer="p", tuning=tuning))
    assert turned.tuning == tuning
    assert after(PrinterDisconnected(at=2.0, printer="p", reason=""), before=turned).tuning == Tuning()


def test_a_job_that_takes_up_another_leaves_out_what_that_one_left_out() -> None:
    job = after(replace(started(), excluded_objects=("1",))).job
    assert job is not None and job.excluded_objects == ("1",)


def test_objects_that_were_left_out_are_known_once_each() -> None:
    left_out = [JobObjectExcluded(at=2.0, printer="p", job="job-1", object=one) for one in ("0", "2", "0")]
    job = after(started(), *left_out).job
    assert job is not None and job.excluded_objects == ("2", "0")
    restored = [JobObjectRestored(at=3.0, printer="p", job=name, object="2") for name in ("job-1", "job-0")]
    job = after(started(), *left_out, *restored).job
    assert job is not None and job.excluded_objects == ("0",)
    job = after(started(), *left_out, restored[1]).job
    assert job is not None and job.excluded_objects == ("2", "0"), "another job's"


# ---------------------------------------------------------------------------------------------------------- sensors

LIMIT = SensorLimit(action=SensorAction.PAUSE, above=60.0)


def sensor_after(*events: Event, before: SensorState | None = None) -> SensorState:
    state = State(sensors=MappingProxyType({"chamber": before} if before else {}))
    for event in events:
        state = reduce(state, event)
    assert not state.printers, "a sensor makes no printer"
    return state.sensors["chamber"]


def test_a_sensor_shows_its_last_good_reading_and_keeps_what_was_configured() -> None:
    configured = SensorState(label="Chamber", printer="p", limits=(LIMIT,))
    measured = SensorMeasured(at=5.0, printer="p", sensor="chamber", value=41.5)
    shown = sensor_after(measured, before=configured)
    assert (shown.value, shown.quality, shown.measured_at) == (41.5, SensorQuality.OK, 5.0)
    assert (shown.label, shown.printer, shown.limits) == ("Chamber", "p", (LIMIT,))


def test_a_value_that_is_worth_nothing_is_none_and_never_zero() -> None:
    lost = SensorQualityChanged(at=9.0, sensor="chamber", quality=SensorQuality.STALE, reason="nothing for 30 s")
    measured = SensorMeasured(at=5.0, sensor="chamber", value=41.5, unit=SensorUnit.PERCENT)
    shown = sensor_after(measured, lost)
    assert (shown.value, shown.quality, shown.reason) == (None, SensorQuality.STALE, "nothing for 30 s")
    assert (shown.measured_at, shown.unit) == (5.0, SensorUnit.PERCENT), "when it was last known, and in what"
    again = sensor_after(replace(lost, quality=SensorQuality.OK, reason="", simulated=True), before=shown)
    assert (again.quality, again.simulated, again.reason) == (SensorQuality.OK, True, "")


def test_an_alarm_stays_until_it_is_taken_back() -> None:
    began = SensorAlarmChanged(at=1.0, sensor="chamber", alarm=LIMIT, value=61.0)
    lost = SensorQualityChanged(at=2.0, sensor="chamber", quality=SensorQuality.DISCONNECTED)
    assert sensor_after(began, lost).alarm == LIMIT
    assert sensor_after(began, lost, replace(began, alarm=None)).alarm is None


def test_a_sensor_that_is_told_of_first_belongs_to_the_printer_of_its_event() -> None:
    assert sensor_after(SensorMeasured(at=1.0, printer="p", sensor="chamber", value=1.0)).printer == "p"


def test_what_is_wrong_with_the_host_stands_until_it_is_over() -> None:
    both = ("processor_starved", "throttled")
    ill = reduce(State(), HostTroubleChanged(at=1.0, trouble=both, began=both))
    measured = reduce(ill, HostMeasured(at=2.0, host=HostState(cpu_share=0.5)))
    assert measured.host_trouble == both, "a trouble that flickers is not over with the next figure"
    assert reduce(measured, HostTroubleChanged(at=3.0, trouble=(), ended=both)).host_trouble == ()
