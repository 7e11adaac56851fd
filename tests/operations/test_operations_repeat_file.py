"""Results that the next service knows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict
from hydrogen.operations import repeat_file as module
from hydrogen.operations.repeat import KeptResult, RepeatMemory
from hydrogen.operations.repeat_file import RepeatFile
from tests.support.recording_log import RecordingLog


class Life:
    """One service: a memory and its file."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.log = RecordingLog()
        self.adopted: list[KeptResult] = []
        self.file = RepeatFile(folder / "repeats.jsonl", adopt=self._adopt, clock=clock, log=self.log)
        self.memory = RepeatMemory(clock=clock, record=self.file)
        self.done = 0

    def _adopt(self, results: Sequence[KeptResult]) -> None:
        self.adopted = list(results)
        self.memory.adopt(results)

    async def perform(self) -> Mapping[str, Any]:
        self.done += 1
        return {"job": f"j{self.done}"}

    async def ask(self, key: str = "key", digest: bytes = b"1", *, is_lasting: bool = True) -> Mapping[str, Any]:
        return await self.memory.once("owner", key, digest, self.perform, is_lasting=is_lasting)


async def begun(folder: Path, clock: ManualClock) -> Life:
    life = Life(folder, clock)
    await life.file.start()
    return life


async def test_next_service_gives_the_first_result_again(tmp_path: Path) -> None:
    clock = ManualClock()
    first = await begun(tmp_path, clock)
    assert await first.ask() == {"job": "j1"}
    second = await begun(tmp_path, clock)
    assert await second.ask() == {"job": "j1"}
    assert second.done == 0
    with pytest.raises(Conflict):
        await second.ask(digest=b"2")


async def test_only_what_lasts_is_recorded(tmp_path: Path) -> None:
    life = await begun(tmp_path, ManualClock())
    await life.ask(is_lasting=False)
    assert not (tmp_path / "repeats.jsonl").exists()


async def test_what_grew_old_meanwhile_is_forgotten_by_file_and_memory(tmp_path: Path) -> None:
    clock = ManualClock()
    await (await begun(tmp_path, clock)).ask()
    clock.advance(599.0)
    late = await begun(tmp_path, clock)
    assert await late.ask() == {"job": "j1"} and late.done == 0
    clock.advance(1.0)
    assert not late.memory.knows("owner", "key")
    after = await begun(tmp_path, clock)
    assert after.adopted == []
    assert (tmp_path / "repeats.jsonl").read_bytes() == b""


async def test_half_a_line_and_nonsense_are_passed_over(tmp_path: Path) -> None:
    clock = ManualClock()
    await (await begun(tmp_path, clock)).ask()
    path = tmp_path / "repeats.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b'{"caller":1}\n[]\n\xff\n' + whole + whole[:40])
    life = await begun(tmp_path, clock)
    assert [kept.key for kept in life.adopted] == ["key"]
    assert path.read_bytes() == whole


async def test_file_is_ours_alone_and_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 20)
    clock = ManualClock()
    life = await begun(tmp_path, clock)
    for number in range(100):
        await life.ask(f"key{number}")
        clock.advance(1.0)
    path = tmp_path / "repeats.jsonl"
    assert len(path.read_bytes().splitlines()) <= 20
    assert path.stat().st_mode & 0o777 == 0o600
    assert (await begun(tmp_path, clock)).adopted[-1].key == "key99"


async def test_disk_that_does_not_take_it_is_told_and_the_result_is_given(tmp_path: Path) -> None:
    life = await begun(tmp_path, ManualClock())
    (tmp_path / "repeats.jsonl").mkdir()
    assert await life.ask() == {"job": "j1"}
    assert life.log.events("error") == ["repeat not recorded"]
    other = await begun(tmp_path, ManualClock())
    assert other.adopted == [] and other.log.events("error") == ["repeats of the last service not known"]


async def test_copies_in_flight_are_recorded_once(tmp_path: Path) -> None:
    life = await begun(tmp_path, ManualClock())
    assert await asyncio.gather(*(life.ask() for _ in range(5))) == [{"job": "j1"}] * 5
    assert len((tmp_path / "repeats.jsonl").read_bytes().splitlines()) == 1
