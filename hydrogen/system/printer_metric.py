"""The metrics of each printer: its heaters, its job, its link, and the queue before it."""

from __future__ import annotations

from collections.abc import Iterator

from hydrogen.model.backlog import BedState
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import OK_BUCKETS_SECONDS, LinkStatistics, PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.system.event_tally import EventTally
from hydrogen.system.metric import Buckets, Metric, Reading

MOST_HEATERS = 32
"""Of one printer; a firmware that reported more would be confused, and is cut short."""

_PRINTER = ("printer",)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}", kind="gauge", help=text, labels=(*_PRINTER, *labels))


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}_total", kind="counter", help=text, labels=(*_PRINTER, *labels))


STATE = _gauge("printer_state", "1 for the state that the printer is in, 0 for the others.", "state")
CONNECTED = _gauge("printer_connected", "1 while the printer takes commands.")
UNSAFE = _gauge("printer_unsafe", "1 while the printer may be hot and nobody can turn it off.")
PROMPT = _gauge("printer_prompt_shown", "1 while the printer waits for a person's answer.")
BED_CLEAR = _gauge("printer_bed_clear", "1 while the bed is known to be clear.")
ERRORS = _counter("printer_errors", "Errors told since the service started; an empty printer is the house.", "code")

TEMPERATURE = _gauge("heater_temperature_celsius", "What the heater's sensor reads.", "heater")
TARGET = _gauge("heater_target_celsius", "What the heater is set to; 0 is off.", "heater")
POWER = _gauge("heater_power_ratio", "Power of the heater, 0 to 1.", "heater")

PROGRESS = _gauge("job_progress_ratio", "How far the job is, 0 to 1.")
LAYER = _gauge("job_layer", "The layer that is printed, from 1; 0 before the first.")
LAYERS = _gauge("job_layers", "Layers of the job's file.")
LINES = _gauge("job_lines", "Lines with a command in the job's file.")
LINES_DONE = _gauge("job_lines_done", "Lines of the job that the printer has acknowledged.")
ELAPSED = _gauge("job_elapsed_seconds", "Time printed so far, without pauses.")
REMAINING = _gauge("job_remaining_seconds", "The estimate of what is left.")
REMAINING_LOW = _gauge("job_remaining_low_seconds", "No less is left, nine times in ten.")
REMAINING_HIGH = _gauge("job_remaining_high_seconds", "No more is left, nine times in ten.")
FINISHED = _counter("jobs_finished", "Jobs that ended since the service started.", "outcome")
PRINTED = _counter("jobs_printed_seconds", "Time of the jobs that ended since the service started, without pauses.")

QUEUE = Metric(name="hydrogen_queue_entries", kind="gauge", help="Entries of the queue that are not over.")
QUEUE_HELD = _gauge("queue_held", "1 while the printer's queue starts nothing.")

LINES_SENT = _counter("link_lines_sent", "Numbered lines on the wire, repeats included.")
LINES_ACKNOWLEDGED = _counter("link_lines_acknowledged", "Lines that the printer has acknowledged.")
SENT_BYTES = _counter("link_sent_bytes", "Bytes of those lines as they went out.")
FAULTS = _counter(
    "link_faults",
    "What went wrong on the wire: Resend lines obeyed, silences that ended in a repair, oks that nothing explains, lines that "
    "may have run twice.",
    "kind",
)
QUESTIONS = _counter("link_questions", "What silence made the link ask.", "kind")
OK_SECONDS = Metric(
    name="hydrogen_link_ok_seconds",
    kind="histogram",
    help="Time from a line's sending to its ok, over the wire and through the printer's buffers.",
    labels=_PRINTER,
)
ROUND_TRIP = _gauge("link_round_trip_seconds", "The same, smoothed, for lines that were alone on their way.")
WINDOW_LINES = _gauge("link_window_lines", "Lines that may be on their way at once; 1 is a shut window.")
WINDOW_BYTES = _gauge("link_window_bytes", "Bytes that may be on their way at once; 0 is a shut window.")

