"""What a printer's state becomes as metrics: absent is not zero."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.model.temperature import HeaterState
from hydrogen.system import printer_metric as metric
from hydrogen.system.event_tally import EventTally
from hydrogen.system.printer_metric import MOST_HEATERS, printer_readings
from tests.support.full_house import full_state


def values(state: State) -> dict[tuple[str, tuple[str, ...]], object]:
    return {(r.metric.name, r.labels): r.value for r in printer_readings(state, EventTally())}


def test_a_printer_that_prints() -> None:
    told = values(full_state(1))
    assert told["hydrogen_heater_temperature_celsius", ("printer0", "bed")] == 204.9
    assert told["hydrogen_heater_power_ratio", ("printer0", "tool0")] == 0.63
    assert told["hydrogen_job_progress_ratio", ("printer0",)] == 0.41
    assert told["hydrogen_job_remaining_high_seconds", ("printer0",)] == 1100.0
    assert told["hydrogen_queue_held", ("printer0",)] is True
    assert told["hydrogen_queue_entries", ()] == 4


def test_exactly_one_state_holds() -> None:
    told = values(full_state(1))
    states = {labels[1]: value for (name, labels), value in told.items() if name == metric.STATE.name}
    assert set(states) == {status.value for status in PrinterStatus}
    assert [state for state, holds in states.items() if holds] == ["printing"]


def test_what_is_not_known_has_no_reading() -> None:
    cold = PrinterState(heaters=MappingProxyType({"bed": HeaterState()}))
    told = {name for name, _ in values(State(printers=MappingProxyType({"p": cold})))}
    assert metric.TEMPERATURE.name not in told
    assert metric.PROGRESS.name not in told
    assert metric.OK_SECONDS.name not in told
    assert metric.CONNECTED.name in told


def test_heaters_are_bounded() -> None:
    heaters = {f"tool{number}": HeaterState(actual_celsius=20.0) for number in range(100)}
    state = full_state(1)
    printer = replace(state.printers["printer0"], heaters=MappingProxyType(heaters))
    told = values(replace(state, printers=MappingProxyType({"printer0": printer})))
    assert sum(name == metric.TEMPERATURE.name for name, _ in told) == MOST_HEATERS
