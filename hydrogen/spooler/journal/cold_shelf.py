"""The cold journals of one printer: the running job's is written, those of interrupted jobs are kept to be recovered.

What was found at the start and what happened since are in `jobs`; files are touched in threads, or before the loop serves
anybody. Whatever the disk does, the print goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.errors import HostError, NotFound
from hydrogen.model.job import RecoverableJob
from hydrogen.spooler.journal.cold_journal import ColdJournal
from hydrogen.spooler.journal.cold_record import ColdProgress
from hydrogen.spooler.journal.journal import JobHeader
from hydrogen.spooler.recovery.interrupted import (
    INTERRUPTED,
    InterruptedJob,
    discard,
    find_interrupted,
    leftover_files,
    outdated,
    read_journal,
    set_outcome,
)


class ColdShelf:
    """See the module's docstring. tell: a disk that takes nothing more."""

    def __init__(
        self,
        spool_dir: Path,
        printer: str,
        *,
        clock: Clock,
        log: Log,
        tell: Callable[[HostError], None] = lambda _: None,
    ) -> None:
        """Looks for what is there; blocks, for some milliseconds."""
        self.printer = printer
        self._spool_dir = spool_dir
        self._clock = clock
        self._log = log
        self._tell = tell
        self._running: ColdJournal | None = None
        self._ended: tuple[ColdJournal, str] | None = None
        self.jobs = find_interrupted(spool_dir, printer)

    @property
    def recoverable(self) -> RecoverableJob | None:
        """The youngest interrupted job, while nothing runs."""
        job = next((job for job in self.jobs if job.header.outcome == INTERRUPTED), None)
        if job is None or self._running is not None:
            return None
        progress = job.record.progress if job.record is not None else ColdProgress(offset=0)
        return RecoverableJob(
            job=job.job,
            file=job.header.file,
            interrupted_at=job.last_seen_at,
            fraction=progress.fraction,
            layer=progress.layer,
        )

    def find(self, job: str) -> InterruptedJob:
        """An interrupted job by its id. Raises NotFound."""
        for one in self.jobs:
            if one.job == job and one.header.outcome == INTERRUPTED:
                return one
        raise NotFound(f"there is no interrupted job {job[:100]!r} to recover", job=job[:100])

    # ------------------------------------------------------------------------------------------------- at the start

    def take_in(self, known: Collection[str], ended: Collection[str]) -> list[InterruptedJob]:
        """What nobody has told the end of, and is told now: jobs whose journal has no outcome, whose spooler died with the
        machine. They count as interrupted from here on. Blocks; to be called once, before the loop serves anybody.

        known: jobs that go on, or whose end this boot knows; ended: those among them that need no recovery.
        """
        cut_off = []
        for job in list(self.jobs):
            if job.job in ended:
                self._drop(job)
            elif job.header.outcome is None and job.job not in known:
                cut_off.append(job)
                self._mark(job)
        self._tidy()
        return cut_off

    def mark_interrupted(self, job: str) -> None:
        """The end of this job is known: it may be recovered. Blocks."""
        for one in list(self.jobs):
            if one.job == job and one.header.outcome is None:
                self._mark(one)

    def _mark(self, job: InterruptedJob) -> None:
        marked = replace(job, header=replace(job.header, outcome=INTERRUPTED))
        try:
            marked = set_outcome(job, INTERRUPTED)
        except OSError as error:
            self._log.warning("interrupted job was not marked on disk", job=job.job, error=error.strerror)
        self.jobs[self.jobs.index(job)] = marked

    def _tidy(self) -> None:
        now = self._clock.wall()
        for job in outdated([job for job in self.jobs if job.header.outcome is not None], now=now):
            self._drop(job)
        for path in leftover_files(self._spool_dir, now=now):
            path.unlink(missing_ok=True)

    def _drop(self, job: InterruptedJob) -> None:
        self.jobs = [one for one in self.jobs if one.job != job.job]
        try:
            discard(job)
        except OSError as error:
            self._log.warning("interrupted job was not removed", job=job.job, error=error.strerror)

    # ------------------------------------------------------------------------------------------------- the job that runs

    def open(self, header: JobHeader) -> None:
        """This job runs from now on, or runs on. Returns at once. What it continues is thrown away when the new job is as safe
        as the old one was."""
        former = [job for job in self.jobs if job.job == header.continues]
        self.jobs = [job for job in self.jobs if job.job not in (header.job, header.continues)]
        self._running = ColdJournal(
            self._spool_dir,
            replace(header, printer=self.printer, outcome=None),
            tell=self._tell,
            on_saved=lambda: _supersede(former),
        )

    def change(self, header: JobHeader) -> None:
        """Something else is to be known of the running job. Never waits."""
        if self._running is not None:
            self._running.change(replace(header, printer=self.printer, outcome=None))

    def note(self, progress: ColdProgress) -> None:
        """The running job has come so far. Never waits."""
        if self._running is not None:
            self._running.note(progress, now=self._clock.monotonic(), at=self._clock.wall())

    def close(self, outcome: str, progress: ColdProgress) -> None:
        """The running job is over. Does not wait: `settle` does."""
        if self._running is not None:
            self._running.close(outcome, progress, at=self._clock.wall())
            self._ended = (self._running, outcome)
            self._running = None

    async def settle(self) -> bool:
        """Wait until the end of the last job is on disk, as long as a disk is waited for; True if it can be recovered."""
        if self._ended is None:
            return False
        (journal, outcome), self._ended = self._ended, None
        is_written = await asyncio.to_thread(journal.join)
        if outcome != INTERRUPTED:
            return False
        found = await asyncio.to_thread(read_journal, journal.path)
        if not is_written or found is None or found.header.outcome != INTERRUPTED:
            self._log.warning("interrupted job is not on disk", job=journal.path.stem)
            return False
        self.jobs.insert(0, found)
        await asyncio.to_thread(self._tidy)
        return True

    async def discard(self, job: str) -> None:
        """Give an interrupted job up for good. Raises NotFound."""
        await asyncio.to_thread(self._drop, self.find(job))


def _supersede(former: Iterable[InterruptedJob]) -> None:
    """In the journal's thread. What cannot be removed grows old, and is tidied away then."""
    for job in former:
        with suppress(OSError):
            discard(job)
