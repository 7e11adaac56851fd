"""What goes into a job's receipt, collected while it runs. Pure: told every event and the monotonic time.

Bounded whatever happens: MOST_NOTES of each kind, the first ones (the later ones are most often the same again); what is left
out is counted. Texts are cut. So a receipt fits a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from hydrogen.model.events import (
    ErrorRaised,
    Event,
    JobFinished,
    JobPaused,
    JobResumed,
    LinkMeasured,
    PrinterPromptShown,
    PrinterStateChanged,
    TemperatureMeasured,
)
from hydrogen.model.printer import LinkStatistics, PrinterStatus
from hydrogen.model.receipt import HeaterRecord, NoteRecord, PauseRecord, Receipt

BAND_CELSIUS = 5.0
"""Farther than this from its target a heater is out of its band: Marlin's own protection acts at 4 °C (hotend) and 2 °C (bed)
below, after tens of seconds; a regulator that swings by 3 °C is common and prints well."""

LONGEST_STEP_SECONDS = 10.0
"""More time than this between two measurements counts as this much: nobody knows what was in between."""

MOST_NOTES = 25
MOST_HEATERS = 16

TEXT_BYTES = 300
"""A sentence, as UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHead:
    """What is known when the job starts; field meanings are those of Receipt."""

    job: str
    file: str
    actor: str
    started_at: float
    lines_total: int
    bytes_total: int
    source_sha256: str
    continues: str | None = None
    is_complete: bool = True


class ReceiptBook:
    """One job's. `note` every event, `count` the link's counters, in the end `receipt`."""

    def __init__(self, head: ReceiptHead, statistics: LinkStatistics | None) -> None:
        """statistics: of the link before the first line."""
        self._head = head
        self._tally = _Tally(statistics or LinkStatistics())
        self._heaters: dict[str, _HeaterWatch] = {}
        self._pauses: list[PauseRecord] = []
        self._paused: tuple[JobPaused, float] | None = None
        self._paused_seconds = 0.0
        self._prompts: list[NoteRecord] = []
        self._errors: list[NoteRecord] = []
        self._losses: list[NoteRecord] = []
        self._is_lost = False
        self._left_out = 0

    @property
    def job(self) -> str:
        return self._head.job

    def count(self, statistics: LinkStatistics | None) -> None:
        """The counters of the link that is there now; they begin anew with each connection."""
        if statistics is not None:
            self._tally.count(statistics)

    def note(self, event: Event, now: float) -> None:
        """Something happened to this printer."""
        match event:
            case TemperatureMeasured():
                self._note_temperature(event, now)
            case LinkMeasured(statistics=statistics):
                self.count(statistics)
            case JobPaused():
                self._end_pause(now)
                self._paused = (event, now)
            case JobResumed():
                self._end_pause(now)
            case PrinterPromptShown(message=message):
                self._add(self._prompts, NoteRecord(noted_at=event.at, text=_cut(message)))
            case ErrorRaised(error=error):
                text = _cut(error.message)
                self._add(self._errors, NoteRecord(noted_at=event.at, text=text, code=error.code))
            case PrinterStateChanged():
                self._note_status(event)
            case _:
                pass

    def receipt(self, finished: JobFinished, now: float) -> Receipt:
        """The record of the job that ended with `finished`; the digests are still to be found."""
        self._end_pause(now)
        head = self._head
        return Receipt(
            job=head.job,
            file=head.file,
            outcome=finished.outcome,
            reason=finished.reason,
            error_code=finished.error_code,
            actor=head.actor,
            ended_by=finished.actor,
            continues=head.continues,
            started_at=head.started_at,
            finished_at=finished.at,
            elapsed_seconds=round(finished.elapsed_seconds, 3),
            lines_done=finished.lines_done,
            lines_total=head.lines_total,
            bytes_done=finished.bytes_done,
            bytes_total=head.bytes_total,
            source_sha256=head.source_sha256,
            resends=finished.resends,
            stalls=finished.stalls,
            probes=self._tally.probes,
            barriers=self._tally.barriers,
            possible_duplicates=finished.possible_duplicates,
            heaters=MappingProxyType({name: watch.record() for name, watch in sorted(self._heaters.items())}),
            pauses=tuple(self._pauses),
            paused_seconds=round(self._paused_seconds, 3),
            prompts=tuple(self._prompts),
            errors=tuple(self._errors),
            link_losses=tuple(self._losses),
            left_out=self._left_out,
            is_complete=head.is_complete,
        )

    def _note_temperature(self, event: TemperatureMeasured, now: float) -> None:
        watch = self._heaters.get(event.heater)
        if watch is None:
            if len(self._heaters) >= MOST_HEATERS:
                return
            watch = self._heaters[event.heater] = _HeaterWatch()
        watch.measure(event.actual_celsius, event.target_celsius, now)

    def _note_status(self, event: PrinterStateChanged) -> None:
        was_lost, self._is_lost = self._is_lost, event.status is PrinterStatus.LINK_LOST
        if self._is_lost and not was_lost:
            self._add(self._losses, NoteRecord(noted_at=event.at, text=_cut(event.reason)))

    def _end_pause(self, now: float) -> None:
        if self._paused is None:
            return
        (event, since), self._paused = self._paused, None
        seconds = max(0.0, now - since)
        self._paused_seconds += seconds
        record = PauseRecord(began_at=event.at, seconds=round(seconds, 3), reason=_cut(event.reason), actor=event.actor)
        if len(self._pauses) < MOST_NOTES:
            self._pauses.append(record)
        else:
            self._left_out += 1

    def _add(self, notes: list[NoteRecord], note: NoteRecord) -> None:
        if len(notes) < MOST_NOTES:
            notes.append(note)
        else:
            self._left_out += 1


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:TEXT_BYTES].decode("utf-8", "ignore")


