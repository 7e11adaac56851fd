"""Two sums over a file: what was to be sent, and what was acknowledged."""

from __future__ import annotations

import hashlib
import io
from random import Random

import pytest

from hydrogen.gcode.line import prepare
from hydrogen.spooler.job import line_digest
from hydrogen.spooler.job.line_digest import digest_lines

FILE = b"; a comment\r\nG28 ; home\n\nG1 X1\rG1 X2 ; two\n;LAYER:1\nM104 S0"
LINES = [b"G28", b"G1 X1", b"G1 X2", b"M104 S0"]


def sum_of(lines: list[bytes]) -> str:
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
@pytest.mark.parametrize("count", range(5))
async def test_the_executed_lines_are_those_before_the_acknowledged_offset(
    count: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_digest, "PIECE_BYTES", piece)
    ends = [0, FILE.index(b"\n\nG1"), FILE.index(b"G1 X2"), FILE.index(b";LAYER"), len(FILE)]
    offset = ends[count] + (1 if count == 1 else 0)
    executed, whole = await digest_lines(io.BytesIO(FILE), prepare, offset)
    assert whole == sum_of(LINES)
    assert executed == sum_of(LINES[:count])


async def test_all_acknowledged_is_the_same_sum() -> None:
    random = Random(7)
    lines = [b"G1 X%d Y%d" % (random.randrange(200), random.randrange(200)) for _ in range(5000)]
    file = b"".join(line + random.choice([b"\n", b"\r\n", b" ; c\n"]) for line in lines)
    executed, whole = await digest_lines(io.BytesIO(file), prepare, len(file))
    assert executed == whole == sum_of(lines)


async def test_a_line_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_digest, "LONGEST_LINE_BYTES", 1000)
    with pytest.raises(ValueError, match="without an end"):
        await digest_lines(io.BytesIO(b"x" * 100_000), prepare, 0)


async def test_an_empty_file_has_the_sum_of_nothing() -> None:
    assert await digest_lines(io.BytesIO(b""), prepare, 0) == (sum_of([]), sum_of([]))
