"""What waits to be printed, and whether a printer's bed is free for it.

An entry asks for one file, `copies` times, on one printer or on any. Each copy is a job of its own; the entry names the one
that is under way, or was the last::

    queued ──its turn──► preparing ──first line──► printing ◄──pause, resume──► paused
      ▲                      │                        │
      ├──refused, not busy───┘                        ├──► completed (or queued again: copies are left)
      └──────────more copies──────────────────────────┘──► cancelled, failed, interrupted

Nothing starts by itself onto a bed that nobody has cleared: see BedState.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class EntryState(StrEnum):
    """Where an entry is; the last four are final."""

    QUEUED = "queued"
    PREPARING = "preparing"
    PRINTING = "printing"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


_ENDS = frozenset({EntryState.COMPLETED, EntryState.CANCELLED, EntryState.FAILED, EntryState.INTERRUPTED})

ENTRY_TRANSITIONS: Mapping[EntryState, frozenset[EntryState]] = MappingProxyType(
    {
        EntryState.QUEUED: frozenset({EntryState.QUEUED, EntryState.PREPARING, EntryState.PRINTING}) | _ENDS,
        EntryState.PREPARING: frozenset({EntryState.QUEUED, EntryState.PRINTING, EntryState.PAUSED}) | _ENDS,
        EntryState.PRINTING: frozenset({EntryState.QUEUED, EntryState.PAUSED}) | _ENDS,
        EntryState.PAUSED: frozenset({EntryState.QUEUED, EntryState.PRINTING}) | _ENDS,
        EntryState.COMPLETED: frozenset(),
        EntryState.CANCELLED: frozenset(),
        EntryState.FAILED: frozenset(),
        EntryState.INTERRUPTED: frozenset(),
    }
)
"""What may follow what; everything else is a defect of ours. Out of `queued` leads more than its turn: a job that was given up
may be heard of later."""


class BedState(StrEnum):
    """What is on a printer's bed, as far as anybody has said.

    unknown: nobody has looked since the first start, or since a job broke off. occupied: a job was started there, and what it
    made was not taken off. clear: somebody said so. Only from `clear` does the queue start anything.
    """

    UNKNOWN = "unknown"
    CLEAR = "clear"
    OCCUPIED = "occupied"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One wish to print.

    printer: None for any; printing_on: the one that prints it, or printed the last copy. job: the id of the job made for
    it, written here before that job is started; None while it waits for its (next) copy. priority: higher goes first, equal
    ones in the order they came. reason: why it is back in the queue, or how it ended.
    """

    id: str
    file: str
    printer: str | None = None
    copies: int = 1
    copies_done: int = 0
    priority: int = 0
    state: EntryState = EntryState.QUEUED
    printing_on: str | None = None
    job: str | None = None
    actor: str = ""
    added_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    reason: str = ""

    @property
    def is_over(self) -> bool:
        """Is there nothing more to come?"""
        return self.state in _ENDS

    @property
    def is_active(self) -> bool:
        """Is a job of it under way?"""
        return self.state not in _ENDS and self.state is not EntryState.QUEUED


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary:
    """The queue in short, for snapshots: entries that are not over, the ids of the next ten, and for each printer whose queue
    is held the reason."""

    length: int = 0
    next: tuple[str, ...] = ()
    held: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
