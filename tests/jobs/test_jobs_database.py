"""The file: checked before it is used, a whole copy beside it, and a damaged one never lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import HostError
from hydrogen.jobs import database as database_module
from hydrogen.jobs.database import Connection, Database


def add(number: int) -> str:
    return f"INSERT INTO desks (printer, body) VALUES ('p{number}', '{'x' * 500}')"


async def opened(path: Path) -> Database:
    database = Database(path, ManualClock())
    await database.open()
    return database


async def filled(path: Path, rows: int = 200) -> Database:
    database = await opened(path)
    for number in range(rows):
        await database.perform(lambda db, number=number: db.execute(add(number)))  # type: ignore[misc]
    return database


def count(db: Connection) -> int:
    return int(db.execute("SELECT COUNT(*) FROM desks").fetchone()[0])


async def test_a_copy_is_made_when_the_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    database = await filled(path, 3)
    await database.close()
    await database.close()
    with closing(sqlite3.connect(database.copy_path)) as copy:
        assert count(copy) == 3


async def test_an_unchanged_file_is_not_copied_again(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    database = await filled(path, 3)
    assert await database.make_copy()
    assert not await database.make_copy()
    await database.perform(lambda db: db.execute(add(99)))
    assert await database.make_copy()
    await database.close()


async def test_a_copy_that_takes_too_long_at_the_end_leaves_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"

    class Racing(ManualClock):
        def monotonic(self) -> float:
            self.advance(10.0)
            return super().monotonic()

    database = Database(path, Racing())
    await database.open()
    await database.make_copy()
    await database.perform(lambda db: db.execute(add(1)))
    await database.close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["hydrogen.db", "hydrogen.db.copy"]
    with closing(sqlite3.connect(database.copy_path)) as copy:
        assert count(copy) == 0


async def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    database = await opened(path)

    def broken(db: Connection) -> None:
        db.execute(add(1))
        raise ValueError

    with pytest.raises(ValueError):
        await database.perform(broken)
    assert await database.read(count) == 0
    await database.close()


@pytest.mark.parametrize("seed", range(12))
async def test_a_damaged_file_lies_aside_and_the_copy_takes_its_place(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "hydrogen.db"
    database = await filled(path, 30)
    await database.make_copy()
    for number in range(100, 110):
        await database.perform(lambda db, number=number: db.execute(add(number)))  # type: ignore[misc]
    await database.close(copy=False)
    damaged = bytearray(path.read_bytes())
    random = Random(seed)
    at = random.randrange(0, len(damaged), 512)
    damaged[at : at + 512] = random.randbytes(512)
    path.write_bytes(damaged)

    later = await opened(path)
    if later.damage is None:  # a few places hold nothing that matters
        assert await later.read(count) == 40
    else:
        assert later.damage.has_copy
        assert later.damage.aside.read_bytes() == damaged, "the damaged one is kept as it was"
        assert await later.read(count) == 30
        assert later.damage.aside.name in later.damage.as_error(path).message
    await later.close()


async def test_a_file_that_is_no_database_lies_aside_and_an_empty_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    path.write_bytes(b"this is text, and long enough to be looked at" * 50)
    database = await opened(path)
    assert database.damage is not None and not database.damage.has_copy
    assert database.damage.as_error(path).details["from_copy"] is False
    assert database.damage.aside.read_bytes().startswith(b"this is text")
    assert await database.read(count) == 0
    await database.close()


async def test_a_damaged_copy_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    for file in (path, path.with_name("hydrogen.db.copy")):
        file.write_bytes(b"neither this one nor the other is a database" * 50)
    database = await opened(path)
    assert database.damage is not None and not database.damage.has_copy
    await database.close()


async def test_damaged_files_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hydrogen.db"
    monkeypatch.setattr(database_module, "MOST_DAMAGED", 2)
    for number in range(4):
        path.write_bytes(b"no database %d" % number * 100)
        await (await opened(path)).close(copy=False)
    assert len(list(path.parent.glob("*.damaged-*"))) == 2


async def test_a_closed_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    with pytest.raises(HostError, match="closed"):
        await Database(path, ManualClock()).read(count)


@pytest.mark.parametrize("seed", range(8))
async def test_a_file_that_was_torn_in_the_middle_of_writing_is_readable_up_to_a_commit(
    tmp_path: Path, seed: int
) -> None:
    """What a power cut leaves: the file and as much of its log as reached the disk."""
    source = tmp_path / "source.db"
    database = await opened(source)
    whole = source.read_bytes()
    for number in range(40):
        await database.perform(lambda db, number=number: db.execute(add(number)))  # type: ignore[misc]
    log = source.with_name("source.db-wal").read_bytes()
    await database.close(copy=False)
    torn = tmp_path / "torn.db"
    torn.write_bytes(whole)
    torn.with_name("torn.db-wal").write_bytes(log[: Random(seed).randrange(len(log))])
    later = await opened(torn)
    assert later.damage is None
    found = await later.read(lambda db: [row["printer"] for row in db.execute("SELECT printer FROM desks")])
    assert sorted(found) == sorted(f"p{number}" for number in range(len(found))), "a beginning, without a gap"
    await later.close()
