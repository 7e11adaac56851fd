"""A job: one file on its way through one printer.

::

    printing ──pause──► pausing ──drained──► paused ──resume──► resuming ──► printing
       │  │                │                    │                   │
       │  └──file ended──► finishing ──M400 and probe──► finished (completed)
       └── any of them ──cancel──► cancelling ──drained──► finished (cancelled)
           any of them ──fault───────────────────────────► finished (failed)
           any but cancelling ──link lost──► link_lost ──the printer is back, not reset──► printing, pausing or paused
                                                 └──reset, or cancelled──► finished (failed, cancelled)

Exactly one `JobFinished` is made for each job, by the spooler.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job is; `finished` is terminal. In `link_lost` it waits for its printer to come back."""

    PRINTING = "printing"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    FINISHING = "finishing"
    CANCELLING = "cancelling"
    LINK_LOST = "link_lost"
    FINISHED = "finished"


class JobOutcome(StrEnum):
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


JOB_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PRINTING: frozenset(
        {JobStatus.PAUSING, JobStatus.FINISHING, JobStatus.CANCELLING, JobStatus.LINK_LOST, JobStatus.FINISHED},
    ),
    JobStatus.PAUSING: frozenset(
        {JobStatus.PAUSED, JobStatus.RESUMING, JobStatus.CANCELLING, JobStatus.LINK_LOST, JobStatus.FINISHED},
    ),
    JobStatus.PAUSED: frozenset(
        {JobStatus.RESUMING, JobStatus.CANCELLING, JobStatus.LINK_LOST, JobStatus.FINISHED},
    ),
    JobStatus.RESUMING: frozenset(
        {JobStatus.PRINTING, JobStatus.PAUSING, JobStatus.CANCELLING, JobStatus.LINK_LOST, JobStatus.FINISHED},
    ),
    JobStatus.FINISHING: frozenset({JobStatus.CANCELLING, JobStatus.LINK_LOST, JobStatus.FINISHED}),
    JobStatus.CANCELLING: frozenset({JobStatus.FINISHED}),
    JobStatus.LINK_LOST: frozenset(
        {JobStatus.PRINTING, JobStatus.PAUSING, JobStatus.PAUSED, JobStatus.FINISHED},
    ),
    JobStatus.FINISHED: frozenset(),
}
"""What may follow what; everything else is a defect of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The job of a printer as clients see it.

    id: unique for ever, given by the service. file: path below the files folder. lines_done counts lines the printer has
    acknowledged, of lines_total lines that carry a command; bytes_done is the offset in the file behind the last of them.
    fraction is 0.0 to 1.0 by expected time where the file tells it, else by bytes. layer counts from 1, 0 before the first;
    layers_total is None for files without layer marks. elapsed_seconds leaves out pauses. remaining_seconds is an estimate, a
    heat-up not counted; the truth is expected between its low and its high (nine times in ten). remaining_source is what it
    rests on most: `m73`, `slicer` (the file's header), `model` (computed from the moves), `history` (the same file before) or
    `pace` (how this print went so far); empty while there is none. excluded_objects: ids of those that the firmware was told to
    leave out, in the interrupted job that this one takes up as well.
    """

    id: str
    file: str
    status: JobStatus = JobStatus.PRINTING
    fraction: float = 0.0
    lines_done: int = 0
    lines_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    layer: int = 0
    layers_total: int | None = None
    elapsed_seconds: float = 0.0
    remaining_seconds: float | None = None
    remaining_low_seconds: float | None = None
    remaining_high_seconds: float | None = None
    remaining_source: str = ""
    started_at: float | None = None
    actor: str = ""
    excluded_objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverableJob:
    """An interrupted job that can be taken up again, once somebody has seen its recovery plan and approved it.

    job and file: as in JobState. interrupted_at: its last sign of life. fraction and layer: how far it had come.
    """

    job: str
    file: str
    interrupted_at: float | None = None
    fraction: float = 0.0
    layer: int = 0
