"""A file on its way in is there whole, or was never there."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from pathlib import Path

import pytest

from hydrogen.errors import DiskFull, FileRejected, HydrogenError, TooLarge
from hydrogen.files.incoming import BLOCK_BYTES
from hydrogen.files.space import Space
from hydrogen.files.store import FileStore
from tests.support.waiting import wait_until

CONTENT = b"".join(b"G1 X%d Y1\n" % number for number in range(300_000))


def left_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_a_file_of_many_blocks_arrives_whole(tmp_path: Path) -> None:
    assert len(CONTENT) > 2 * BLOCK_BYTES
    async with await FileStore(tmp_path).receive("a.gcode") as incoming:
        for begin in range(0, len(CONTENT), 65_000):
            await incoming.write(CONTENT[begin : begin + 65_000])
        stored = await incoming.commit()
    assert (tmp_path / "a.gcode").read_bytes() == CONTENT
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert left_in(tmp_path) == ["a.gcode"]


async def test_a_broken_upload_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text("G28\n")
    with pytest.raises(ConnectionError):
        async with await FileStore(tmp_path).receive("a.gcode") as incoming:
            await incoming.write(CONTENT)
            raise ConnectionError
    assert left_in(tmp_path) == ["a.gcode"] and (tmp_path / "a.gcode").read_text() == "G28\n"


async def test_an_upload_that_is_cancelled_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    async def upload() -> None:
        async with await FileStore(tmp_path).receive("a.gcode") as incoming:
            while True:
                await incoming.write(CONTENT)

    task = asyncio.create_task(upload())
    await wait_until(lambda: left_in(tmp_path))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.gcode", b"", FileRejected),
        ("a.gcode", b"G28\0", FileRejected),
        ("a.gcode", b"\0" * 3_000_000, FileRejected),
        ("a.gcode.gz", gzip.compress(CONTENT)[:-5], FileRejected),
        ("a.gcode.gz", CONTENT, FileRejected),
        ("a.gcode", CONTENT * 2, TooLarge),
    ],
)
async def test_what_is_refused_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, kind: type[HydrogenError]
) -> None:
    with pytest.raises(kind):
        async with await FileStore(tmp_path, limit_bytes=5_000_000).receive(name) as incoming:
            await incoming.write(content)
            await incoming.commit()
    assert left_in(tmp_path) == []


async def test_a_disk_that_fills_up_meanwhile_stops_the_upload(tmp_path: Path) -> None:
    free_bytes = [20_000_000]

    def probe(_folder: Path) -> int:
        free_bytes[0] -= 1_500_000
        return free_bytes[0]

    store = FileStore(tmp_path, space=Space(tmp_path, reserve_bytes=10_000_000, probe=probe))
    with pytest.raises(DiskFull):
        async with await store.receive("a.gcode") as incoming:
            for _ in range(20):
                await incoming.write(CONTENT)
    assert left_in(tmp_path) == []


async def test_packed_text_is_stored_as_text(tmp_path: Path) -> None:
    async with await FileStore(tmp_path).receive("a.gcode.gz") as incoming:
        await incoming.write(gzip.compress(CONTENT))
        stored = await incoming.commit("sub")
    assert stored.path == "sub/a.gcode"
    assert (tmp_path / "sub" / "a.gcode").read_bytes() == CONTENT
