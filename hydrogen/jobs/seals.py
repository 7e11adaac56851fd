"""A seal on every row of `hydrogen.db`: what a card changed in the middle of a row is seen before it is believed.

SQLite checks the shape of its pages, not what is written in them (the main file has no checksums, sqlite.org/fileformat2.html):
a flipped bit in the state of a bed, or a sector of zeros inside a receipt, passes `PRAGMA integrity_check`. So each row carries
a CRC of its other columns, written in the same transaction. A row without a seal was written by an earlier version; then only
its JSON is looked at.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen.jobs.database import Connection

KEYS: Mapping[str, str] = MappingProxyType(
    {"desks": "printer", "queue": "id", "receipts": "job", "jobs": "job", "facts": "number"}
)
"""The sealed tables, each with the column that names a row, in the order in which they matter."""

CHECKED_ROWS = 2_000
"""Of each table, the newest ones: all beds, entries and receipts, and the first pages of the history. A start is not to take
longer because much was printed."""


def seal_of(row: Mapping[str, object]) -> int:
    """The CRC of what the row says. Columns that say nothing are left out, so that a table may get another one."""
    said = sorted((name, value) for name, value in row.items() if value is not None and name != "seal")
    return binascii.crc32(repr(said).encode("utf-8", "backslashreplace"))


def seal(db: Connection, table: str, key: object) -> None:
    """Seal the row that was just written. Nothing if there is none."""
    row = db.execute(f"SELECT * FROM {table} WHERE {KEYS[table]} = ?", (key,)).fetchone()
    if row is not None:
        db.execute(f"UPDATE {table} SET seal = ? WHERE {KEYS[table]} = ?", (seal_of(dict(row)), key))


def broken_row(db: Connection) -> str:
    """Which row does not say what was written, for people; "" if there is none. A file without tables is whole."""
    present = {str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, key in KEYS.items():
        if table not in present:
            continue
        for row in db.execute(f"SELECT * FROM {table} ORDER BY {key} DESC LIMIT {CHECKED_ROWS}"):
            if not is_whole(dict(row)):
                return f"a row of {table} does not say what was written"
    return ""


def is_whole(row: Mapping[str, object]) -> bool:
    """Does the row say what was written?"""
    seal = row.get("seal")
    if seal is not None:
        return seal == seal_of(row)
    return "body" not in row or _is_json(row["body"])


def _is_json(body: object) -> bool:
    try:
        return isinstance(body, str) and isinstance(json.loads(body), dict)
    except ValueError:
        return False
