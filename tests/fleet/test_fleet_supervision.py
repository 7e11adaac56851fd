"""When a printer without its process counts as unsafe."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from hydrogen.fleet.supervision import UNSAFE_SECONDS, Supervision, holds_port, is_hot
from hydrogen.model.job import JobState
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.temperature import HeaterState

HOT = PrinterState(
    status=PrinterStatus.IDLE,
    heaters=MappingProxyType({"bed": HeaterState(actual_celsius=60.0, target_celsius=60.0)}),
)
COLD = PrinterState(status=PrinterStatus.IDLE, heaters=MappingProxyType({"bed": HeaterState(actual_celsius=60.0)}))
PRINTING = PrinterState(status=PrinterStatus.PRINTING, job=JobState(id="j", file="f"))


@pytest.mark.parametrize("state", [HOT, PRINTING], ids=["hot", "printing"])
def test_a_hot_printer_alone_is_unsafe_once(state: PrinterState) -> None:
    watch = Supervision()
    watch.lost(state, 100.0)
    watch.lost(COLD, 105.0)
    assert not watch.is_unsafe_now(100.0 + UNSAFE_SECONDS - 0.1)
    assert watch.is_unsafe_now(100.0 + UNSAFE_SECONDS)
    assert not watch.is_unsafe_now(100.0 + 3 * UNSAFE_SECONDS)


def test_a_printer_that_was_found_again_or_is_cold_or_halted_is_not() -> None:
    watch = Supervision()
    watch.lost(HOT, 100.0)
    watch.regained()
    watch.lost(COLD, 100.0)
    watch.lost(PrinterState(status=PrinterStatus.HALTED, heaters=HOT.heaters), 100.0)
    assert not watch.is_unsafe_now(1000.0)


def test_heat_and_port_are_read_from_the_state() -> None:
    assert is_hot(HOT)
    assert is_hot(PRINTING)
    assert not is_hot(COLD)
    assert holds_port(HOT)
    assert holds_port(PrinterState(status=PrinterStatus.HALTED))
    assert not holds_port(PrinterState(status=PrinterStatus.LINK_LOST))


def test_what_was_hot_when_its_link_was_lost_is_hot_when_its_process_goes() -> None:
    gone = PrinterState(status=PrinterStatus.LINK_LOST)
    for before, is_unsafe in ((HOT, True), (COLD, False)):
        watch = Supervision()
        watch.link_lost(before)
        watch.link_lost(gone)
        watch.lost(gone, 100.0)
        assert watch.is_unsafe_now(100.0 + UNSAFE_SECONDS) is is_unsafe
    watch = Supervision()
    watch.link_lost(HOT)
    watch.regained()
    watch.lost(gone, 100.0)
    assert not watch.is_unsafe_now(1000.0)


@pytest.mark.parametrize(("is_by_wish", "is_unsafe"), [(False, True), (True, False)])
def test_what_was_hot_when_its_connection_ended_counts_once_the_link_is_lost(is_by_wish: bool, is_unsafe: bool) -> None:
    offline = PrinterState(status=PrinterStatus.OFFLINE)  # as it is behind `printer.disconnected`: no heaters
    watch = Supervision()
    watch.disconnected(HOT)
    if not is_by_wish:
        watch.link_lost(offline)
    watch.lost(offline, 100.0)
    assert watch.is_unsafe_now(100.0 + UNSAFE_SECONDS) is is_unsafe
