"""What happened to the printers, and what is to happen, for good: SQLite in `<data_dir>/hydrogen.db`.

Facts come from the spoolers with an id; a fact is stored exactly once, whatever happens between its commit and its
acknowledgement. Jobs are kept as long as the file; other facts up to KEPT_FACTS, receipts up to KEPT_RECEIPTS. The file itself,
its thread, its check and its copy are database.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from hydrogen.core.clock import Clock
from hydrogen.core.service import Service
from hydrogen.errors import HostError
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.database import Connection, Database, Row
from hydrogen.jobs.queue_rows import QueueChanges, forget_old_entries, load_queue, past_entries, save_queue
from hydrogen.jobs.seals import broken_row, seal
from hydrogen.model.codec import decode_json, encode_json, iso_time, plain, plain_event
from hydrogen.model.events import Event, JobFinished, JobReceiptIssued, JobStarted
from hydrogen.model.job import JobOutcome

KEPT_FACTS = 50_000
"""The oldest facts beyond this number go when the file is opened; jobs stay."""

KEPT_RECEIPTS = 1_000
"""As many as lie as files beside it; some 4 MB."""

COPY_INTERVAL_SECONDS = 24 * 3600.0
"""A copy a day: an idle hour costs less than 1 MB of writing even with a full record."""

MOST_HISTORY = 500
"""Jobs in one answer."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which past jobs are wanted. None: all. state: `printing`, or how it ended (`completed`, `cancelled`, `failed`,
    `interrupted`). before: older than this job id. printers: of these only. file: of this path below the files folder."""

    printer: str | None = None
    file: str | None = None
    state: str | None = None
    before: str | None = None
    printers: Collection[str] | None = None


EVERYTHING = HistoryFilter()


class JobStore(Service):
    """The permanent record. Every method waits for the disk without holding the loop."""

    name = "job store"

    def __init__(
        self, path: Path, clock: Clock, *, on_trouble: Callable[[str, BaseException], None] = lambda _name, _error: None
    ) -> None:
        """on_trouble(name, error): told about a file that was damaged, and about a copy that could not be made."""
        self._database = Database(path, clock, fault_in=broken_row)
        self._on_trouble = on_trouble

    @property
    def is_restored(self) -> bool:
        """Was the file damaged, so that this is an older copy?"""
        damage = self._database.damage
        return damage is not None and damage.has_copy

    async def start(self) -> None:
        """Open, check, bring up to date. Raises HostError that names the file."""
        await self._database.open()
        damage = self._database.damage
        if damage is not None:
            self._on_trouble(self.name, damage.as_error(self._database.path))
        await self._database.perform(_forget_old)

    async def run(self) -> None:
        """A copy a day, the first one when the last is a day old."""
        age = self._database.copy_age_seconds()
        if age is not None:
            await asyncio.sleep(max(0.0, COPY_INTERVAL_SECONDS - age))
        while True:
            try:
                await self._database.make_copy()
            except HostError as error:
                self._on_trouble(f"{self.name}: copy", error)
            await asyncio.sleep(COPY_INTERVAL_SECONDS)

    async def release(self) -> None:
        await self._database.close()

    # ------------------------------------------------------------------------------------------------- facts, jobs

    async def record_fact(self, event: Event, fact_id: str) -> None:
        """Committed and on the disk when it returns; a known id changes nothing. Raises DiskFull, HostError."""
        await self._database.perform(lambda db: _insert(db, event, fact_id))

    async def history(self, limit: int = 100, wanted: HistoryFilter = EVERYTHING) -> list[dict[str, Any]]:
        """The last jobs, newest first, as JSON values; outcome is None for one that is not finished."""
        return await self._database.read(lambda db: _history(db, min(limit, MOST_HISTORY), wanted))

    async def job(self, job: str) -> Mapping[str, Any] | None:
        """One of them."""
        return await self._database.read(lambda db: _one(db, "SELECT * FROM jobs WHERE job = ?", (job,), _job_from_row))

    async def facts(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last facts, newest first: `{"fact", "at", "printer", "type", "body"}`; body is the event's JSON text."""
        return await self._database.read(lambda db: _facts(db, limit))

    async def receipt(self, job: str) -> tuple[str, dict[str, Any]] | None:
        """The printer and the receipt as JSON values."""
        sql = "SELECT printer, body FROM receipts WHERE job = ?"
        return await self._database.read(
            lambda db: _one(db, sql, (job,), lambda row: (row["printer"], decode_json(row["body"])))
        )

    async def seconds_last_time(self, printer: str, file: str, bytes_total: int) -> float | None:
        """How long the last completed print of this file of this size took on this printer, pauses not counted."""
        sql = (
            "SELECT elapsed_seconds FROM jobs WHERE file = ? AND printer = ? AND bytes_total = ? AND outcome = ?"
            " AND elapsed_seconds > 0 ORDER BY job DESC LIMIT 1"
        )
        values = (file, printer, bytes_total, str(JobOutcome.COMPLETED))
        return await self._database.read(lambda db: _one(db, sql, values, lambda row: float(row["elapsed_seconds"])))

    async def past_jobs(self) -> list[tuple[str, str, float | None]]:
        """Every job with its file and when it ended, in Unix seconds; None for one that has not, as far as is known."""
        sql = "SELECT job, file, finished_at FROM jobs"
        return await self._database.read(
            lambda db: [(row["job"], row["file"], row["finished_at"]) for row in db.execute(sql)]
        )

    async def last_ids(self) -> list[str]:
        """The highest ids of the record, of a job and of an entry of the queue, where there are any."""
        statements = ("SELECT MAX(job) AS id FROM jobs", "SELECT MAX(id) AS id FROM queue")
        return await self._database.read(
            lambda db: [row["id"] for sql in statements for row in db.execute(sql) if row["id"] is not None]
        )

    async def forget_job(self, job: str) -> None:
        """It and its receipt go. Raises DiskFull, HostError."""
        await self._database.perform(lambda db: _forget(db, job, ("receipts", "jobs")))

    async def forget_receipt(self, job: str) -> None:
        """Raises DiskFull, HostError."""
        await self._database.perform(lambda db: _forget(db, job, ("receipts",)))

    # ------------------------------------------------------------------------------------------------- the queue

    async def load_queue(self) -> QueueBook:
        """As it was written last."""
        return await self._database.read(load_queue)

    async def save_queue(self, changes: QueueChanges) -> None:
        """All of it, or (DiskFull, HostError) nothing."""
        await self._database.perform(lambda db: save_queue(db, changes))

    async def past_entries(self, limit: int) -> list[dict[str, Any]]:
        """Queue entries that are over, newest first."""
        return await self._database.read(lambda db: past_entries(db, limit))


