"""The queue in the database: one row for each entry, one for each printer's desk; bodies are the model's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from hydrogen.jobs.book import Desk, QueueBook
from hydrogen.jobs.database import Connection
from hydrogen.jobs.seals import seal
from hydrogen.model.backlog import QueueEntry
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain

KEPT_ENTRIES = 1_000
"""Entries that are over; the oldest beyond this number go. What was printed stays in the table of jobs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanges:
    """What one step changed: entries as they are now, ids that went, desks as they are now, and the ids in their order if
    that changed beyond additions behind all others."""

    entries: Sequence[QueueEntry] = ()
    removed: Sequence[str] = ()
    desks: Mapping[str, Desk] = field(default_factory=lambda: MappingProxyType({}))
    order: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.entries or self.removed or self.desks or self.order)


def changes_between(old: QueueBook, new: QueueBook) -> QueueChanges:
    """What has to be written to get from `old` to `new`. An entry that left the book because it is over stays a row."""
    before = {entry.id: entry for entry in old.entries}
    after = {entry.id: entry for entry in new.entries}
    kept = [entry.id for entry in old.entries if entry.id in after]
    came = [entry.id for entry in new.entries if entry.id not in before]
    order = [entry.id for entry in new.entries]
    return QueueChanges(
        entries=[entry for entry in (*new.entries, *new.over) if before.get(entry.id) != entry],
        removed=[gone for gone in before if gone not in after and gone not in {entry.id for entry in new.over}],
        desks={name: desk for name, desk in new.desks.items() if old.desks.get(name) != desk},
        order=() if order == kept + came else order,
    )


def load_queue(db: Connection) -> QueueBook:
    """The entries that are not over, in their order, and the desks."""
    rows = db.execute("SELECT body FROM queue WHERE is_over = 0 ORDER BY place, id")
    entries = tuple(_read(QueueEntry, row["body"]) for row in rows)
    desks = {row["printer"]: _read(Desk, row["body"]) for row in db.execute("SELECT printer, body FROM desks")}
    return QueueBook(entries=entries, desks=MappingProxyType(desks))


def save_queue(db: Connection, changes: QueueChanges) -> None:
    """Write one step; the caller makes it a transaction."""
    for entry in changes.entries:
        db.execute(
            "INSERT INTO queue (id, place, is_over, job, body)"
            " VALUES (?, (SELECT COALESCE(MAX(place), 0) + 1 FROM queue), ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET is_over = excluded.is_over, job = excluded.job, body = excluded.body",
            (entry.id, entry.is_over, entry.job, _written(entry)),
        )
        seal(db, "queue", entry.id)
    db.executemany("DELETE FROM queue WHERE id = ?", [(gone,) for gone in changes.removed])
    for printer, desk in changes.desks.items():
        db.execute("INSERT OR REPLACE INTO desks (printer, body) VALUES (?, ?)", (printer, _written(desk)))
        seal(db, "desks", printer)
    if changes.order:
        base = int(db.execute("SELECT COALESCE(MAX(place), 0) + 1 FROM queue").fetchone()[0])
        places = [(base + index, entry) for index, entry in enumerate(changes.order)]
        db.executemany("UPDATE queue SET place = ? WHERE id = ?", places)
        for entry_id in changes.order:
            seal(db, "queue", entry_id)


def forget_old_entries(db: Connection) -> None:
    """Keep the newest of those that are over."""
    db.execute(
        "DELETE FROM queue WHERE is_over AND id NOT IN (SELECT id FROM queue WHERE is_over ORDER BY id DESC LIMIT ?)",
        (KEPT_ENTRIES,),
    )


def past_entries(db: Connection, limit: int) -> list[dict[str, Any]]:
    """Entries that are over, newest first, as JSON values."""
    rows = db.execute("SELECT body FROM queue WHERE is_over ORDER BY id DESC LIMIT ?", (limit,))
    return [decode_json(row["body"]) for row in rows]


def _written(value: object) -> str:
    return encode_json(plain(value)).decode()


def _read(kind: type[T], body: str) -> T:
    return value_from_plain(kind, decode_json(body))
