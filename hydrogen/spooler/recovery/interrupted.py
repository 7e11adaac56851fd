"""Jobs that were cut off and lie on disk, to be recovered: found, concluded, thrown away.

A job counts as interrupted when its cold journal has no outcome (the power went) or says `interrupted`. Its journal and its
file stay until it is recovered, discarded, or older than what is kept.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hydrogen.spooler.journal.cold_journal import SUFFIX
from hydrogen.spooler.journal.cold_record import (
    FILE_BYTES,
    ColdRecord,
    encode_header,
    header_places,
    read_header,
    read_records,
)
from hydrogen.spooler.journal.journal import JobHeader

KEPT_JOBS = 5
"""Of one printer; an older one's print has long been taken off the bed."""

KEPT_SECONDS = 14 * 86_400.0

INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedJob:
    """What is left of a job. records: the youngest first; empty when the power went before the first was on disk."""

    header: JobHeader
    records: tuple[ColdRecord, ...]
    journal: Path
    generation: int

    @property
    def job(self) -> str:
        return self.header.job

    @property
    def record(self) -> ColdRecord | None:
        """The youngest."""
        return self.records[0] if self.records else None

    @property
    def spool_file(self) -> Path:
        return self.journal.with_name(Path(self.header.spool_file).name)

    @property
    def last_seen_at(self) -> float:
        """Wall time of its last sign of life."""
        return self.record.at if self.record is not None else self.header.started_at


def find_interrupted(spool_dir: Path, printer: str) -> list[InterruptedJob]:
    """What lies there of this printer's jobs, the one with the youngest sign of life first. Blocks; never raises."""
    found = [job for job in _journals(spool_dir) if job.header.printer == printer]
    return sorted(found, key=lambda job: job.last_seen_at, reverse=True)


def read_journal(path: Path) -> InterruptedJob | None:
    """One journal, whatever its outcome; None for a file that makes no sense. Blocks; never raises."""
    try:
        with path.open("rb") as file:
            image = file.read(FILE_BYTES)
    except OSError:
        return None
    header = read_header(image)
    if header is None:
        return None
    records = read_records(image, header[0].job)
    return InterruptedJob(header=header[0], records=tuple(records), journal=path, generation=header[1])


def set_outcome(job: InterruptedJob, outcome: str) -> InterruptedJob:
    """Blocks; raises OSError."""
    header, generation = replace(job.header, outcome=outcome), job.generation
    handle = os.open(job.journal, os.O_RDWR | os.O_CLOEXEC)
    try:
        for place in header_places():
            generation += 1
            os.pwrite(handle, encode_header(header, generation), place)
            os.fdatasync(handle)
    finally:
        os.close(handle)
    return replace(job, header=header, generation=generation)


def discard(job: InterruptedJob) -> None:
    """Throw away its file and its journal, so that nothing is offered any more. Blocks; raises OSError."""
    job.journal.unlink(missing_ok=True)
    job.spool_file.unlink(missing_ok=True)


def outdated(jobs: Collection[InterruptedJob], *, now: float) -> list[InterruptedJob]:
    """Those that are not worth keeping, of one printer's; `now` is wall time. A clock that went wrong keeps too much."""
    youngest_first = sorted(jobs, key=lambda job: job.last_seen_at, reverse=True)
    return [
        job
        for place, job in enumerate(youngest_first)
        if place >= KEPT_JOBS or now - job.last_seen_at > KEPT_SECONDS or job.header.outcome not in (None, INTERRUPTED)
    ]


def leftover_files(spool_dir: Path, *, now: float) -> list[Path]:
    """Job files without a journal (the disk was full when they were printed) and journals that were not finished, which
    nobody has touched for as long as jobs are kept. Blocks; never raises."""
    try:
        alone = [path for path in spool_dir.glob("*.gcode") if not path.with_suffix(SUFFIX).exists()]
        alone += spool_dir.glob(f"*{SUFFIX}.tmp")
        return [path for path in alone if now - path.stat().st_ctime > KEPT_SECONDS]
    except OSError:
        return []


def _journals(spool_dir: Path) -> Iterator[InterruptedJob]:
    try:
        paths = sorted(spool_dir.glob(f"*{SUFFIX}"))
    except OSError:
        return
    for path in paths:
        job = read_journal(path)
        if job is not None:
            yield job
