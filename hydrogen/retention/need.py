"""What somebody needs, and what could therefore not be done without: the one thing that no policy overrules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hydrogen.model.backlog import QueueEntry
from hydrogen.model.state import State
from hydrogen.retention.item import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """jobs: that run, wait for their printer, are queued, lie on a bed or can be recovered. files: that those are made of.
    printers: all that are configured. unheard: those among them whose spooler has not told yet what it holds: as long as there
    is one, everything that could be its job's is needed."""

    jobs: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    printers: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()

    def why(self, item: Item) -> str:
        """Why this must stay, as a sentence; "" if nobody needs it."""
        if item.needed:
            return item.needed
        if item.job and item.job in self.jobs:
            return f"job {item.job} runs, waits or can be recovered"
        if item.file and item.file in self.files:
            return f"a job or the queue needs {item.file}"
        if item.may_be_a_jobs and self.unheard:
            return f"printer {min(self.unheard)} has not been heard yet: it may need this"
        return ""


def need_of(state: State, queue: Iterable[QueueEntry], attached: Iterable[str]) -> Need:
    """What the house needs at this moment. attached: printers whose spooler is there."""
    printers = frozenset(state.printers)
    wanted = list(_wanted(state, queue))
    return Need(
        jobs=frozenset(job for job, _ in wanted if job),
        files=frozenset(file for _, file in wanted if file),
        printers=printers,
        unheard=printers - frozenset(attached),
    )


def _wanted(state: State, queue: Iterable[QueueEntry]) -> Iterator[tuple[str, str]]:
    """Jobs with their files; each may be empty."""
    for printer in state.printers.values():
        if printer.job is not None:
            yield printer.job.id, printer.job.file
        if printer.recoverable is not None:
            yield printer.recoverable.job, printer.recoverable.file
        if printer.bed_job:
            yield printer.bed_job, ""
    for entry in queue:
        yield entry.job or "", entry.file
