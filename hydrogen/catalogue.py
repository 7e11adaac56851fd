"""Everything that can be asked of the house: the operations of all its parts, in one registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hydrogen.access import FrontDoor
from hydrogen.analysis.desk import AnalysisDesk
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.config import Configuration
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.log_ring import LogRing
from hydrogen.doctor.desk import DoctorDesk
from hydrogen.files.store import FileStore
from hydrogen.fleet.discovery import PortDesk
from hydrogen.fleet.fleet import Fleet
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.temperature_history import TemperatureHistory
from hydrogen.housekeeping import make_host_operations, make_profile_operations
from hydrogen.jobs.ids import JobIds
from hydrogen.jobs.print_queue import PrintQueue
from hydrogen.jobs.store import JobStore
from hydrogen.operations.analysis import analysis_operations
from hydrogen.operations.backlog import queue_operations
from hydrogen.operations.diagnosis import diagnosis_operations
from hydrogen.operations.exclusion import exclusion_operations
from hydrogen.operations.file import file_operations
from hydrogen.operations.freshness import Freshness
from hydrogen.operations.job import job_operations
from hydrogen.operations.log import log_operations
from hydrogen.operations.operation import Operation
from hydrogen.operations.port import port_operations
from hydrogen.operations.power import power_operations
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.printer_setup import printer_setup_operations
from hydrogen.operations.recovery import recovery_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.retention import retention_operations
from hydrogen.operations.sensor import sensor_operations
from hydrogen.operations.system import system_operations
from hydrogen.operations.temperature import temperature_operations
from hydrogen.printer_book import PrinterBook
from hydrogen.retention.keeper import RetentionKeeper
from hydrogen.system.clock_trust import is_clock_synchronised
from hydrogen.system.host_control import HostControl
from hydrogen.system.info import StatusBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the operations act on. printers: as they are configured."""

    configuration: Configuration
    context: Context
    door: FrontDoor
    fleet: Fleet
    files: FileStore
    store: JobStore
    job_ids: JobIds
    queue: PrintQueue
    analyses: AnalysisDesk
    temperatures: TemperatureHistory
    printers: Sequence[ConfiguredPrinter]
    printer_book: PrinterBook
    status: StatusBuilder
    host: HostControl
    ports: PortDesk
    log_ring: LogRing
    retention: RetentionKeeper
    doctor: DoctorDesk
    repeats: RepeatMemory
    clock: Clock
    log: Log


def make_registry(house: Parts) -> Registry:
    """With the configured limits; every surface serves this one."""
    section = house.configuration.websocket
    rate = Rate(per_second=section.commands_per_second, burst=section.commands_burst)
    return Registry(
        _operations(house),
        fleet=house.fleet,
        repeats=house.repeats,
        freshness=Freshness(
            clock=house.clock,
            is_synchronised=is_clock_synchronised,
            window_seconds=section.issued_at_window_seconds,
        ),
        limit=RateLimit("commands", rate, clock=house.clock),
        audit=house.door.audit,
    )


def _operations(house: Parts) -> Sequence[Operation]:
    """In the order in which documents list them."""
    return (
        *printer_operations(house.fleet),
        *power_operations(house.fleet),
        *job_operations(house.fleet, house.files, house.job_ids, house.queue, house.store),
        *recovery_operations(house.fleet, house.job_ids, house.queue),
        *exclusion_operations(house.fleet, house.analyses, lambda name: house.context.state.printers[name].job),
        *queue_operations(house.queue, house.fleet),
        *file_operations(house.files),
        *analysis_operations(house.analyses),
        *temperature_operations(house.temperatures),
        *make_profile_operations(house.printers),
        *printer_setup_operations(house.printer_book),
        *sensor_operations(lambda: house.context.state, house.temperatures),
        *system_operations(house.status),
        *make_host_operations(house.host, house.context),
        *port_operations(house.ports),
        *log_operations(house.log_ring),
        *retention_operations(house.retention),
        *diagnosis_operations(house.doctor, house.fleet),
        *house.door.operations,
    )
