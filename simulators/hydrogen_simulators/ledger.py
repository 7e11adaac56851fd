"""What a virtual printer executed: the proof that a job arrived once, whole and in order.

Theory of operation: every executed command is recorded without line number and checksum. Two FNV-1a
hashes (64 bit) run over them, each command followed by a newline: ``job_hash`` over the moves G0..G3
only, ``all_hash`` over everything but ``M9999`` (which asks for the ledger). A test computes the same
hash from the file; equal hashes mean equal execution. The format is that of the rig's ``fakemarlin``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

FNV_BASIS = 0xCBF29CE484222325
"""Start value of FNV-1a, 64 bit."""

FNV_PRIME = 0x100000001B3
"""Multiplier of FNV-1a, 64 bit."""

_MASK = 0xFFFFFFFFFFFFFFFF
_LANE_BITS = 128  # a hash of 64 bits times the multiplier of 41 stays in a lane of its own
_BOTH_MASK = _MASK << _LANE_BITS | _MASK
_IN_BOTH_LANES = tuple(byte << _LANE_BITS | byte for byte in range(256))
_SETTLE_AT_BYTES = 16
_FOLD_AT_BYTES = 8192  # executed text waits in a buffer of this size, so that the printer's hot path stays short

COUNTERS = (
    "opens",
    "lines_received",
    "lines_accepted",
    "lines_executed",
    "numbered",
    "unnumbered",
    "oks",
    "resends_requested",
    "bad_checksum",
    "no_checksum",
    "duplicates",
    "out_of_order",
    "unknown",
    "too_long",
    "rx_overflow_bytes",
    "max_queue",
    "busy_sent",
    "temp_reports",
    "resets",
    "cold_extrusions",
    "card_lines",
    "bytes_in",
    "bytes_out",
)
"""Names of the counters that are always in the JSON, zero or not. ``rx_overflow_bytes`` are bytes a full ring lost."""


def fnv1a(data: bytes | bytearray, value: int = FNV_BASIS) -> int:
    """Continue the FNV-1a hash (64 bit) ``value`` over ``data``."""
    for byte in data:
        value = ((value ^ byte) * FNV_PRIME) & _MASK
    return value


def fnv1a_twice(data: bytes | bytearray, one: int, other: int) -> tuple[int, int]:
    """Continue two hashes over the same ``data`` in the time of one: as the two lanes of one large number."""
    both = other << _LANE_BITS | one
    for byte in data:
        both = ((both ^ _IN_BOTH_LANES[byte]) * FNV_PRIME) & _BOTH_MASK
    return both & _MASK, both >> _LANE_BITS


def is_move(command: str) -> bool:
    """True for G0, G1, G2 and G3: the commands of which a job's hash is made."""
    return command[:1] == "G" and command[1:2] in ("0", "1", "2", "3") and not command[2:3].isdigit()


