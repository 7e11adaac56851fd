"""The receive buffer is measured, or not claimed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrogen.gcode.link.buffer_measurement import (
    DWELL_SECONDS,
    SETTLE_SECONDS,
    SLOTS_MOST,
    BufferMeasurement,
    ReceiveBuffer,
)
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.replies import parse_reply
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings

BASE = 4000
LIMIT_SECONDS = 30.0


BEGAN = 1.0


def measure(plan: FaultPlan | None = None, seed: int = 1, **changes: object) -> tuple[BufferMeasurement, VirtualMarlin]:
    measurement, printer, _ = measure_timed(plan, seed, **changes)
    return measurement, printer


def measure_timed(
    plan: FaultPlan | None = None, seed: int = 1, **changes: object
) -> tuple[BufferMeasurement, VirtualMarlin, float]:
    """How long it took, too."""
    values: dict[str, object] = {"greets_on_power": False, "instant_heating": True, **changes}
    printer = VirtualMarlin(MarlinSettings(**values), seed=seed)  # type: ignore[arg-type]
    printer.power_on(0.0)
    printer.receive(b"M110 N%d\n" % BASE, 0.0)
    printer.data_to_send()
    wire = FaultyWire(plan or FaultPlan(), seed)
    now = BEGAN
    measurement = BufferMeasurement(base=BASE, byte_seconds=10 / 115200, quiet=LinkLimits().quiet, now=now)
    while not measurement.is_done:
        assert now < LIMIT_SECONDS, "never ends"
        while measurement.outgoing:
            printer.receive(wire.towards_printer(measurement.outgoing.popleft()), now)
        for line in wire.towards_host(printer.data_to_send()).split(b"\n"):
            measurement.on_reply(parse_reply(line.rstrip(b"\r")), now)
        if not measurement.outgoing and not measurement.is_done:
            now = min(d for d in (measurement.next_deadline(), printer.next_deadline()) if d is not None)
            printer.handle_deadline(now)
            measurement.handle_deadline(now)
    return measurement, printer, now - BEGAN


@pytest.mark.parametrize(
    ("ring_size", "expected"),
    [(1024, 256), (256, 256), (255, 128), (128, 128), (127, None), (64, None), (0, 256)],
)
@pytest.mark.parametrize("slots", [4, 8, 16, 32])
@pytest.mark.parametrize("advanced_ok", [True, False])
def test_result_never_exceeds_the_ring_and_names_the_slots(
    ring_size: int,
    expected: int | None,
    slots: int,
    advanced_ok: bool,
) -> None:
    measurement, printer = measure(ring_size=ring_size, queue_size=slots, advanced_ok=advanced_ok)
    assert measurement.result == (None if expected is None else ReceiveBuffer(expected, slots))
    assert set(printer.ledger.lines) <= {"M110 N4000"} | {line for line in printer.ledger.lines if line[:4] == "G4 P"}


def test_firmware_without_ok_after_resend_is_measured_too() -> None:
    measurement, _ = measure(ring_size=128, ok_after_resend=False)
    assert measurement.result == ReceiveBuffer(128, 4)


def test_queue_without_end_is_not_measured() -> None:
    assert measure(queue_size=200)[0].result is None


@pytest.mark.parametrize("queue_size", [34, 200])
def test_queue_without_end_is_given_up_once_its_dwell_has_run(queue_size: int) -> None:
    """A job that is already asked for, or the last word to the heaters, waits for this."""
    measurement, printer, seconds = measure_timed(queue_size=queue_size)
    assert measurement.result is None
    assert DWELL_SECONDS < seconds < DWELL_SECONDS + 0.2
    assert sum(line.startswith("G4") for line in printer.ledger.lines) == SLOTS_MOST, "nothing is queued any more"


@pytest.mark.parametrize("drop_ok_every", [2, 5, 60])
def test_queue_whose_answers_were_lost_is_left_after_a_while(drop_ok_every: int) -> None:
    """An `ok` that did not come may be of a dwell that still stands in the queue."""
    _, _, seconds = measure_timed(FaultPlan(drop_ok_every=drop_ok_every), queue_size=200)
    assert seconds > SETTLE_SECONDS


def test_muted_printer_ends_it_without_a_result() -> None:
    printer_is_mute = BufferMeasurement(base=BASE, byte_seconds=0.0, quiet=0.06, now=0.0)
    now = 0.0
    while not printer_is_mute.is_done:
        now = printer_is_mute.next_deadline()
        printer_is_mute.handle_deadline(now)
    assert printer_is_mute.result is None
    assert now < 3.0


def test_reset_and_kill_end_it() -> None:
    for line in (b"start", b"Error:Printer halted. kill() called!"):
        measurement = BufferMeasurement(base=BASE, byte_seconds=0.0, quiet=0.06, now=0.0)
        measurement.on_reply(parse_reply(line), 0.01)
        assert measurement.is_done
        assert measurement.result is None


@given(
    ring_size=st.sampled_from([64, 100, 128, 200, 256]),
    slots=st.sampled_from([2, 4, 8]),
    rate=st.sampled_from([0.001, 0.01, 0.05]),
    seed=st.integers(0, 100_000),
)
@settings(max_examples=150, deadline=None)
def test_noise_never_makes_the_buffer_look_larger_than_it_is(
    ring_size: int, slots: int, rate: float, seed: int
) -> None:
    plan = FaultPlan(
        byte_corruption_rate=rate,
        byte_loss_rate=rate / 2,
        line_loss_rate=rate * 5,
        ok_loss_rate=rate * 5,
        ok_duplication_rate=rate * 5,
        reply_corruption_rate=rate / 2,
    )
    measurement, printer = measure(plan, seed, ring_size=ring_size, queue_size=slots)
    if measurement.result is not None:
        assert measurement.result.ring_bytes <= ring_size
        assert measurement.result.slots <= slots
    assert printer.ledger.move_count == 0
