"""State + event = state. Pure and total: an event for an unknown printer or sensor creates it.

Terminal lines stand outside the order of events and change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

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
    JobRecoveryChanged,
    JobResumed,
    JobStarted,
    LinkMeasured,
    PrinterAttached,
    PrinterBedChanged,
    PrinterConnected,
    PrinterDisconnected,
    PrinterFirmwareIdentified,
    PrinterMessageShown,
    PrinterPositionReported,
    PrinterPowerChanged,
    PrinterPromptClosed,
    PrinterPromptShown,
    PrinterStateChanged,
    PrinterTuningChanged,
    PrinterUnsafe,
    QueueChanged,
    SensorAlarmChanged,
    SensorMeasured,
    SensorQualityChanged,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.job import JobState, JobStatus
from hydrogen.model.printer import PrinterState, PrinterStatus, Tuning
from hydrogen.model.sensor import SensorQuality, SensorState
from hydrogen.model.state import State
from hydrogen.model.temperature import HeaterState

_JOB_STATUS: Mapping[PrinterStatus, JobStatus] = {
    PrinterStatus.PRINTING: JobStatus.PRINTING,
    PrinterStatus.PAUSING: JobStatus.PAUSING,
    PrinterStatus.PAUSED: JobStatus.PAUSED,
    PrinterStatus.RESUMING: JobStatus.RESUMING,
    PrinterStatus.CANCELLING: JobStatus.CANCELLING,
    PrinterStatus.FINISHING: JobStatus.FINISHING,
    PrinterStatus.LINK_LOST: JobStatus.LINK_LOST,
}


def reduce(state: State, event: Event) -> State:
    """The state after `event`. The old state is untouched; unchanged parts are shared."""
    if isinstance(event, HostMeasured):
        return replace(state, host=event.host)
    if isinstance(event, HostTroubleChanged):
        return replace(state, host_trouble=event.trouble)
    if isinstance(event, QueueChanged):
        return replace(state, queue=event.queue)
    if isinstance(event, SensorMeasured | SensorQualityChanged | SensorAlarmChanged):
        sensor = _reduce_sensor(state.sensors.get(event.sensor, SensorState(printer=event.printer)), event)
        return replace(state, sensors=MappingProxyType({**state.sensors, event.sensor: sensor}))
    if event.printer is None or isinstance(event, TerminalLineReported):
        return state
    before = state.printers.get(event.printer, PrinterState())
    after = reduce_printer(before, event)
    if after is before and event.printer in state.printers:
        return state
    return replace(state, printers=MappingProxyType({**state.printers, event.printer: after}))


def _reduce_sensor(
    sensor: SensorState, event: SensorMeasured | SensorQualityChanged | SensorAlarmChanged
) -> SensorState:
    match event:
        case SensorMeasured():
            read = replace(sensor, value=event.value, unit=event.unit, measured_at=event.at)
            return replace(read, quality=SensorQuality.OK, reason="")
        case SensorQualityChanged():
            value = sensor.value if event.quality is SensorQuality.OK else None
            changed = replace(sensor, value=value, quality=event.quality, reason=event.reason)
            return replace(changed, simulated=event.simulated)
        case SensorAlarmChanged():
            return replace(sensor, alarm=event.alarm)


def reduce_printer(printer: PrinterState, event: Event) -> PrinterState:
    """The part of `reduce` that concerns one printer; the spooler keeps its own printer's state with it."""
    match event:
        case TemperatureMeasured():
            heater = HeaterState(
                actual_celsius=event.actual_celsius,
                target_celsius=event.target_celsius,
                power=event.power,
            )
            return replace(printer, heaters=MappingProxyType({**printer.heaters, event.heater: heater}))
        case PrinterPositionReported():
            return replace(printer, position=event.position)
        case LinkMeasured():
            return replace(printer, link=event.statistics)
        case PrinterMessageShown():
            return replace(printer, display_message=event.message)
        case PrinterTuningChanged():
            return replace(printer, tuning=event.tuning)
        case ErrorRaised():
            return replace(printer, error=event.error)
        case JobRecoveryChanged():
            return replace(printer, recoverable=event.recoverable)
        case JobStarted() | JobProgressed() | JobFinished() | JobPaused() | JobResumed():
            return _reduce_job(printer, event)
        case JobObjectExcluded() | JobObjectRestored():
            return _reduce_objects(printer, event)
        case _:
            return _reduce_connection(printer, event)


def _reduce_connection(printer: PrinterState, event: Event) -> PrinterState:
    match event:
        case PrinterAttached():
            return event.state
        case PrinterConnected():
            connected = replace(printer, port=event.port, baud=event.baud, simulated=event.simulated)
            return replace(connected, error=None, unsafe=None)
        case PrinterDisconnected():
            nothing: Mapping[str, HeaterState] = MappingProxyType({})
            gone = replace(printer, heaters=nothing, position=None, firmware=None, link=None)
            return replace(gone, prompt=None, prompt_buttons=(), display_message="", tuning=Tuning())
        case PrinterStateChanged():
            status = _JOB_STATUS.get(event.status)
            job = replace(printer.job, status=status) if printer.job is not None and status else printer.job
            return replace(printer, status=event.status, job=job)
        case PrinterFirmwareIdentified():
            return replace(printer, firmware=event.firmware)
        case PrinterPromptShown():
            return replace(printer, prompt=event.message, prompt_buttons=event.buttons)
        case PrinterPromptClosed():
            return replace(printer, prompt=None, prompt_buttons=())
        case PrinterUnsafe():
            return replace(printer, unsafe=event.reason)
        case PrinterBedChanged():
            return replace(printer, bed=event.bed, bed_job=event.job)
        case PrinterPowerChanged():
            return replace(printer, power=event.power)
        case _:
            return printer


def _reduce_job(
    printer: PrinterState,
    event: JobStarted | JobProgressed | JobFinished | JobPaused | JobResumed,
) -> PrinterState:
    if isinstance(event, JobStarted):
        return replace(printer, job=_new_job(event), error=None)
    job = printer.job
    if job is None or job.id != event.job:
        return printer
    match event:
        case JobFinished():
            return replace(printer, job=None)
        case JobPaused():
            return replace(printer, job=replace(job, status=JobStatus.PAUSED))
        case JobResumed():
            return replace(printer, job=replace(job, status=JobStatus.PRINTING))
        case JobProgressed():
            return replace(printer, job=_progressed_job(job, event))


def _reduce_objects(printer: PrinterState, event: JobObjectExcluded | JobObjectRestored) -> PrinterState:
    job = printer.job
    if job is None or job.id != event.job:
        return printer
    others = tuple(one for one in job.excluded_objects if one != event.object)
    left_out = (*others, event.object) if isinstance(event, JobObjectExcluded) else others
    return replace(printer, job=replace(job, excluded_objects=left_out))


def _new_job(event: JobStarted) -> JobState:
    return JobState(
        id=event.job,
        file=event.file,
        lines_total=event.lines_total,
        bytes_total=event.bytes_total,
        layers_total=event.layers_total,
        started_at=event.at,
        actor=event.actor,
        excluded_objects=event.excluded_objects,
    )


def _progressed_job(job: JobState, event: JobProgressed) -> JobState:
    return replace(
        job,
        fraction=event.fraction,
        lines_done=event.lines_done,
        bytes_done=event.bytes_done,
        layer=event.layer,
        elapsed_seconds=event.elapsed_seconds,
        remaining_seconds=event.remaining_seconds,
        remaining_low_seconds=event.remaining_low_seconds,
        remaining_high_seconds=event.remaining_high_seconds,
        remaining_source=event.remaining_source,
    )
