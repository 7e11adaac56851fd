"""The file that is printed, and the proof that it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from benchmarks.figure import BenchmarkFailed


def moves(count: int) -> list[bytes]:
    """Short moves of about 30 bytes, no two neighbours alike, prepared as a slicer writes them."""
    return [
        b"G1 X%d.%03d Y%d.%03d E%d.%05d" % (50 + i * 79 % 100, i % 1000, 50 + i * 47 % 100, i * 3 % 1000, i // 50, i)
        for i in range(count)
    ]


def hash_of(lines: Iterable[bytes]) -> str:
    """SHA-256 over the lines, each with a newline."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()


def check_executed(lines: list[bytes], executed_count: int, executed_hash: str) -> None:
    """Raises BenchmarkFailed unless every line was executed exactly once and in order."""
    if executed_hash != hash_of(lines):
        raise BenchmarkFailed(f"executed is not the file: {executed_count} moves ran, the file has {len(lines)}")


class ListSource:
    """Signs LineSource: lines in memory; the offset behind a line is the count of bytes so far."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines: Iterator[bytes] = iter(lines)
        self._offset = 0

    def take(self) -> tuple[bytes, int] | None:
        line = next(self._lines, None)
        if line is None:
            return None
        self._offset += len(line) + 1
        return line, self._offset