class ExecutionLedger:
    """Records executed commands in order; counts what else happened.

    ``lines`` and ``moves`` are kept only with ``keep_lines`` (a long print is tens of megabytes). Lines of a card print
    stand among them, since the machine executed them; ``host_lines`` and ``card_lines`` tell the two apart.
    ``on_line`` is called with each executed command. ``times_asked`` counts the lines that ask for the ledger.
    """

    def __init__(self, *, keep_lines: bool = True, on_line: Callable[[str], None] | None = None) -> None:
        self.lines: list[str] = []
        self.moves: list[str] = []
        self.card_lines: list[str] = []
        self._card_indices: set[int] = set()
        self.move_count = 0
        self.move_bytes = 0
        self.first_move_at: float | None = None
        self.last_move_at: float | None = None
        self.longest_gap_seconds = 0.0
        self.times_asked = 0
        self.counts: Counter[str] = Counter()
        self._keep_lines = keep_lines
        self._on_line = on_line
        self._job_hash = FNV_BASIS
        self._all_hash = FNV_BASIS
        self._job_text = bytearray()
        self._all_text = bytearray()

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        self.counts[name] += by

    @property
    def host_lines(self) -> list[str]:
        """The executed commands that the host sent."""
        return [line for index, line in enumerate(self.lines) if index not in self._card_indices]

    def record(self, command: str, now: float, *, from_card: bool = False) -> bool:
        """Note an executed command (no number, no checksum); true if it was a move."""
        self.counts["lines_executed"] += 1
        if from_card:
            self.counts["card_lines"] += 1
        if command.startswith("M9999"):
            self.counts["ledger_requests"] += 1
            self.times_asked += 1
            return False
        if self._on_line is not None:
            self._on_line(command)
        text = command.encode("latin-1", "replace") + b"\n"
        self._all_text += text
        if len(self._all_text) > _FOLD_AT_BYTES:
            self._fold()
        if self._keep_lines:
            if from_card:
                self._card_indices.add(len(self.lines))
                self.card_lines.append(command)
            self.lines.append(command)
        if not is_move(command):
            return False
        self._record_move(command, text, now)
        return True

    @property
    def job_hash(self) -> str:
        """FNV-1a over the executed moves, 16 hexadecimal digits."""
        self._fold()
        return f"{self._job_hash:016x}"

    @property
    def all_hash(self) -> str:
        """FNV-1a over all executed commands but M9999, 16 hexadecimal digits."""
        self._fold()
        return f"{self._all_hash:016x}"

    def as_dict(self) -> dict[str, object]:
        """The ledger as JSON values; times are printer seconds."""
        numbers: dict[str, object] = {name: self.counts[name] for name in COUNTERS}
        numbers.update({name: value for name, value in self.counts.items() if name not in numbers})
        seconds = 0.0
        if self.first_move_at is not None and self.last_move_at is not None:
            seconds = self.last_move_at - self.first_move_at
        numbers |= {
            "all_lines": self.counts["lines_executed"] - self.counts["ledger_requests"],
            "job_lines": self.move_count,
            "job_bytes": self.move_bytes,
            "job_seconds": round(seconds, 6),
            "max_gap_ms": round(self.longest_gap_seconds * 1000, 3),
            "job_hash": self.job_hash,
            "all_hash": self.all_hash,
        }
        return numbers

    def as_json(self, **more: object) -> str:
        """The ledger and ``more`` facts as one JSON object with a final newline."""
        return json.dumps(self.as_dict() | more, indent=1) + "\n"

    def _record_move(self, command: str, text: bytes, now: float) -> None:
        self.move_count += 1
        self.move_bytes += len(text)
        self._job_text += text
        if self._keep_lines:
            self.moves.append(command)
        if self.last_move_at is None:
            self.first_move_at = now
        else:
            self.longest_gap_seconds = max(self.longest_gap_seconds, now - self.last_move_at)
        self.last_move_at = now

    def settle(self) -> None:
        """Take what was executed into the hashes now: for a caller who is about to wait for somebody anyway."""
        if len(self._all_text) > _SETTLE_AT_BYTES:
            self._fold()

    def _fold(self) -> None:
        if self._job_text == self._all_text:
            self._job_hash, self._all_hash = fnv1a_twice(self._all_text, self._job_hash, self._all_hash)
        else:
            self._job_hash = fnv1a(self._job_text, self._job_hash)
            self._all_hash = fnv1a(self._all_text, self._all_hash)
        self._job_text.clear()
        self._all_text.clear()


def job_hash(lines: list[str]) -> str:
    """The ``job_hash`` a printer must report after it executed exactly ``lines`` (comments and blanks are cut)."""
    value = FNV_BASIS
    for line in lines:
        command = line.partition(";")[0].strip(" \r\n")
        if is_move(command):
            value = fnv1a(command.encode("latin-1", "replace") + b"\n", value)
    return f"{value:016x}"
