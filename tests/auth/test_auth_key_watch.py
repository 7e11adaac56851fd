"""Changes of the file of keys are noticed; a damaged one changes nothing and is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from hydrogen.auth.key_store import KeyRecord, KeyStore
from hydrogen.auth.key_watch import KeyWatch
from hydrogen.errors import FileUnreadable
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


class Watched:
    def __init__(self, folder: Path) -> None:
        self.store = KeyStore(folder)
        self.applied: list[Sequence[KeyRecord]] = []
        self.reports: list[BaseException] = []
        self.log = RecordingLog()
        self.watch = KeyWatch(
            self.store,
            apply=self.applied.append,
            report=lambda _name, error: self.reports.append(error),
            log=self.log,
        )

    def make(self, name: str) -> str:
        return self.store.create(name, scopes=frozenset({"read"}), created_at=1000.0)[0].key

    @property
    def names(self) -> list[list[str]]:
        return [[record.name for record in records] for records in self.applied]


async def test_keys_are_read_at_the_start_and_at_every_change_only(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.watch.start()
    assert watched.names == []  # no file: nothing to say
    watched.make("a")
    for _ in range(3):
        await watched.watch.look()
    watched.make("b")
    await watched.watch.look()
    watched.store.revoke("a")
    await watched.watch.look()
    assert watched.names == [["a"], ["a", "b"], ["b"]]


async def test_removing_the_file_takes_all_keys_away(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.make("a")
    await watched.watch.start()
    watched.store.path.unlink()
    await watched.watch.look()
    assert watched.names == [["a"], []]


async def test_a_damaged_file_is_told_once_and_the_last_good_keys_stay(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    key = watched.make("a")
    await watched.watch.start()
    good = watched.store.path.read_bytes()
    watched.store.path.write_bytes(b"{")
    for _ in range(3):
        await watched.watch.look()
    assert watched.names == [["a"]]
    assert [type(error) for error in watched.reports] == [FileUnreadable]
    watched.store.path.write_bytes(good)
    await watched.watch.look()
    assert watched.names == [["a"], ["a"]]
    assert key not in repr(watched.log.entries)


async def test_the_running_watch_notices_within_its_interval(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    await watched.watch.start()
    running = asyncio.create_task(watched.watch.run())
    watched.make("a")
    await wait_until(lambda: watched.applied)
    running.cancel()
    await asyncio.wait([running])
