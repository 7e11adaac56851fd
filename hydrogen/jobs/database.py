"""The file `hydrogen.db`: one thread that owns it, a check before it is used, and a last good copy beside it.

One thread owns the connection: everything is written and read in the order it was asked for. WAL with synchronous=FULL: a
commit that returned has reached the disk (sqlite.org/pragma.html#pragma_synchronous).

A file that fails the check is renamed aside, never deleted or written to, and the last good copy takes its place, or an empty
file where there is none; so does the copy of a file that is missing or empty. The copy is made with SQLite's backup interface
(sqlite.org/backup.html), which may run while the file is in use, under another name first: there is always a whole one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hydrogen.core.clock import Clock
from hydrogen.errors import DiskFull, HostError, RecordDamaged
from hydrogen.jobs.schema import MIGRATIONS, SCHEMA_VERSION

CLOSE_SECONDS = 1.5
"""For the last commit and the copy at the end."""

COPY_SECONDS = 1.0
"""How long the copy at the end may take; a file that is too big for that has the one of the day."""

COPY_PAGES = 256
"""1 MiB; between two such steps the deadline is looked at."""

MOST_DAMAGED = 4
"""Damaged files that are kept aside under their own numbers; after that the last number is used again, so that a dying card
is not filled up with them."""

Connection = sqlite3.Connection
Row = sqlite3.Row

T = TypeVar("T")


class _TooSlow(Exception):
    """The copy would not be ready in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What the check found: the reason, where the damaged file lies now (None: there was none any more), and whether a copy
    took its place."""

    reason: str
    aside: Path | None
    has_copy: bool

    def as_error(self, path: Path) -> RecordDamaged:
        """For the log and the clients."""
        instead = "its last good copy is used" if self.has_copy else "there was no copy, so it begins anew"
        aside = "" if self.aside is None else self.aside.name
        where = f" and lies aside as {aside}" if aside else ""
        return RecordDamaged(
            f"{path.name} was damaged ({self.reason}){where}: {instead}."
            " Look at the disk; memory cards that are full or old do this",
            file=path.name,
            aside=aside,
            from_copy=self.has_copy,
        )


class Database:
    """`open`, then `perform`, in the end `close`."""

    def __init__(self, path: Path, clock: Clock, *, fault_in: Callable[[Connection], str] = lambda _db: "") -> None:
        """fault_in(db): what is wrong with what a file says whose pages are good; "" for nothing."""
        self.path = path
        self._fault_in = fault_in
        self.damage: Damage | None = None
        """What was found at `open`; None: the file was good."""
        self._clock = clock
        self._executor: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._copied_changes = -1

    @property
    def copy_path(self) -> Path:
        """The last good copy."""
        return self.path.with_name(f"{self.path.name}.copy")

    def copy_age_seconds(self) -> float | None:
        """How old the last good copy is by the wall clock, 0.0 for one from the future; None if there is none. Looks at one
        file."""
        try:
            return max(0.0, self._clock.wall() - self.copy_path.stat().st_mtime)
        except OSError:
            return None

    async def open(self) -> None:
        """Check, mend if need be, bring up to date. Raises HostError that names the file."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job-store")
        try:
            await self._on_thread(self._open)
        except BaseException:
            await self.close(copy=False)
            raise

    async def close(self, *, copy: bool = True) -> None:
        """With a last copy, if there is time for it. May be called twice."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        closing_down = asyncio.get_running_loop().run_in_executor(executor, lambda: self._close(copy=copy))
        executor.shutdown(wait=False)
        await asyncio.wait({closing_down}, timeout=CLOSE_SECONDS)

    async def perform(self, work: Callable[[Connection], T]) -> T:
        """The result of `work` on the thread, in one transaction: all of it is on the disk when this returns, or nothing.

        Raises DiskFull, HostError.
        """
        return await self._on_thread(lambda: self._in_transaction(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The result of `work`, which only reads. Raises HostError."""
        return await self._on_thread(lambda: work(self._db))

    async def make_copy(self) -> bool:
        """A fresh copy, if anything changed since the last one; True if it was made. Raises DiskFull, HostError."""
        return await self._on_thread(lambda: self._copy(deadline=None))

    # ----------------------------------------------------------------------------------------------- on the thread

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._executor is None:
            raise HostError(f"{self.path} is closed")
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, work)
        except (sqlite3.Error, OSError) as error:
            raise _told(self.path, error) from error

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the file is closed")
        return self._connection

    def _open(self) -> None:
        damage = _damage_of(self.path, self._fault_in)
        if not damage and self.copy_path.exists() and _is_empty(self.path):
            damage = "it is missing or empty"
        if damage:
            self.damage = self._set_aside(damage)
        self._connection = _connect(self.path)
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > SCHEMA_VERSION:
            raise HostError(f"{self.path} was written by a later version of Hydrogen (schema {version})")
        for step in range(version, SCHEMA_VERSION):
            self._db.executescript(f"BEGIN;{MIGRATIONS[step]}PRAGMA user_version={step + 1};COMMIT;")

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._db)
            self._db.execute("COMMIT")
            return result
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _close(self, *, copy: bool) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            if copy:
                self._copy(deadline=self._clock.monotonic() + COPY_SECONDS)
        except (_TooSlow, sqlite3.Error, OSError):
            pass  # the copy of the day is still there, and this file is whole
        finally:
            self._connection = None
            connection.close()

    # ------------------------------------------------------------------------------------------------- the copy

    def _copy(self, *, deadline: float | None) -> bool:
        changes = self._db.total_changes
        if changes == self._copied_changes and self.copy_path.exists():
            return False
        fresh = self.copy_path.with_name(f"{self.copy_path.name}.new")

        def look_at_clock(_status: int, _remaining: int, _total: int) -> None:
            if deadline is not None and self._clock.monotonic() > deadline:
                raise _TooSlow

        fresh.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(fresh)) as target:
                self._db.backup(target, pages=COPY_PAGES, progress=look_at_clock)
            _reach_disk(fresh)
            fresh.replace(self.copy_path)
        finally:
            fresh.unlink(missing_ok=True)
        self._copied_changes = changes
        return True

    def _set_aside(self, reason: str) -> Damage:
        aside = _free_name(self.path)
        for suffix in (
            "-wal",
            "-shm",
            "",
        ):  # the log first: left alone it would be played into the file that comes next
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
        is_there = any(aside.with_name(aside.name + suffix).exists() for suffix in ("", "-wal"))
        has_copy = self.copy_path.exists() and not _damage_of(self.copy_path, self._fault_in)
        if has_copy:
            fresh = self.path.with_name(f"{self.path.name}.new")
            shutil.copyfile(self.copy_path, fresh)
            _reach_disk(fresh)
            fresh.replace(self.path)
        return Damage(reason=reason, aside=aside if is_there else None, has_copy=has_copy)


