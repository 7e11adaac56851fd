"""The words that are stamped onto events, and when a trouble begins and ends."""

from __future__ import annotations

import pytest

from hydrogen.model.events import (
    Event,
    HostMeasured,
    JobFinished,
    LinkDisturbed,
    LinkDuplicatePossible,
    PrinterDisconnected,
    PrinterStateChanged,
    PublishedEvent,
    TemperatureMeasured,
)
from hydrogen.model.host import HostState
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterStatus
from hydrogen.system.host_trouble import (
    HOLDING_SECONDS,
    KEPT_SPANS,
    HostTroubleMemory,
    TroubleTurns,
    trouble_of,
)


def measured(memory: HostTroubleMemory, at: float, *words: str) -> None:
    memory.on_published(PublishedEvent(1, HostMeasured(at=at, host=HostState(throttling=words))))


def finished(at: float, elapsed: float) -> JobFinished:
    return JobFinished(
        at=at,
        printer="bench",
        job="j",
        file="f",
        outcome=JobOutcome.COMPLETED,
        reason="",
        actor="",
        elapsed_seconds=elapsed,
    )


def stamp(memory: HostTroubleMemory, event: Event) -> tuple[str, ...] | None:
    return memory.stamped(event).host_trouble  # type: ignore[attr-defined, no-any-return]


def test_the_words_of_a_host() -> None:
    assert trouble_of(HostState()) == ()
    assert trouble_of(HostState(cpu_share=0.9, memory_share=0.9, disk="low", throttling=())) == ()
    host = HostState(cpu_share=0.99, memory_share=0.96, disk="critical", throttling=("under_voltage",))
    assert trouble_of(host) == ("under_voltage", "processor_starved", "memory_short", "disk_critical")


def test_a_disconnect_is_stamped_with_what_was_so_in_the_seconds_before() -> None:
    memory = HostTroubleMemory()
    for at, words in ((100, ()), (105, ("under_voltage",)), (110, ()), (115, ()), (120, ()), (160, ())):
        measured(memory, at, *words)
    assert stamp(memory, PrinterDisconnected(at=121, reason="gone")) == ("under_voltage",)
    assert stamp(memory, PrinterDisconnected(at=102, reason="gone")) == (
        "under_voltage",
    )  # it is older than its finding
    assert stamp(memory, PrinterDisconnected(at=160, reason="gone")) == ()
    assert stamp(memory, PrinterStateChanged(at=112, status=PrinterStatus.LINK_LOST)) == ("under_voltage",)
    assert stamp(memory, PrinterStateChanged(at=112, status=PrinterStatus.IDLE)) is None
    assert stamp(memory, LinkDuplicatePossible(at=112, line_number=5, text="G1")) == ("under_voltage",)
    assert stamp(memory, LinkDisturbed(at=160, seconds=60, resends=1, stalls=0)) == ("under_voltage",)


def test_where_nobody_looked_nobody_knows() -> None:
    memory = HostTroubleMemory()
    assert stamp(memory, PrinterDisconnected(at=50, reason="gone")) is None
    measured(memory, 100)
    assert stamp(memory, PrinterDisconnected(at=50, reason="gone")) is None
    assert stamp(memory, PrinterDisconnected(at=105, reason="gone")) == ()
    assert stamp(memory, PrinterDisconnected(at=500, reason="gone")) is None


def test_a_jobs_end_is_stamped_with_its_whole_time_and_a_stamp_is_never_overwritten() -> None:
    memory = HostTroubleMemory()
    for at in range(0, 1000, 5):
        measured(memory, at, *(("throttled",) if at == 300 else ()))
    assert stamp(memory, finished(900, elapsed=700)) == ("throttled",)
    assert stamp(memory, finished(900, elapsed=500)) == ()
    known = PrinterDisconnected(at=301, reason="gone", host_trouble=("under_voltage",))
    assert memory.stamped(known) is known
    other = TemperatureMeasured(at=301, heater="bed", actual_celsius=20)
    assert memory.stamped(other) is other


def test_what_is_remembered_is_bounded_and_a_clock_that_goes_back_forgets() -> None:
    memory = HostTroubleMemory()
    for at in range(2 * KEPT_SPANS):
        measured(memory, at, *(("throttled",) if at % 2 else ()))
    assert len(memory._spans) == KEPT_SPANS
    measured(memory, 10.0)
    assert len(memory._spans) == 1


def test_a_well_host_needs_one_span() -> None:
    memory = HostTroubleMemory()
    for at in range(0, 5000, 5):
        measured(memory, at)
    assert len(memory._spans) == 1


def test_a_trouble_that_flickers_begins_once() -> None:
    turns = TroubleTurns()
    assert turns.look(("throttled", "under_voltage"), 0.0) == (("throttled", "under_voltage"), ())
    assert turns.look(("under_voltage",), 5.0) == ((), ())
    assert turns.look(("throttled",), 10.0) == ((), ())
    assert turns.words == ("throttled", "under_voltage")
    assert turns.look((), 5.0 + HOLDING_SECONDS) == ((), ("under_voltage",))
    assert turns.look((), 10.0 + HOLDING_SECONDS) == ((), ("throttled",))
    assert turns.words == ()


@pytest.mark.parametrize("words", [(), ("under_voltage",)])
def test_the_same_measured_again_is_no_news(words: tuple[str, ...]) -> None:
    turns = TroubleTurns()
    turns.look(words, 0.0)
    assert turns.look(words, 5.0) == ((), ())
