"""What is on disk of the job that runs: its header beside the hot journal, its spool file, its cold journal on the shelf.

The header is closed in the same breath as `job.finished` is published, before the service can acknowledge it: so after a
kill -9 the next spooler knows whether the terminal event was made (it lies in the outbox, or the header is closed), or the
job is its own to go on with.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from hydrogen.core.log import Log
from hydrogen.devices.driver import PrinterConnection, ResumePoint
from hydrogen.devices.parking import HeadPlace
from hydrogen.errors import DiskFull
from hydrogen.gcode.link.resumption import Resumption
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome, JobStatus
from hydrogen.model.printer import Firmware, Tuning
from hydrogen.spooler.job.preflight import PreparedJob
from hydrogen.spooler.journal.cold_record import ColdProgress
from hydrogen.spooler.journal.cold_shelf import ColdShelf
from hydrogen.spooler.journal.journal import ExcludedObject, HotJournal, JobHeader, read_job_header

INTERRUPTED = "interrupted"
"""The error code of a job that could not be finished though nothing is wrong with it: the printer was reset, the process was
stopped, the power went. On the wire its outcome is `failed`."""

_NO_USE_TO_RECOVER = frozenset({"file_unreadable", "line_refused", "file_rejected"})
"""Codes of failures that would come again at the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """What a connection found out that the next one need not find out again; see PrinterConnection."""

    baud: int | None = None
    firmware: Firmware | None = None
    port_identity: str = ""
    receive_buffer: tuple[int, ...] = ()
    tuning: Tuning | None = None

    @classmethod
    def of(cls, connection: PrinterConnection) -> ConnectionFacts:
        return cls(
            baud=connection.baud,
            firmware=connection.firmware,
            port_identity=connection.port_identity,
            receive_buffer=connection.receive_buffer,
            tuning=connection.tuning.value,
        )


