"""A house in which everything is known: for what shows all of it."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.model.backlog import BedState, QueueSummary
from hydrogen.model.events import ErrorRaised, JobFinished, LinkMeasured
from hydrogen.model.host import HostState
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import (
    OK_BUCKETS_SECONDS,
    ErrorReport,
    Firmware,
    LinkStatistics,
    PrinterState,
    PrinterStatus,
)
from hydrogen.model.sensor import SensorQuality, SensorState
from hydrogen.model.state import State
from hydrogen.model.temperature import HeaterState
from hydrogen.system.host_metric import Places
from hydrogen.system.info import WebSocketFigures
from hydrogen.system.metric_source import MetricSource
from hydrogen.system.service_metric import ClientLag

BUSY_LINK = LinkStatistics(
    lines_sent=900,
    lines_acknowledged=880,
    resends=3,
    probes=2,
    barriers=5,
    stalls=1,
    surplus_acknowledgements=4,
    possible_duplicates=1,
    round_trip_seconds=0.004,
    bytes_sent=27_000,
    ok_counts=tuple(range(len(OK_BUCKETS_SECONDS) + 1)),
    ok_seconds=12.5,
    window_lines=3,
    window_bytes=87,
)


def full_state(printers: int = 8) -> State:
    """Every printer prints, on three heaters."""
    return State(
        printers=MappingProxyType({f"printer{number}": _busy_printer() for number in range(printers)}),
        sensors=MappingProxyType(
            {
                "chamber": SensorState(value=41.5, quality=SensorQuality.OK, printer="printer0"),
                "room": SensorState(value=21.5, quality=SensorQuality.OK),
            }
        ),
        host=HostState(
            cpu_share=0.25,
            memory_share=0.5,
            disk_free_bytes=9_000_000_000,
            temperature_celsius=61.5,
            throttling=("under_voltage",),
            disk="low",
        ),
        queue=QueueSummary(length=4, next=("a", "b"), held=MappingProxyType({"printer0": "asked for"})),
    )


def give_it_a_past(context: Context) -> None:
    """Every printer had an error, an ended job and a measured link."""
    for name in context.state.printers:
        report = ErrorReport(code="link_lost", message="gone")
        context.publish(ErrorRaised(at=1.0, printer=name, error=report))
        context.publish(
            JobFinished(
                at=2.0,
                printer=name,
                job="an older one",
                file="a.gcode",
                outcome=JobOutcome.COMPLETED,
                reason="",
                actor="owner",
                elapsed_seconds=60.0,
            )
        )
        context.publish(LinkMeasured(at=3.0, printer=name, statistics=BUSY_LINK))


def source_of(folder: Path, printers: int = 8, clock: ManualClock | None = None) -> MetricSource:
    """The metrics of such a house; `folder` stands for all its folders."""
    bus = Bus(lambda _name, _error: None)
    context = Context(epoch="e", initial=full_state(printers), bus=bus)
    source = MetricSource(
        context=context,
        bus=bus,
        figures=WebSocketFigures(),
        lag=ClientLag,
        places=Places(data_dir=folder, runtime_dir=folder),
        version="1.2.3",
        clock=clock or ManualClock(),
    )
    give_it_a_past(context)
    source.count_answer(200)
    return source


def _busy_printer() -> PrinterState:
    heater = HeaterState(actual_celsius=204.9, target_celsius=205.0, power=0.63)
    return PrinterState(
        status=PrinterStatus.PRINTING,
        driver="marlin",
        port="/dev/ttyUSB0",
        baud=115_200,
        firmware=Firmware(name="Marlin 2.1"),
        heaters=MappingProxyType({"tool0": heater, "bed": heater, "chamber": heater}),
        job=JobState(
            id="job-1",
            file="part.gcode",
            fraction=0.41,
            lines_done=400,
            lines_total=1000,
            bytes_done=12_000,
            bytes_total=30_000,
            layer=4,
            layers_total=10,
            elapsed_seconds=600.0,
            remaining_seconds=900.0,
            remaining_low_seconds=800.0,
            remaining_high_seconds=1100.0,
            remaining_source="slicer",
        ),
        link=BUSY_LINK,
        bed=BedState.OCCUPIED,
    )
