"""What happened to the printers, for good: SQLite in `<data_dir>/hydrogen.db`.

Facts come from the spoolers with an id; a fact is stored exactly once, whatever happens between its commit and its
acknowledgement. Jobs are kept as long as the file; other facts up to KEPT_FACTS.

One thread owns the connection: everything is written and read in the order it was asked for. WAL with synchronous=FULL: a
commit that returned has reached the disk (sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from hydrogen.core.service import Service
from hydrogen.errors import DiskFull, HostError
from hydrogen.model.codec import encode_json, iso_time, plain_event
from hydrogen.model.events import Event, JobFinished, JobStarted

SCHEMA_VERSION = 1
"""`PRAGMA user_version`. A file of a later version is refused: it may hold what this version would damage."""

KEPT_FACTS = 50_000
"""The oldest facts beyond this number go when the file is opened; jobs stay."""

CLOSE_SECONDS = 1.5
"""For the last commit at the end."""

_MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE facts (
        number INTEGER PRIMARY KEY,
        fact_id TEXT NOT NULL UNIQUE,
        at REAL NOT NULL,
        printer TEXT,
        type TEXT NOT NULL,
        body TEXT NOT NULL
    );
    CREATE TABLE jobs (
        job TEXT PRIMARY KEY,
        printer TEXT NOT NULL,
        file TEXT NOT NULL,
        actor TEXT NOT NULL,
        started_at REAL,
        finished_at REAL,
        outcome TEXT,
        reason TEXT,
        error_code TEXT,
        lines_done INTEGER,
        lines_total INTEGER,
        elapsed_seconds REAL,
        resends INTEGER,
        possible_duplicates INTEGER
    ) WITHOUT ROWID;
    """,
)
"""Each brings the file from version i to i + 1, in one transaction."""

T = TypeVar("T")


class JobStore(Service):
    """The permanent record. Every method waits for the disk without holding the loop."""

    name = "job store"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._executor: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def start(self) -> None:
        """Open, bring up to date. Raises HostError that names the file."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job-store")
        try:
            await self._on_thread(self._open)
        except BaseException:
            await self.release()
            raise

    async def release(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        closing = asyncio.get_running_loop().run_in_executor(executor, self._close)
        executor.shutdown(wait=False)
        await asyncio.wait({closing}, timeout=CLOSE_SECONDS)

    async def record_fact(self, event: Event, fact_id: str) -> None:
        """Committed and on the disk when it returns; a known id changes nothing. Raises DiskFull, HostError."""
        await self._on_thread(lambda: self._record(event, fact_id))

    async def history(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last jobs, newest first, as JSON values; outcome is None for one that is not finished."""
        return await self._on_thread(lambda: self._history(limit))

    async def facts(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last facts, newest first: `{"fact", "at", "printer", "type", "body"}`; body is the event's JSON text."""
        return await self._on_thread(lambda: self._facts(limit))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._executor is None:
            raise HostError(f"{self._path} is closed")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, work)
        except sqlite3.Error as error:
            raise _told(self._path, error) from error

    # ----------------------------------------------------------------------------------------------- on the thread

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the file is closed")
        return self._connection

    def _open(self) -> None:
        # autocommit: transactions are opened by hand, where they belong
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=True, timeout=5.0)
        self._connection.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise HostError(f"{self._path} was written by a later version of Hydrogen (schema {version})")
        for step in range(version, SCHEMA_VERSION):
            self._db.executescript(f"BEGIN;{_MIGRATIONS[step]}PRAGMA user_version={step + 1};COMMIT;")
        self._db.execute(
            "DELETE FROM facts WHERE number <= (SELECT MAX(number) FROM facts) - ?",
            (KEPT_FACTS,),
        )

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _record(self, event: Event, fact_id: str) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._insert(event, fact_id)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _insert(self, event: Event, fact_id: str) -> None:
        body = encode_json(plain_event(event)).decode()
        added = self._db.execute(
            "INSERT OR IGNORE INTO facts (fact_id, at, printer, type, body) VALUES (?, ?, ?, ?, ?)",
            (fact_id, event.at, event.printer, event.wire_type, body),
        )
        if not added.rowcount:
            return
        if isinstance(event, JobStarted):
            self._db.execute(
                "INSERT INTO jobs (job, printer, file, actor, started_at, lines_total) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (job) DO UPDATE SET started_at = excluded.started_at",
                (event.job, event.printer or "", event.file, event.actor, event.at, event.lines_total),
            )
        elif isinstance(event, JobFinished):
            self._finish(event)

    def _finish(self, event: JobFinished) -> None:
        # The start may be missing: the outbox of the spooler is bounded, the end of a job is what it drops last.
        self._db.execute(
            "INSERT OR IGNORE INTO jobs (job, printer, file, actor) VALUES (?, ?, ?, ?)",
            (event.job, event.printer or "", event.file, event.actor),
        )
        self._db.execute(
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

    def _history(self, limit: int) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT * FROM jobs ORDER BY job DESC LIMIT ?", (limit,))
        return [_job_from_row(row) for row in rows]

    def _facts(self, limit: int) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT * FROM facts ORDER BY number DESC LIMIT ?", (limit,))
        return [
            {"fact": row["fact_id"], "at": iso_time(row["at"]), **{k: row[k] for k in ("printer", "type", "body")}}
            for row in rows
        ]


def _job_from_row(row: Mapping[str, Any] | sqlite3.Row) -> dict[str, Any]:
    job = {key: row[key] for key in row.keys()}  # noqa: SIM118
    for key in ("started_at", "finished_at"):
        job[key] = None if job[key] is None else iso_time(job[key])
    return job


def _told(path: Path, error: sqlite3.Error) -> HostError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return DiskFull(f"no space left for {path}: free some; nothing is lost meanwhile", path=str(path))
    return HostError(f"{path}: {error}", path=str(path))