class JobArchive:
    """One header at a time. Writes are small and go to tmpfs."""

    def __init__(self, path: Path, journal: HotJournal, shelf: ColdShelf, log: Log) -> None:
        self._path = path
        self._journal = journal
        self._shelf = shelf
        self._log = log
        self._job: PreparedJob | None = None
        self._header = read_job_header(path)
        self._resumption: Resumption | None = None

    def open(
        self,
        job: PreparedJob,
        *,
        actor: str,
        started_at: float,
        facts: ConnectionFacts | None = None,
    ) -> None:
        """The job is about to start. Raises DiskFull when the header cannot be written; the job is discarded then."""
        known = facts or ConnectionFacts()
        header = JobHeader(
            job=job.id,
            file=job.file,
            actor=actor,
            spool_file=job.spool_file.name,
            size_bytes=job.size_bytes,
            inode=job.inode,
            sha256=job.sha256,
            lines_total=job.outline.lines_total,
            layers_total=job.layers_total,
            started_at=started_at,
            sequence=self._journal.sequence,
            baud=known.baud,
            firmware=known.firmware,
            port_identity=known.port_identity,
            receive_buffer=known.receive_buffer,
            printer=self._shelf.printer,
            continues=job.continues,
            start=job.start,
            lines_before=job.lines_before,
            opening=job.opening,
            excluded=job.excluded,
            tuning=known.tuning,
            tuning_offset=job.first_offset,
        )
        try:
            header.write(self._path)
        except OSError as error:
            job.discard()
            raise DiskFull(f"the job's header {self._path.name} cannot be written: {error.strerror}") from error
        self._job, self._header = job, header
        self._shelf.open(header)

    def note(self, progress: ColdProgress) -> None:
        """The job has come so far; written to disk now and then."""
        latest = self._journal.latest
        if latest is not None:
            progress = replace(progress, number=latest.acknowledged, epoch=latest.epoch)
        self._shelf.note(self._completed(progress))

    def close(self, finished: JobFinished, progress: ColdProgress) -> None:
        """The job has its terminal event; `progress` is the last that is known of it. The files of one that can be recovered
        stay."""
        acknowledged, given = self._last_places()
        offset = max(progress.offset, acknowledged, 0)
        may_be_recovered = (
            finished.outcome is JobOutcome.FAILED
            and finished.error_code not in _NO_USE_TO_RECOVER
            and (offset > 0 or finished.error_code == INTERRUPTED)
        )
        self._shelf.close(
            INTERRUPTED if may_be_recovered else finished.outcome.value,
            replace(self._completed(progress), offset=offset, given_offset=max(offset, given)),
        )
        self._close_header(INTERRUPTED if finished.error_code == INTERRUPTED else finished.outcome.value)
        if self._job is not None and not may_be_recovered:
            self._discard(self._job.spool_file)
        self._job = None

    def _completed(self, progress: ColdProgress) -> ColdProgress:
        """With what the header knows besides."""
        header = self._header
        if header is None:
            return progress
        return replace(progress, is_aside=self.is_aside, tuning=header.tuning, tuning_offset=header.tuning_offset)

    def _last_places(self) -> tuple[int, int]:
        """How much of the job was acknowledged for certain, and how much was given, by the hot journal; -1: not known.

        A printer that was reset has begun another numbering since; what was known before its port was opened still holds.
        """
        header = self._header
        if header is None:
            return -1, -1
        places = [
            known.offset(known.numbering.acknowledged, since=header.sequence)
            for known in (self._resumption, self._journal.resumption())
            if known is not None and known.youngest >= header.sequence
        ]
        given = self._journal.farthest(since=header.sequence)
        return max((place for place in places if place is not None), default=-1), -1 if given is None else given

    def left_open(self, finished_jobs: Collection[str]) -> JobHeader | None:
        """The job of a spooler that died while it ran; None if there is none, or its terminal event was made already."""
        header = self._header
        if header is None or header.outcome is not None or header.job in finished_jobs:
            return None
        return header

    def take_over(self, job: PreparedJob) -> None:
        """The job that was left open is this spooler's now."""
        self._job = job
        if self._header is not None:
            self._shelf.open(self._header)

    @property
    def last_job(self) -> tuple[str, str | None] | None:
        """The job of the header, and its outcome; None without a header: the machine was started anew, or never printed."""
        return None if self._header is None else (self._header.job, self._header.outcome)

    def note_status(self, status: JobStatus) -> None:
        """What the job is doing, for whoever comes after us."""
        if self._header is not None and self._header.outcome is None and self._header.status is not status:
            self._write(replace(self._header, status=status))

    def note_place(self, place: HeadPlace | None) -> None:
        """Where the job's head was when it stepped aside; None once it is back."""
        if self._header is not None and self._header.outcome is None:
            self._write(replace(self._header, place=place))

    @property
    def excluded(self) -> tuple[ExcludedObject, ...]:
        """What the firmware was told to leave out of the job that runs."""
        return () if self._header is None or self._header.outcome is not None else self._header.excluded

    def note_excluded(self, excluded: tuple[ExcludedObject, ...]) -> None:
        """The firmware is about to be told to leave these out, for whoever comes after us; on disk too, as a board that loses
        its power forgets them."""
        if self._header is not None and self._header.outcome is None and self._header.excluded != excluded:
            self._write(replace(self._header, excluded=excluded))
            self._shelf.change(self._header)

    @property
    def tuning(self) -> tuple[Tuning, int]:
        """Fans, speed and flow as they were noted last, and the place in the stream that they were so at."""
        header = self._header
        if header is None or header.tuning is None:
            return Tuning(), 0 if header is None else header.tuning_offset
        return header.tuning, header.tuning_offset

    def note_tuning(self, tuning: Tuning, offset: int) -> None:
        """So they are now, where the printer has acknowledged the stream up to `offset`; for whoever comes after us."""
        if self._header is not None and self._header.outcome is None and self._header.tuning != tuning:
            self._write(replace(self._header, tuning=tuning, tuning_offset=offset))

    @property
    def is_aside(self) -> bool:
        """Has the job's head stepped aside, or been about to?"""
        return self._header is not None and self._header.place is not None

    def note_connection(self, facts: ConnectionFacts) -> None:
        """The job goes on with this one."""
        if self._header is not None:
            self._write(
                replace(
                    self._header,
                    baud=facts.baud,
                    firmware=facts.firmware,
                    port_identity=facts.port_identity,
                    receive_buffer=facts.receive_buffer,
                )
            )

    def resume_point(self) -> ResumePoint | None:
        """Where the job's numbering stands; None without a job or without a journal of it. Ask before the port is opened: what
        is journalled from then on is another story."""
        header, known = self._header, self._journal.resumption()
        if header is None or known is None or header.outcome is not None:
            return None
        self._resumption = known
        return ResumePoint.of(
            known.numbering,
            baud=header.baud,
            firmware=header.firmware,
            port_identity=header.port_identity,
            receive_buffer=header.receive_buffer,
        )

    def offset_behind(self, number: int) -> int | None:
        """Where the job stands in its file when the printer has accepted the lines up to `number`, by what `resume_point`
        found; None: not known."""
        header, known = self._header, self._resumption
        if header is None or known is None:
            return None
        if known.youngest < header.sequence:
            return header.start - len(header.opening)  # nothing was recorded since the job began, so nothing was sent
        return known.offset(number, since=header.sequence)

    def _close_header(self, outcome: str) -> None:
        if self._header is not None:
            self._write(replace(self._header, outcome=outcome))

    def _write(self, header: JobHeader) -> None:
        self._header = header
        try:
            header.write(self._path)
        except OSError as error:
            self._log.warning("job header was not written", error=error.strerror)
            self._path.unlink(missing_ok=True)

    def _discard(self, spool_file: Path) -> None:
        try:
            spool_file.unlink(missing_ok=True)
        except OSError as error:
            self._log.warning("spool file was not removed", file=spool_file.name, error=error.strerror)
