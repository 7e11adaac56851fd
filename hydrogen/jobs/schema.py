"""The tables of `hydrogen.db`, as steps from one version to the next."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
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
    """
    ALTER TABLE jobs ADD COLUMN bytes_total INTEGER;
    CREATE INDEX jobs_by_printer ON jobs (printer, job);
    CREATE INDEX jobs_by_file ON jobs (file, job);
    CREATE TABLE receipts (
        job TEXT PRIMARY KEY,
        printer TEXT NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE queue (
        id TEXT PRIMARY KEY,
        place INTEGER NOT NULL,
        is_over INTEGER NOT NULL,
        job TEXT,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX queue_by_place ON queue (is_over, place);
    CREATE TABLE desks (
        printer TEXT PRIMARY KEY,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE jobs ADD COLUMN continues TEXT;
    ALTER TABLE facts ADD COLUMN seal INTEGER;
    ALTER TABLE jobs ADD COLUMN seal INTEGER;
    ALTER TABLE receipts ADD COLUMN seal INTEGER;
    ALTER TABLE queue ADD COLUMN seal INTEGER;
    ALTER TABLE desks ADD COLUMN seal INTEGER;
    """,
)
"""Each brings the file from version i to i + 1, in one transaction. What was released is never changed, only added to. A
column that is added to a sealed table (seals.py) has no default: a value that nobody wrote breaks the seal."""

SCHEMA_VERSION = len(MIGRATIONS)
"""`PRAGMA user_version`. A file of a later version is refused: it may hold what this version would damage."""
