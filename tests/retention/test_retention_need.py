"""Who needs what: jobs, beds, queues and recoveries."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import given

from hydrogen.model.backlog import QueueEntry
from hydrogen.model.job import JobState, RecoverableJob
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State
from hydrogen.retention.need import Need, need_of
from tests.support.model_strategies import objects_of
from tests.support.property_settings import REPEATABLE
from tests.support.retention_shelf import item


def state_of(**printers: PrinterState) -> State:
    return State(printers=MappingProxyType(printers))


def test_a_job_its_file_its_bed_and_its_recovery_are_needed() -> None:
    state = state_of(
        a=PrinterState(job=JobState(id="runs", file="runs.gcode"), bed_job="runs"),
        b=PrinterState(bed_job="lies", recoverable=RecoverableJob(job="broke", file="broke.gcode")),
    )
    queue = [QueueEntry(id="e", file="waits.gcode"), QueueEntry(id="f", file="next.gcode", job="prepares")]
    need = need_of(state, queue, ("a", "b"))
    assert need.jobs == {"runs", "lies", "broke", "prepares"}
    assert need.files == {"runs.gcode", "broke.gcode", "waits.gcode", "next.gcode"}
    assert need.unheard == frozenset()
    assert need.printers == {"a", "b"}


def test_a_printer_that_has_not_been_heard_may_need_what_a_job_could_be_made_of() -> None:
    need = need_of(state_of(a=PrinterState(), b=PrinterState()), (), ("a",))
    assert need.unheard == {"b"}
    assert "printer b has not been heard" in need.why(item("x", may_be_a_jobs=True))
    assert need.why(item("x")) == ""


def test_why_is_a_sentence_about_the_thing() -> None:
    need = Need(jobs=frozenset({"j"}), files=frozenset({"f"}))
    assert "job j" in need.why(item("x", job="j"))
    assert "needs f" in need.why(item("x", file="f"))
    assert need.why(item("x", needed="it is written")) == "it is written"
    assert need.why(item("x", job="other", file="other")) == ""


@given(objects_of(State))
@REPEATABLE
def test_whatever_the_state_what_a_printer_holds_is_needed(state: State) -> None:
    need = need_of(state, (), ())
    for printer in state.printers.values():
        if printer.job is not None and printer.job.id:
            assert need.why(item("x", job=printer.job.id))
        if printer.recoverable is not None and printer.recoverable.job:
            assert need.why(item("x", job=printer.recoverable.job))
    assert need.unheard == set(state.printers)