class _Tally:
    """Probes and barriers of all the connections that a job had: the counters begin anew with each."""

    def __init__(self, before: LinkStatistics) -> None:
        self._last = before
        self.probes = 0
        self.barriers = 0

    def count(self, now: LinkStatistics) -> None:
        before = self._last
        if now.lines_sent < before.lines_sent or now.probes < before.probes or now.barriers < before.barriers:
            before = LinkStatistics()
        self.probes += now.probes - before.probes
        self.barriers += now.barriers - before.barriers
        self._last = now


class _HeaterWatch:
    """One heater against its target, once it has been there."""

    def __init__(self) -> None:
        self._target: float | None = None
        self._has_reached = False
        self._measured_at: float | None = None
        self._last_target: float | None = None
        self._lowest: float | None = None
        self._highest: float | None = None
        self._inside = 0.0
        self._outside = 0.0

    def measure(self, actual: float | None, target: float | None, now: float) -> None:
        if target != self._target:
            self._target, self._has_reached = target, False
            self._last_target = target or self._last_target
        if actual is None or not target:
            self._measured_at = None
            return
        is_inside = abs(actual - target) <= BAND_CELSIUS
        if self._has_reached:
            self._lowest = actual if self._lowest is None else min(self._lowest, actual)
            self._highest = actual if self._highest is None else max(self._highest, actual)
            self._add_time(now, is_inside=is_inside)
        self._has_reached = self._has_reached or is_inside
        self._measured_at = now

    def record(self) -> HeaterRecord:
        return HeaterRecord(
            last_target_celsius=self._last_target,
            min_celsius=self._lowest,
            max_celsius=self._highest,
            in_band_seconds=round(self._inside, 3),
            out_of_band_seconds=round(self._outside, 3),
        )

    def _add_time(self, now: float, *, is_inside: bool) -> None:
        step = 0.0 if self._measured_at is None else min(max(0.0, now - self._measured_at), LONGEST_STEP_SECONDS)
        if is_inside:
            self._inside += step
        else:
            self._outside += step


def receipt_of_end(finished: JobFinished) -> Receipt:
    """Of a job whose process died between its end and its receipt: what the end tells."""
    return Receipt(
        job=finished.job,
        file=finished.file,
        outcome=finished.outcome,
        reason=finished.reason,
        error_code=finished.error_code,
        ended_by=finished.actor,
        finished_at=finished.at,
        elapsed_seconds=round(finished.elapsed_seconds, 3),
        lines_done=finished.lines_done,
        lines_total=finished.lines_total,
        bytes_done=finished.bytes_done,
        resends=finished.resends,
        stalls=finished.stalls,
        possible_duplicates=finished.possible_duplicates,
        is_complete=False,
    )
