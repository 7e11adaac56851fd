"""What is on disk of the job that runs: its header beside the journal, its spool file.

The header is closed in the same breath as `job.finished` is published, before the service can acknowledge it: so after a
kill -9 the next spooler knows whether the terminal event was made (it lies in the outbox, or the header is closed) or has
to be made by it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from hydrogen.core.log import Log
from hydrogen.errors import DiskFull
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.journal import HotJournal, JobHeader, read_job_header
from hydrogen.spooler.preflight import PreparedJob


class JobArchive:
    """One header at a time. Writes are small and go to tmpfs."""

    def __init__(self, path: Path, spool_dir: Path, journal: HotJournal, log: Log) -> None:
        self._path = path
        self._spool_dir = spool_dir
        self._journal = journal
        self._log = log
        self._job: PreparedJob | None = None
        self._header = read_job_header(path)

    def open(self, job: PreparedJob, *, actor: str, started_at: float) -> None:
        """The job is about to start. Raises DiskFull when the header cannot be written; the job is discarded then."""
        header = JobHeader(
            job=job.id,
            file=job.file,
            actor=actor,
            spool_file=job.spool_file.name,
            size_bytes=job.size_bytes,
            inode=job.inode,
            sha256=job.sha256,
            lines_total=job.outline.lines_total,
            started_at=started_at,
        )
        try:
            header.write(self._path)
        except OSError as error:
            job.discard()
            raise DiskFull(f"the job's header {self._path.name} cannot be written: {error.strerror}") from error
        self._job, self._header = job, header

    def close(self, finished: JobFinished) -> None:
        """The job has its terminal event."""
        outcome = "interrupted" if finished.error_code == "interrupted" else finished.outcome.value
        self._close_header(outcome)
        if self._job is not None:
            self._discard(self._job.spool_file)
            self._job = None

    def orphan(self, finished_jobs: Collection[str]) -> JobFinished | None:
        """The terminal event of a job whose spooler died without making it; `at` is still to be set."""
        header = self._header
        if header is None or header.outcome is not None or header.job in finished_jobs:
            return None
        return JobFinished(
            at=0.0,
            job=header.job,
            file=header.file,
            outcome=JobOutcome.FAILED,
            reason="the process that printed it died; the printer was not given anything more",
            actor="",
            error_code="spooler_lost",
            lines_total=header.lines_total,
            bytes_done=self._last_offset(),
        )

    def close_orphan(self) -> None:
        """The orphan's terminal event was published; its spool file stays for whoever wants to look at it."""
        self._close_header("interrupted")

    def _last_offset(self) -> int:
        """How much of the file was sent at most."""
        last = self._journal.last()
        if last is None:
            return 0
        return max(0, *(r.offset for r in self._journal.records() if r.epoch == last.epoch), 0)

    def _close_header(self, outcome: str) -> None:
        if self._header is None:
            return
        self._header = replace(self._header, outcome=outcome)
        try:
            self._header.write(self._path)
        except OSError as error:
            self._log.warning("job header was not written", error=error.strerror)
            self._path.unlink(missing_ok=True)

    def _discard(self, spool_file: Path) -> None:
        try:
            spool_file.unlink(missing_ok=True)
        except OSError as error:
            self._log.warning("spool file was not removed", file=spool_file.name, error=error.strerror)
