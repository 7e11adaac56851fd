"""The audit log on disk: `<data_dir>/audit/audit-000001.jsonl` and so on, only ever appended to. Everything here blocks."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydrogen.auth.audit_chain import ChainCheck, Link, chained_line, link_of_line, record_of
from hydrogen.core.disk import told_about
from hydrogen.errors import FileUnreadable

FOLDER = "audit"

LONGEST_LINE_BYTES = 65_536
"""What the last line is looked for in; records are bounded far below (audit.py)."""

MOST_READ_BYTES = 8 << 20
"""Read for one page: a tenth of a second, however rare what is looked for."""

BLOCK_BYTES = 65_536

_NAME = re.compile(r"audit-([0-9]{6,})\.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLimits:
    """file_bytes: then the next file begins. files: kept; the oldest is deleted when one more begins."""

    file_bytes: int = 4 << 20
    files: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWish:
    """Which records are wanted. before: only older ones than this number. action: how its name begins. may_reach: asked of the
    record's printer."""

    before: int | None = None
    actor: str | None = None
    action: str = ""
    printer: str | None = None
    may_reach: Callable[[str | None], bool] = lambda _printer: True

    def fits(self, record: Mapping[str, Any]) -> bool:
        """Is this one of them?"""
        number, printer = record.get("n"), record.get("printer")
        return (
            (self.before is None or (isinstance(number, int) and number < self.before))
            and (self.actor is None or record.get("actor") == self.actor)
            and str(record.get("action")).startswith(self.action)
            and (self.printer is None or printer == self.printer)
            and self.may_reach(printer if isinstance(printer, str) else None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """records: the newest first. next: where the following page begins (`before`); None where the log does."""

    records: tuple[Mapping[str, Any], ...]
    next: int | None


class AuditFiles:
    """The folder, for its one writer (`append`) and any number of readers."""

    def __init__(self, data_dir: Path, limits: AuditLimits | None = None) -> None:
        self.folder = data_dir / FOLDER
        self._limits = limits or AuditLimits()
        self._end: Link | None = None
        self._number = 1

    # -------------------------------------------------------------------------------------------------------- writing

    def append(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Write these records and have them on disk when it returns. Raises HostError, and then none of them is kept."""
        with told_about(self.folder):
            end = self._end if self._end is not None else self._find_end()
            lines = bytearray()
            for body in bodies:
                line, end = chained_line(body, end)
                lines += line
            self._write(bytes(lines))
            self._end = end

    def _write(self, lines: bytes) -> None:
        path = self._path(self._number)
        if path.exists() and path.stat().st_size + len(lines) > self._limits.file_bytes and path.stat().st_size:
            self._number += 1
            path = self._path(self._number)
            self._delete_oldest()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            try:
                _write_all(handle, lines)
                os.fdatasync(handle)
            except OSError:
                os.ftruncate(handle, size)  # a part of a record would look like a forged one
                raise
        finally:
            os.close(handle)

    def _find_end(self) -> Link:
        """The end of what an earlier life wrote. A torn last line (the power went) is cut off: it was never promised."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        numbers = self._numbers()
        self._number = numbers[-1] if numbers else 1
        for number in reversed(numbers):
            path = self._path(number)
            _cut_torn_line(path)
            lines = _tail_of(path).splitlines()
            if lines:
                # A last line that was tampered with breaks the chain there, and `verify` tells where.
                return link_of_line(lines[-1]) or Link()
        return Link()

    def _delete_oldest(self) -> None:
        for number in self._numbers()[: -(self._limits.files - 1) or None]:
            if number < self._number:
                self._path(number).unlink(missing_ok=True)

    # -------------------------------------------------------------------------------------------------------- reading

    def lines(self) -> Iterator[tuple[bytes, str]]:
        """Every line with where it stands, the oldest first. Raises FileUnreadable."""
        for number in self._numbers():
            path = self._path(number)
            try:
                with path.open("rb") as stream:
                    for index, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE_BYTES), b""), start=1):
                        yield line, f"{path.name} line {index}"
            except OSError as error:
                raise FileUnreadable(f"cannot read {path}: {error.strerror or error}", file=str(path)) from error

    def newest(self, wish: AuditWish, limit: int) -> AuditPage:
        """Up to so many records that fit, read from the end; gives up after MOST_READ_BYTES and tells where to go on. What is
        no record is passed over: `verify` is who judges. Raises FileUnreadable."""
        found: list[Mapping[str, Any]] = []
        left, last = MOST_READ_BYTES, None
        for number in reversed(self._numbers()):
            for line in _lines_backwards(self._path(number)):
                record = record_of(line)
                left -= len(line)
                if record is not None and isinstance(record.get("n"), int):
                    last = int(record["n"])
                    if wish.fits(record):
                        found.append(record)
                if len(found) == limit or left < 0:
                    return AuditPage(records=tuple(found), next=last)
        return AuditPage(records=tuple(found), next=None)

    def verify(self, expected: Sequence[str] = ()) -> ChainCheck:
        """Read everything. expected: digests that were noted earlier and must be part of the chain. Raises FileUnreadable."""
        check = ChainCheck(digests_wanted=frozenset(expected))
        for line, where in self.lines():
            check.read(line, where)
        for digest in sorted(check.digests_wanted - check.digests_seen):
            check.breaks.append(f"no record has the digest {digest[:80]}: the log was rewritten, or is older than that")
        return check

    def _numbers(self) -> list[int]:
        try:
            names = [entry.name for entry in os.scandir(self.folder)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FileUnreadable(f"cannot read {self.folder}: {error.strerror or error}") from error
        return sorted(int(match[1]) for name in names if (match := _NAME.fullmatch(name)))

    def _path(self, number: int) -> Path:
        return self.folder / f"audit-{number:06d}.jsonl"


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file, the last one first. A torn last line is one. Raises FileUnreadable."""
    try:
        with path.open("rb") as stream:
            at, rest = stream.seek(0, os.SEEK_END), b""
            while at > 0:
                begin = max(0, at - BLOCK_BYTES)
                stream.seek(begin)
                first, *lines = (stream.read(at - begin) + rest).split(b"\n")
                at, rest = begin, first
                yield from (line for line in reversed(lines) if line)
            if rest:
                yield rest
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {error.strerror or error}", file=str(path)) from error


def _tail_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - LONGEST_LINE_BYTES))
        return stream.read()


def _cut_torn_line(path: Path) -> None:
    tail = _tail_of(path)
    if tail and not tail.endswith(b"\n"):
        os.truncate(path, path.stat().st_size - len(tail) + tail.rfind(b"\n") + 1)