def _connect(path: Path) -> sqlite3.Connection:
    # autocommit: transactions are opened by hand, where they belong
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=True, timeout=5.0)
    try:
        connection.row_factory, connection.text_factory = sqlite3.Row, _text
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _text(data: bytes) -> str:
    """Of a damaged row too: whoever reads it sees that it is, and not an error."""
    return data.decode("utf-8", "replace")


def _damage_of(path: Path, fault_in: Callable[[Connection], str]) -> str:
    """What is wrong inside the file; "" for a good one and for none. What only keeps us from opening it is raised."""
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5.0)) as connection:
            connection.row_factory, connection.text_factory = sqlite3.Row, _text
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            found = fault_in(connection) or found if found == "ok" else found
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") in _DAMAGES:
            return str(error)
        raise
    return "" if found == "ok" else found.splitlines()[-1][:200]


_DAMAGES = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_CORRUPT_INDEX", "SQLITE_CORRUPT_SEQUENCE"})


def _free_name(path: Path) -> Path:
    names = [path.with_name(f"{path.name}.damaged-{number}") for number in range(1, MOST_DAMAGED + 1)]
    return next((name for name in names if not name.exists()), names[-1])


def _reach_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(path: Path, error: sqlite3.Error | OSError) -> HostError:
    if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
        return DiskFull(f"no space left for {path}: free some; nothing is lost meanwhile", path=str(path))
    return HostError(f"{path}: {error}", path=str(path))