PRINTER_METRICS: tuple[Metric, ...] = (
    STATE,
    CONNECTED,
    UNSAFE,
    PROMPT,
    BED_CLEAR,
    ERRORS,
    TEMPERATURE,
    TARGET,
    POWER,
    PROGRESS,
    LAYER,
    LAYERS,
    LINES,
    LINES_DONE,
    ELAPSED,
    REMAINING,
    REMAINING_LOW,
    REMAINING_HIGH,
    FINISHED,
    PRINTED,
    QUEUE,
    QUEUE_HELD,
    LINES_SENT,
    LINES_ACKNOWLEDGED,
    SENT_BYTES,
    FAULTS,
    QUESTIONS,
    OK_SECONDS,
    ROUND_TRIP,
    WINDOW_LINES,
    WINDOW_BYTES,
)


def printer_readings(state: State, tally: EventTally) -> Iterator[Reading]:
    """All that is known of all printers. What is not known has no reading: absent is not zero."""
    yield Reading(QUEUE, state.queue.length)
    for (printer, code), count in tally.errors.items():
        yield Reading(ERRORS, count, (printer, code))
    for name, printer_state in state.printers.items():
        yield from _printer(name, printer_state)
        yield Reading(QUEUE_HELD, name in state.queue.held, (name,))
        yield from _past(name, tally)
        if printer_state.job is not None:
            yield from _job(name, printer_state.job)
        link = tally.link(name)
        if link is not None:
            yield from _link(name, link, is_connected=printer_state.link is not None)


def _printer(name: str, printer: PrinterState) -> Iterator[Reading]:
    for status in PrinterStatus:
        yield Reading(STATE, printer.status is status, (name, status.value))
    yield Reading(CONNECTED, printer.firmware is not None, (name,))
    yield Reading(UNSAFE, printer.unsafe is not None, (name,))
    yield Reading(PROMPT, printer.prompt is not None, (name,))
    yield Reading(BED_CLEAR, printer.bed is BedState.CLEAR, (name,))
    for heater, heats in sorted(printer.heaters.items())[:MOST_HEATERS]:
        labels = (name, heater)
        yield from _known(TEMPERATURE, heats.actual_celsius, labels)
        yield from _known(TARGET, heats.target_celsius, labels)
        yield from _known(POWER, heats.power, labels)


def _job(name: str, job: JobState) -> Iterator[Reading]:
    labels = (name,)
    yield Reading(PROGRESS, job.fraction, labels)
    yield Reading(LAYER, job.layer, labels)
    yield from _known(LAYERS, job.layers_total, labels)
    yield Reading(LINES, job.lines_total, labels)
    yield Reading(LINES_DONE, job.lines_done, labels)
    yield Reading(ELAPSED, job.elapsed_seconds, labels)
    yield from _known(REMAINING, job.remaining_seconds, labels)
    yield from _known(REMAINING_LOW, job.remaining_low_seconds, labels)
    yield from _known(REMAINING_HIGH, job.remaining_high_seconds, labels)


def _past(name: str, tally: EventTally) -> Iterator[Reading]:
    for outcome in JobOutcome:
        yield Reading(FINISHED, tally.jobs[name, outcome.value], (name, outcome.value))
    yield Reading(PRINTED, tally.printed_seconds[name], (name,))


def _link(name: str, link: LinkStatistics, *, is_connected: bool) -> Iterator[Reading]:
    labels = (name,)
    yield Reading(LINES_SENT, link.lines_sent, labels)
    yield Reading(LINES_ACKNOWLEDGED, link.lines_acknowledged, labels)
    yield Reading(SENT_BYTES, link.bytes_sent, labels)
    yield Reading(FAULTS, link.resends, (name, "resend"))
    yield Reading(FAULTS, link.stalls, (name, "stall"))
    yield Reading(FAULTS, link.surplus_acknowledgements, (name, "surplus_ok"))
    yield Reading(FAULTS, link.possible_duplicates, (name, "possible_duplicate"))
    yield Reading(QUESTIONS, link.probes, (name, "probe"))
    yield Reading(QUESTIONS, link.barriers, (name, "barrier"))
    if len(link.ok_counts) == len(OK_BUCKETS_SECONDS) + 1:
        yield Reading(OK_SECONDS, Buckets(OK_BUCKETS_SECONDS, link.ok_counts, link.ok_seconds), labels)
    if is_connected:
        yield from _known(ROUND_TRIP, link.round_trip_seconds, labels)
        yield Reading(WINDOW_LINES, link.window_lines, labels)
        yield Reading(WINDOW_BYTES, link.window_bytes, labels)


def _known(metric: Metric, value: float | None, labels: tuple[str, ...]) -> Iterator[Reading]:
    if value is not None:
        yield Reading(metric, value, labels)
