"""Lines from the spool file: every one of them, in order, with the exact offset behind it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import FileUnreadable, HydrogenError
from hydrogen.gcode.line import prepare
from hydrogen.spooler.job.job_source import BlockReader, FileSource, line_border, next_border
from tests.support.property_settings import REPEATABLE
from tests.support.waiting import wait_until


class Taker:
    """Takes lines as the link does: until there is none, and again when it is woken."""

    def __init__(self, path: Path, *, block_bytes: int = 1 << 20, start: int = 0) -> None:
        self.taken: list[tuple[bytes, int]] = []
        self.errors: list[HydrogenError] = []
        self.ends = 0
        self.source = FileSource(
            BlockReader(path, start=start, block_bytes=block_bytes),
            prepare,
            on_ready=self.take_all,
            on_exhausted=self._ended,
            on_failed=self.errors.append,
        )

    def take_all(self) -> None:
        while (taken := self.source.take()) is not None:
            self.taken.append(taken)

    def _ended(self) -> None:
        self.ends += 1

    async def to_the_end(self) -> list[tuple[bytes, int]]:
        self.source.start()
        await wait_until(lambda: self.ends or self.errors)
        await self.source.close()
        return self.taken


def expected(data: bytes) -> list[tuple[bytes, int]]:
    """By the plainest means."""
    found, offset = [], 0
    for raw in data.splitlines(keepends=True):
        offset += len(raw)
        body = prepare(raw)
        if body:
            found.append((body, offset))
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_bytes", [64, 100, 1 << 20])
async def test_offsets_are_exact_for_every_line_end(tmp_path: Path, end: str, block_bytes: int) -> None:
    path = tmp_path / "part.gcode"
    data = "".join(f"G1 X{n} ; move{end}{end}; comment{end}" for n in range(500)).encode()
    path.write_bytes(data)
    assert await Taker(path, block_bytes=block_bytes).to_the_end() == expected(data)


async def test_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"G28\nG1 X1")
    assert await Taker(path).to_the_end() == [(b"G28", 4), (b"G1 X1", 9)]


async def test_comment_line_longer_than_a_batch_and_than_a_block_passes(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    data = b"G28\n;" + b"x" * 20_000 + b"\nG1 X1\n"
    path.write_bytes(data)
    assert await Taker(path, block_bytes=30_000).to_the_end() == expected(data)


@REPEATABLE
@given(
    pieces=st.lists(st.sampled_from([b"G1 X1", b"G28", b";c", b"", b" ", b"\n", b"\r", b"\r\n", b"\n\r"]), max_size=60),
    block_bytes=st.integers(1, 40),
)
def test_any_mixture_of_line_ends_and_blocks_gives_the_lines_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], block_bytes: int
) -> None:
    data = b"".join(pieces)
    path = tmp_path_factory.mktemp("source") / "part.gcode"
    path.write_bytes(data)
    reader = BlockReader(path, block_bytes=max(block_bytes, max(map(len, data.splitlines(keepends=True)), default=1)))
    blocks = []
    while block := reader.read():
        blocks.append(block)
    reader.close()
    assert b"".join(blocks) == data
    assert [line for block in blocks for line in block.splitlines(keepends=True)] == data.splitlines(keepends=True)


def test_border_is_behind_the_last_whole_line() -> None:
    assert line_border(b"a\nb\nc", 0, 5, is_last=False) == 4
    assert line_border(b"a\nb", 2, 3, is_last=True) == 3
    assert line_border(b"a\rb\r", 0, 4, is_last=False) == 2
    assert line_border(b"a\rb\r", 0, 4, is_last=True) == 4
    assert line_border(b"a\r\nb", 0, 2, is_last=True) == 3
    assert line_border(b"abc", 0, 3, is_last=False) == 0
    assert next_border(b"ab\r\ncd", 0) == 4
    assert next_border(b"ab\rcd\n", 0) == 3
    assert next_border(b"abc", 1) == 3


async def test_pause_gives_nothing_and_resume_goes_on_with_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"".join(b"G1 X%d\n" % n for n in range(10)))
    source = FileSource(
        BlockReader(path), prepare, on_ready=lambda: None, on_exhausted=lambda: None, on_failed=lambda error: None
    )
    source.start()
    await wait_until(lambda: source.take() == (b"G1 X0", 6))
    source.pause()
    assert source.take() is None
    source.resume()
    assert source.take() == (b"G1 X1", 12)
    source.stop()
    source.resume()
    assert source.take() is None
    await source.close()
    await source.close()


async def test_exhausted_is_set_when_the_last_line_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"G28\n; the end\n")
    taker = Taker(path)
    await taker.to_the_end()
    assert taker.source.exhausted.is_set()
    assert taker.ends == 1


async def test_file_that_cannot_be_read_is_an_error_and_not_an_end(tmp_path: Path) -> None:
    taker = Taker(tmp_path / "missing.gcode")
    await taker.to_the_end()
    assert [type(error) for error in taker.errors] == [FileUnreadable]
    assert not taker.source.exhausted.is_set()


async def test_read_error_in_the_middle_is_an_error(tmp_path: Path) -> None:
    class FailingReader(BlockReader):
        reads = 0

        def read(self) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise FileUnreadable("reading the job's file failed: Input/output error")
            return super().read()

    path = tmp_path / "part.gcode"
    path.write_bytes(b"G1 X1\n" * 100)
    taker = Taker(path)
    taker.source = FileSource(
        FailingReader(path, block_bytes=60),
        prepare,
        on_ready=taker.take_all,
        on_exhausted=lambda: None,
        on_failed=taker.errors.append,
    )
    await taker.to_the_end()
    assert len(taker.taken) == 10
    assert taker.errors[0].code == "file_unreadable"


async def test_line_that_must_not_be_sent_stops_the_source(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"G28\n" + b"G1 X" + b"1" * 200 + b"\nG1 X2\n")
    taker = Taker(path)
    await taker.to_the_end()
    assert [error.code for error in taker.errors] == ["line_refused"]
    assert (b"G1 X2", 211) not in taker.taken


async def test_take_is_cheap(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"".join(b"G1 X%d.123 Y45.678 E.0%d\n" % (n % 200, n % 90 + 10) for n in range(60_000)))
    began = time.process_time()
    taken = await Taker(path).to_the_end()
    per_line = (time.process_time() - began) / len(taken)
    assert len(taken) == 60_000
    assert per_line < 20e-6, f"{per_line * 1e6:.1f} us per line"


async def test_close_during_a_read_leaves_no_thread_with_a_closed_file(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b"G1 X1\n" * 500_000)
    taker = Taker(path)
    taker.source.start()
    await taker.source.close()
    await asyncio.sleep(0)
    assert taker.errors == []


@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
async def test_source_that_begins_in_the_middle_gives_the_rest_with_the_offsets_of_the_whole(
    tmp_path: Path, block_bytes: int
) -> None:
    data = "".join(f"G1 X{number}\n" for number in range(40)).encode()
    path = tmp_path / "part.gcode"
    path.write_bytes(data)
    whole = expected(data)
    taker = Taker(path, block_bytes=block_bytes, start=whole[16][1])
    assert await taker.to_the_end() == whole[17:]