# ------------------------------------------------------------------------------------------------------ on the thread


def _forget_old(db: Connection) -> None:
    db.execute("DELETE FROM facts WHERE number <= (SELECT MAX(number) FROM facts) - ?", (KEPT_FACTS,))
    db.execute(
        "DELETE FROM receipts WHERE job NOT IN (SELECT job FROM receipts ORDER BY job DESC LIMIT ?)", (KEPT_RECEIPTS,)
    )
    forget_old_entries(db)


def _forget(db: Connection, job: str, tables: tuple[str, ...]) -> None:
    for table in tables:
        db.execute(f"DELETE FROM {table} WHERE job = ?", (job,))


def _insert(db: Connection, event: Event, fact_id: str) -> None:
    # A receipt has a table of its own; in the line of facts its place is enough.
    told = {"type": event.wire_type, "job": event.job} if isinstance(event, JobReceiptIssued) else plain_event(event)
    added = db.execute(
        "INSERT OR IGNORE INTO facts (fact_id, at, printer, type, body) VALUES (?, ?, ?, ?, ?)",
        (fact_id, event.at, event.printer, event.wire_type, encode_json(told).decode()),
    )
    if not added.rowcount:
        return
    seal(db, "facts", added.lastrowid)
    if isinstance(event, JobStarted):
        _begin(db, event)
    elif isinstance(event, JobFinished):
        _finish(db, event)
    elif isinstance(event, JobReceiptIssued):
        body = encode_json(plain(event.receipt)).decode()
        db.execute(
            "INSERT OR REPLACE INTO receipts (job, printer, body) VALUES (?, ?, ?)",
            (event.job, event.printer or "", body),
        )
        seal(db, "receipts", event.job)


