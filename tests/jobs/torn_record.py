"""A record of jobs whose every commit is known, and what power cuts and dying cards make of its files.

`lived` is a life: commits through the real JobStore, the copy of the day at one of them, and the three files of SQLite
(main file, log, index of the log) as they lay there at some moments. `tear` does something to such an image.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import MappingProxyType

from hydrogen.core.clock import ManualClock
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.database import Connection
from hydrogen.jobs.queue_rows import changes_between
from hydrogen.jobs.store import JobStore
from hydrogen.model.backlog import QueueEntry
from hydrogen.model.events import JobFinished, JobReceiptIssued, JobStarted
from hydrogen.model.job import JobOutcome
from hydrogen.model.receipt import Receipt

JOBS = 60
"""Of a life; each makes six commits: queued, begun, started, finished, its receipt, the queue's own end of it."""

COPY_AT_JOB = 20

JOBS_OF_A_LIFE = 7
"""Between two starts of the service."""

MOMENTS = 24

SECTOR_BYTES = 512
PAGE_BYTES = 4096
LOG_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24

TABLES = ("facts", "jobs", "receipts", "queue", "desks")


def told(db: Connection) -> str:
    """The digest of all that the record says."""
    digest = hashlib.sha256()
    for table in TABLES:
        for row in db.execute(f"SELECT * FROM {table} ORDER BY 1"):
            digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Image:
    """The files at a moment. commits: so many had returned. in_main: so many are in the main file for certain."""

    commits: int
    main: bytes
    log: bytes
    index: bytes
    copy: bytes | None

    def put(self, path: Path) -> None:
        for suffix, data in (("", self.main), ("-wal", self.log), ("-shm", self.index), (".copy", self.copy)):
            file = path.with_name(path.name + suffix)
            file.unlink(missing_ok=True)
            if data:
                file.write_bytes(data)


@dataclass(slots=True)
class Life:
    """said: what the record told after each commit, to its number. copied: the commit that the copy of the day was made at."""

    said: dict[str, int] = field(default_factory=dict)
    images: list[Image] = field(default_factory=list)
    copied: int = 0
    jobs: list[str] = field(default_factory=list)


async def lived(folder: Path, random: Random) -> Life:
    """See above; the main file holds data, because the store was closed and opened in between."""
    path, life = folder / "hydrogen.db", Life()
    store = JobStore(path, ManualClock())
    await store.start()
    moments = {random.randrange(COPY_AT_JOB * 6 + 1, JOBS * 6) for _ in range(MOMENTS)}
    book = QueueBook()
    commits = 0

    async def note() -> None:
        nonlocal commits
        commits += 1
        life.said[await store._database.read(told)] = commits
        if commits in moments:
            life.images.append(_image_of(path, commits))

    async def queue(new: QueueBook) -> None:
        nonlocal book
        await store.save_queue(changes_between(book, new))
        book = replace(new, over=())
        await note()

    life.said[await store._database.read(told)] = 0
    for number in range(JOBS):
        job, entry = f"job{number:04}", f"entry{number:04}"
        life.jobs.append(job)
        began = 1_800_000_000.0 + number
        file = f"part {'x' * random.randrange(300)}{number}.gcode"
        await queue(
            book.add(QueueEntry(id=entry, file=file, printer="p", actor="ada", added_at=began)).clear_bed("p", None)
        )
        await queue(book.begin(entry, "p", job))
        started = JobStarted(at=began, printer="p", job=job, file=file, lines_total=10, bytes_total=number, actor="ada")
        finished = JobFinished(
            at=began + 1, printer="p", job=job, file=file, outcome=JobOutcome.COMPLETED, reason="", actor="ada",
            lines_done=10, lines_total=10, elapsed_seconds=60.0,
        )  # fmt: skip
        receipt = Receipt(
            job=job, file=file, outcome=JobOutcome.COMPLETED, actor="ada", source_sha256=random.randbytes(32).hex()
        )
        for place, event in enumerate(
            (started, finished, JobReceiptIssued(at=began + 2, printer="p", job=job, receipt=receipt))
        ):
            await store.record_fact(event, f"i.{3 * number + place}")
            await note()
        await queue(book.started("p", job, began).finished("p", job, JobOutcome.COMPLETED, began + 1))
        if number + 1 == COPY_AT_JOB:
            await store._database.make_copy()
            life.copied = commits
        if number % JOBS_OF_A_LIFE == JOBS_OF_A_LIFE - 1:  # the log becomes part of the main file
            await store._database.close(copy=False)
            store = JobStore(path, ManualClock())
            await store.start()
    await store.release()
    return life


def _image_of(path: Path, commits: int) -> Image:
    def read(suffix: str) -> bytes:
        file = path.with_name(path.name + suffix)
        return file.read_bytes() if file.exists() else b""

    return Image(commits, read(""), read("-wal"), read("-shm"), read(".copy"))


# ------------------------------------------------------------------------------------------------------------- tearing


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))] if data else data


def zero(data: bytes, random: Random) -> bytes:
    return _overwritten(data, random, lambda size: bytes(size))


def scramble(data: bytes, random: Random) -> bytes:
    return _overwritten(data, random, random.randbytes)


def flip(data: bytes, random: Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(random.randrange(1, 5) if data else 0):
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def lose(_data: bytes, _random: Random) -> bytes:
    return b""


def _overwritten(data: bytes, random: Random, filling: Callable[[int], bytes]) -> bytes:
    size = random.choice((SECTOR_BYTES, PAGE_BYTES))
    if len(data) < size:
        return data
    at = random.randrange(len(data) // size) * size
    return data[:at] + filling(size) + data[at + size :]


WAYS: Mapping[str, Callable[[bytes, Random], bytes]] = MappingProxyType(
    {"cut": cut, "zeroed": zero, "scrambled": scramble, "flipped": flip, "lost": lose}
)


def half_checkpoint(image: Image, random: Random) -> Image:
    """The power went while the log was being moved into the main file: some of its pages are there, one is torn."""
    main, log = bytearray(image.main), image.log
    step = FRAME_HEADER_BYTES + PAGE_BYTES
    salt = log[16:24]
    for at in range(LOG_HEADER_BYTES, len(log) - step + 1, step):
        page, frame_salt = struct.unpack(">I", log[at : at + 4])[0], log[at + 8 : at + 16]
        if frame_salt != salt or random.random() < 0.5:
            continue
        new = log[at + FRAME_HEADER_BYTES : at + step]
        written = random.randrange(1, PAGE_BYTES // SECTOR_BYTES + 1) * SECTOR_BYTES
        start = (page - 1) * PAGE_BYTES
        if start + PAGE_BYTES > len(main):
            main.extend(bytes(start + PAGE_BYTES - len(main)))
        main[start : start + written] = new[:written]
    return replace(image, main=bytes(main))
