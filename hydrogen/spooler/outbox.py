"""The outbox: facts that are kept until the service has stored them.

A fact gets the id `<instance>.<n>` when it happens and stays here until it is acknowledged, also over the death of this
process: each one is appended to `NAME.outbox` in the runtime folder (tmpfs; a few hundred bytes per job) and read again by
the next spooler. The file survives kill -9, not a power cut; that is the journal on disk's business.

**Bound**: CAPACITY facts. At the bound the oldest fact that is not a `job.finished` is dropped (only if there is none, the
oldest of all), counted in `dropped` and told once by `on_overflow`. A disk that takes nothing more costs the copy on disk,
never the fact in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import event_from_plain, plain_event
from hydrogen.model.events import Event, JobFinished

CAPACITY = 512
"""Facts kept at most: some 60 jobs with all their errors while no service is there."""

REWRITE_BYTES = 1 << 20
"""The file is written anew, without what was acknowledged, when it has grown to this size."""


class Outbox:
    """Facts in the order they happened, by id. Every method returns at once (small writes to tmpfs)."""

    def __init__(
        self,
        path: Path,
        *,
        instance: str,
        on_overflow: Callable[[Event], None] = lambda _: None,
        on_disk_error: Callable[[OSError], None] = lambda _: None,
        capacity: int = CAPACITY,
    ) -> None:
        """Reads what an earlier spooler left in `path`; a torn last line and unknown events are skipped."""
        self._path = path
        self._instance = instance
        self._on_overflow = on_overflow
        self._on_disk_error = on_disk_error
        self._capacity = capacity
        self._next = 1
        self._facts: dict[str, Event] = {}
        self._file_bytes = 0
        self.dropped = 0
        """Facts lost at the bound, since this spooler began."""
        self._load()

    def keep(self, event: Event) -> str:
        """Keep `event` until `acknowledge`; returns its id."""
        fact_id = f"{self._instance}.{self._next}"
        self._next += 1
        self._facts[fact_id] = event
        self._append({"id": fact_id, "event": plain_event(event)})
        if len(self._facts) > self._capacity:
            self._drop_one()
        return fact_id

    def acknowledge(self, fact_id: str) -> None:
        """The service has stored it. An unknown id is ignored: it was acknowledged before."""
        if self._facts.pop(fact_id, None) is None:
            return
        if self._facts:
            self._append({"done": fact_id})
        else:
            self._rewrite()

    def facts(self) -> list[tuple[str, Event]]:
        """All that is kept, oldest first."""
        return list(self._facts.items())

    def finished_jobs(self) -> frozenset[str]:
        """Jobs whose `job.finished` still lies here."""
        return frozenset(event.job for event in self._facts.values() if isinstance(event, JobFinished))

    def __len__(self) -> int:
        return len(self._facts)

    def _drop_one(self) -> None:
        fact_id = next(
            (key for key, event in self._facts.items() if not isinstance(event, JobFinished)),
            next(iter(self._facts)),
        )
        event = self._facts.pop(fact_id)
        self._append({"done": fact_id})
        self.dropped += 1
        self._on_overflow(event)

    # --------------------------------------------------------------------------------------------------- the file

    def _load(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self._on_disk_error(error)
            return
        for entry in _entries(data):
            self._take_over(entry)
        self._rewrite()

    def _take_over(self, entry: Mapping[str, Any]) -> None:
        if "done" in entry:
            self._facts.pop(str(entry["done"]), None)
            return
        try:
            event = event_from_plain(entry["event"])
        except InvalidMessage:
            return
        if event is not None and len(self._facts) < self._capacity:
            self._facts[str(entry["id"])] = event

    def _append(self, entry: Mapping[str, Any]) -> None:
        data = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        if self._file_bytes + len(data) > REWRITE_BYTES:
            self._rewrite()
            return
        try:
            with self._path.open("ab") as file:
                file.write(data)
        except OSError as error:
            self._on_disk_error(error)
        self._file_bytes += len(data)

    def _rewrite(self) -> None:
        lines = [
            json.dumps({"id": fact_id, "event": plain_event(event)}, separators=(",", ":")).encode() + b"\n"
            for fact_id, event in self._facts.items()
        ]
        fresh = self._path.with_suffix(".outbox.tmp")
        try:
            fresh.write_bytes(b"".join(lines))
            fresh.replace(self._path)
        except OSError as error:
            self._on_disk_error(error)
        self._file_bytes = sum(map(len, lines))


def _entries(data: bytes) -> Iterator[Mapping[str, Any]]:
    """The whole lines of the file that can be understood."""
    for line in data.split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and ("done" in entry or ("id" in entry and isinstance(entry.get("event"), dict))):
            yield entry