def _begin(db: Connection, event: JobStarted) -> None:
    db.execute(
        "INSERT INTO jobs (job, printer, file, actor, started_at, lines_total, bytes_total, continues)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job) DO UPDATE SET"
        " started_at = excluded.started_at, bytes_total = excluded.bytes_total, continues = excluded.continues",
        (
            event.job,
            event.printer or "",
            event.file,
            event.actor,
            event.at,
            event.lines_total,
            event.bytes_total,
            event.continues,
        ),
    )
    seal(db, "jobs", event.job)


def _finish(db: Connection, event: JobFinished) -> None:
    # The start may be missing: the outbox of the spooler is bounded, the end of a job is what it drops last.
    db.execute(
        "INSERT OR IGNORE INTO jobs (job, printer, file, actor) VALUES (?, ?, ?, ?)",
        (event.job, event.printer or "", event.file, event.actor),
    )
    db.execute(
        "UPDATE jobs SET finished_at = ?, outcome = ?, reason = ?, error_code = ?, lines_done = ?, lines_total = ?,"
        " elapsed_seconds = ?, resends = ?, possible_duplicates = ? WHERE job = ?",
        (
            event.at,
            str(event.outcome),
            event.reason,
            event.error_code,
            event.lines_done,
            event.lines_total,
            event.elapsed_seconds,
            event.resends,
            event.possible_duplicates,
            event.job,
        ),
    )
    seal(db, "jobs", event.job)


_STATE_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "printing": "outcome IS NULL",
        "completed": "outcome = 'completed'",
        "cancelled": "outcome = 'cancelled'",
        "failed": "outcome = 'failed' AND error_code IS NOT 'interrupted'",
        "interrupted": "outcome = 'failed' AND error_code IS 'interrupted'",
    }
)


def _history(db: Connection, limit: int, wanted: HistoryFilter) -> list[dict[str, Any]]:
    conditions, values = ["1"], list[Any]()
    if wanted.printer is not None:
        conditions.append("printer = ?")
        values.append(wanted.printer)
    if wanted.file is not None:
        conditions.append("file = ?")
        values.append(wanted.file)
    if wanted.state is not None:
        conditions.append(_STATE_CONDITIONS[wanted.state])
    if wanted.before is not None:
        conditions.append("job < ?")
        values.append(wanted.before)
    if wanted.printers is not None:
        conditions.append(f"printer IN ({','.join('?' * len(wanted.printers))})")
        values.extend(sorted(wanted.printers))
    rows = db.execute(
        f"SELECT * FROM jobs WHERE {' AND '.join(conditions)} ORDER BY job DESC LIMIT ?",
        (*values, limit),
    )
    return [_job_from_row(row) for row in rows]


def _facts(db: Connection, limit: int) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM facts ORDER BY number DESC LIMIT ?", (limit,))
    return [
        {"fact": row["fact_id"], "at": iso_time(row["at"]), **{k: row[k] for k in ("printer", "type", "body")}}
        for row in rows
    ]


def _one(db: Connection, sql: str, values: tuple[Any, ...], read: Callable[[Row], T]) -> T | None:
    row = db.execute(sql, values).fetchone()
    return None if row is None else read(row)


def _job_from_row(row: Row) -> dict[str, Any]:
    """The row with times as text, and the job's state: its outcome, but `interrupted` where that is why it failed."""
    job: dict[str, Any] = {key: row[key] for key in row.keys() if key != "seal"}  # noqa: SIM118
    for key in ("started_at", "finished_at"):
        job[key] = None if job[key] is None else iso_time(job[key])
    is_interrupted = job["outcome"] == JobOutcome.FAILED and job["error_code"] == "interrupted"
    job["state"] = "interrupted" if is_interrupted else job["outcome"] or "printing"
    return job
