"""Bad weather, seeded: what a wire does to bytes, and what happens to a board in the middle of a job.

Theory of operation: line faults (``..._every`` counters, line and ok rates) need whole lines, so a ``FaultyWire`` holds
back an unfinished line only when its plan has one of them. Byte faults follow, and are decided by a countdown per
direction, so that the same seed gives the same bytes however they are cut into chunks. Nothing is repaired: a line
that lost its head goes on to the printer, which runs it unchecked. That is the truth of Marlin (``facts/link.md``).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import reduce
from operator import xor
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Protocol

from hydrogen_simulators.firmware.heater import HeaterFailure

LOST_IN_A_ROW = 8
"""Bytes that ``line_damage_rate`` loses at most in one place (``facts/link.md`` section 4)."""


class UnknownFaultPlan(ValueError):
    """No plan of this name, no file there, or a file that is not a plan; the message says what is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """What goes wrong. ``..._every`` count (0: never), ``..._rate`` are probabilities, ``..._after`` count executed moves.

    Counters run over numbered lines towards the printer, repeats included, and over oks towards the host.
    """

    corrupt_every: int = 0
    """Flip one bit in the middle of every n-th numbered line."""
    drop_line_every: int = 0
    """Lose every n-th numbered line."""
    resend_every: int = 0
    """Give every n-th numbered line a wrong number with a right checksum: the printer asks for it again."""
    drop_ok_every: int = 0
    """Lose every n-th ok."""
    duplicate_ok_every: int = 0
    """Deliver every n-th ok twice."""
    byte_corruption_rate: float = 0.0
    """Flip one of the seven low bits of a byte towards the printer."""
    byte_loss_rate: float = 0.0
    """Lose a byte towards the printer."""
    byte_duplication_rate: float = 0.0
    """Deliver a byte towards the printer twice."""
    line_loss_rate: float = 0.0
    """Lose a line towards the printer."""
    line_damage_rate: float = 0.0
    """Damage a line towards the printer in one place: a byte substituted, or doubled, or up to eight in a row lost. Bytes
    that are zero in an 8-bit XOR are not lost: whether a line is damaged, a checksum can tell."""
    ok_loss_rate: float = 0.0
    """Lose an ok."""
    ok_duplication_rate: float = 0.0
    """Deliver an ok twice."""
    reply_corruption_rate: float = 0.0
    """Flip one of the seven low bits of a byte towards the host."""
    reply_byte_loss_rate: float = 0.0
    """Lose a byte towards the host."""
    reply_byte_duplication_rate: float = 0.0
    """Deliver a byte towards the host twice."""
    mute_after: int = 0
    """The board says nothing more, but goes on."""
    reset_after: int = 0
    """The board restarts: greeting, line number 0, heaters off."""
    unplug_after: int = 0
    """The cable comes off; the board keeps its power."""
    halt_after: int = 0
    """The board kills itself: ``Error:Thermal Runaway``, ``Error:Printer halted``."""
    heater_fails_after: int = 0
    """The hotend's heater breaks; thermal protection notices in its own time."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            limit = 1 if each.name.endswith("_rate") else math.inf
            if not 0 <= value <= limit:
                raise ValueError(f"{each.name} must be between 0 and {limit}, found {value}")

    @property
    def needs_lines_towards_printer(self) -> bool:
        """True if whole lines must be seen before they may pass."""
        counters = self.corrupt_every or self.drop_line_every or self.resend_every
        return bool(counters or self.line_loss_rate or self.line_damage_rate)

    @property
    def needs_lines_towards_host(self) -> bool:
        """True if whole replies must be seen before they may pass."""
        return bool(self.drop_ok_every or self.duplicate_ok_every or self.ok_loss_rate or self.ok_duplication_rate)


NAMED_PLANS: Mapping[str, tuple[str, FaultPlan]] = MappingProxyType(
    {
        "clean": ("nothing goes wrong", FaultPlan()),
        "noisy": ("one byte in 1,000 arrives with a flipped bit", FaultPlan(byte_corruption_rate=0.001)),
        "very-noisy": (
            "one byte in 300 arrives with a flipped bit: a tenth of all lines",
            FaultPlan(byte_corruption_rate=1 / 300),
        ),
        "lossy": (
            "one byte in 2,000 never arrives; some lines lose their number and run unchecked",
            FaultPlan(byte_loss_rate=0.0005),
        ),
        "corrupt-lines": ("every 100th numbered line has a flipped bit", FaultPlan(corrupt_every=100)),
        "lost-lines": (
            "every 100th numbered line never arrives, and nobody says a word",
            FaultPlan(drop_line_every=100),
        ),
        "lost-oks": ("every 100th ok never arrives", FaultPlan(drop_ok_every=100)),
        "doubled-oks": ("every 100th ok arrives twice", FaultPlan(duplicate_ok_every=100)),
        "resends": ("every 50th numbered line is asked for again although it was good", FaultPlan(resend_every=50)),
        "bad-replies": (
            "one byte in 1,000 of the printer's replies has a flipped bit",
            FaultPlan(reply_corruption_rate=0.001),
        ),
        "stormy": (
            "a bit of everything, both ways",
            FaultPlan(
                byte_corruption_rate=0.0005,
                line_loss_rate=0.003,
                ok_loss_rate=0.003,
                ok_duplication_rate=0.003,
                reply_corruption_rate=0.0002,
            ),
        ),
        "mute": ("after 500 moves the board says nothing more", FaultPlan(mute_after=500)),
        "reset": ("after 500 moves the board restarts", FaultPlan(reset_after=500)),
        "unplug": ("after 500 moves the cable comes off (see --replug-after)", FaultPlan(unplug_after=500)),
        "halt": ("after 500 moves the board kills itself for thermal runaway", FaultPlan(halt_after=500)),
        "heater-failure": (
            "after 500 moves the hotend goes cold; protection kills the board 40 s later",
            FaultPlan(heater_fails_after=500),
        ),
    }
)
"""Plans to choose by name, each with the sentence ``hydrogen-sim faults`` prints."""


def load_plan(name_or_file: str) -> FaultPlan:
    """The plan of that name, or read from a JSON file with ``FaultPlan``'s fields.

    Raises:
        UnknownFaultPlan: neither a name nor a readable plan.
    """
    if name_or_file in NAMED_PLANS:
        return NAMED_PLANS[name_or_file][1]
    path = Path(name_or_file)
    if not path.is_file():
        names = ", ".join(NAMED_PLANS)
        raise UnknownFaultPlan(f"no fault plan {name_or_file!r}: give one of {names}, or a JSON file with a plan")
    try:
        return plan_from_record(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise UnknownFaultPlan(f"{name_or_file} is not a fault plan: {error}") from error


def plan_from_record(found: object) -> FaultPlan:
    """The plan with these fields; raises TypeError or ValueError that says what is wrong."""
    if not isinstance(found, dict):
        raise TypeError("expected an object of fields and numbers")
    known = {each.name: type(each.default) for each in fields(FaultPlan)}
    for name, value in found.items():
        if name not in known:
            raise ValueError(f"unknown field {name!r}; known are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, (int, known[name])):
            raise TypeError(f"{name} must be a number of kind {known[name].__name__}, found {value!r}")
    return FaultPlan(**found)


class _Hits:
    """Which of many bytes are hit when each is with probability ``rate``: a countdown, the same for any chunking."""

    def __init__(self, rate: float, random: Random) -> None:
        self._rate = rate
        self._random = random
        self._left = self._draw() if rate else math.inf

    def among(self, count: int) -> list[int]:
        """Indices hit among the next ``count`` bytes."""
        hits = []
        at = 0.0
        while self._left < count - at:
            at += self._left
            hits.append(int(at))
            at += 1
            self._left = self._draw()
        self._left -= count - at
        return hits

    def _draw(self) -> float:
        if self._rate >= 1:
            return 0
        return math.floor(math.log(1 - self._random.random()) / math.log(1 - self._rate))


class FaultyWire:
    """The wire between host and printer under one plan; pure, and the same for the same seed and bytes.

    ``counts`` tells what was injected: lines_corrupted, lines_dropped, lines_renumbered, lines_damaged, oks_dropped,
    oks_duplicated, bytes_corrupted, bytes_lost, bytes_doubled, and reply_bytes_corrupted, _lost, _doubled.
    """

    def __init__(self, plan: FaultPlan, seed: int = 0) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self._hits_bytes = bool(plan.byte_corruption_rate or plan.byte_loss_rate or plan.byte_duplication_rate)
        self._hits_reply_bytes = bool(
            plan.reply_corruption_rate or plan.reply_byte_loss_rate or plan.reply_byte_duplication_rate
        )
        self._needs_lines = plan.needs_lines_towards_printer
        self._needs_reply_lines = plan.needs_lines_towards_host
        self._numbered_lines = 0
        self._oks = 0
        self._unfinished_line = b""
        self._unfinished_reply = b""
        self._line_random = Random(f"{seed}:lines")
        self._damage_random = Random(f"{seed}:damage")
        self._ok_random = Random(f"{seed}:oks")
        self._bit_random = Random(f"{seed}:bits")
        self._reply_bit_random = Random(f"{seed}:reply bits")
        self._corruption = _Hits(plan.byte_corruption_rate, Random(f"{seed}:corruption"))
        self._loss = _Hits(plan.byte_loss_rate, Random(f"{seed}:loss"))
        self._doubling = _Hits(plan.byte_duplication_rate, Random(f"{seed}:doubling"))
        self._reply_corruption = _Hits(plan.reply_corruption_rate, Random(f"{seed}:reply corruption"))
        self._reply_loss = _Hits(plan.reply_byte_loss_rate, Random(f"{seed}:reply loss"))
        self._reply_doubling = _Hits(plan.reply_byte_duplication_rate, Random(f"{seed}:reply doubling"))

    def towards_printer(self, data: bytes) -> bytes:
        """What of the host's bytes comes out at the printer's end."""
        if self._needs_lines:
            lines, self._unfinished_line = _whole_lines(self._unfinished_line + data)
            data = b"".join(self._line_towards_printer(line) for line in lines)
        if not self._hits_bytes:
            return data
        data = self._flip_bits(data, self._corruption, self._bit_random, "bytes_corrupted")
        data = self._repeat_bytes(data, self._loss, 0, "bytes_lost")
        return self._repeat_bytes(data, self._doubling, 2, "bytes_doubled")

    def towards_host(self, data: bytes) -> bytes:
        """What of the printer's bytes comes out at the host's end."""
        if self._needs_reply_lines:
            lines, self._unfinished_reply = _whole_lines(self._unfinished_reply + data)
            data = b"".join(self._line_towards_host(line) for line in lines)
        if not self._hits_reply_bytes:
            return data
        data = self._flip_bits(data, self._reply_corruption, self._reply_bit_random, "reply_bytes_corrupted")
        data = self._repeat_bytes(data, self._reply_loss, 0, "reply_bytes_lost")
        return self._repeat_bytes(data, self._reply_doubling, 2, "reply_bytes_doubled")

    def cut(self) -> None:
        """The port was closed or the cable came off: half a line is gone."""
        self._unfinished_line = b""
        self._unfinished_reply = b""

    def _line_towards_printer(self, line: bytes) -> bytes:
        plan = self.plan
        if plan.line_loss_rate and line.strip() and self._line_random.random() < plan.line_loss_rate:
            self.counts["lines_dropped"] += 1
            return b""
        if plan.line_damage_rate and line.strip() and self._damage_random.random() < plan.line_damage_rate:
            self.counts["lines_damaged"] += 1
            return _damaged(line, self._damage_random)
        if not line.lstrip().startswith(b"N"):
            return line
        self._numbered_lines += 1
        if self._is_due(plan.drop_line_every, self._numbered_lines, "lines_dropped"):
            return b""
        if self._is_due(plan.corrupt_every, self._numbered_lines, "lines_corrupted"):
            line = _with_flipped_bit(line)
        if self._is_due(plan.resend_every, self._numbered_lines, "lines_renumbered"):
            line = _with_wrong_number(line)
        return line

    def _line_towards_host(self, line: bytes) -> bytes:
        plan = self.plan
        if not line.startswith(b"ok"):
            return line
        self._oks += 1
        is_lost = plan.ok_loss_rate and self._ok_random.random() < plan.ok_loss_rate
        is_doubled = plan.ok_duplication_rate and self._ok_random.random() < plan.ok_duplication_rate
        if is_lost or (plan.drop_ok_every and self._oks % plan.drop_ok_every == 0):
            self.counts["oks_dropped"] += 1
            return b""
        if is_doubled or (plan.duplicate_ok_every and self._oks % plan.duplicate_ok_every == 0):
            self.counts["oks_duplicated"] += 1
            return line + line
        return line

    def _is_due(self, every: int, number: int, counter: str) -> bool:
        is_due = bool(every) and number % every == 0
        self.counts[counter] += is_due
        return is_due

    def _flip_bits(self, data: bytes, hits: _Hits, random: Random, counter: str) -> bytes:
        indices = hits.among(len(data))
        if not indices:
            return data
        changed = bytearray(data)
        for index in indices:
            changed[index] ^= 1 << random.randrange(7)
        self.counts[counter] += len(indices)
        return bytes(changed)

    def _repeat_bytes(self, data: bytes, hits: _Hits, times: int, counter: str) -> bytes:
        """Each byte that is hit, this many times: none at all, or twice."""
        indices = hits.among(len(data))
        if not indices:
            return data
        self.counts[counter] += len(indices)
        hit = frozenset(indices)
        return b"".join(data[i : i + 1] * (times if i in hit else 1) for i in range(len(data)))


def _whole_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """Lines with their ends, and what is left. A lone CR ends a line too, as for the printer."""
    lines = data.splitlines(keepends=True) if data else []
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        return lines[:-1], lines[-1]
    return lines, b""


def _with_flipped_bit(line: bytes) -> bytes:
    changed = bytearray(line)
    middle = len(line.rstrip(b"\r\n")) // 2
    changed[middle] ^= 0x04 if changed[middle] ^ 0x04 >= 0x20 else 0x40
    return bytes(changed)


def _damaged(line: bytes, random: Random) -> bytes:
    at = random.randrange(len(line))
    kind = random.randrange(3)
    if kind == 0:
        return line[:at] + bytes([line[at] ^ 1 << random.randrange(7)]) + line[at + 1 :]
    if kind == 1:
        return line[: at + 1] + line[at:]
    end = min(at + random.randint(1, LOST_IN_A_ROW), len(line))
    while end > at + 1 and reduce(xor, line[at:end], 0) == 0:
        end -= 1
    return line[:at] + line[end:]


def _with_wrong_number(line: bytes) -> bytes:
    body = line.lstrip(b" ").rstrip(b"\r\n").rpartition(b"*")[0]
    digits = 1
    while body[digits : digits + 1].isdigit():
        digits += 1
    wrong = b"N%d" % (int(body[1:digits] or b"0") + 1_000_000) + body[digits:]
    return wrong + b"*%d\n" % reduce(xor, wrong, 0)


class Board(Protocol):
    """What of a printer the one-shot faults need; ``VirtualMarlin`` is one."""

    def call_at_move(self, number: int, action: Callable[[float], None]) -> None: ...
    def mute(self) -> None: ...
    def reset(self, now: float) -> None: ...
    def overheat(self, name: str, now: float) -> None: ...
    def fail_heater(self, name: str, failure: HeaterFailure, now: float) -> None: ...


def arm(plan: FaultPlan, board: Board, unplug: Callable[[], None] | None = None) -> None:
    """Let the plan's one-shot faults happen after so many executed moves; ``unplug`` pulls the cable."""
    actions: dict[int, list[Callable[[float], None]]] = {}

    def at(moves: int, action: Callable[[float], None]) -> None:
        if moves:
            actions.setdefault(moves, []).append(action)

    at(plan.mute_after, lambda now: board.mute())
    at(plan.reset_after, board.reset)
    at(plan.halt_after, lambda now: board.overheat("E0", now))
    at(plan.heater_fails_after, lambda now: board.fail_heater("E0", HeaterFailure.COLD, now))
    if unplug is not None:
        at(plan.unplug_after, lambda now: unplug())
    for moves, each in actions.items():
        board.call_at_move(moves, _all_of(each))


def _all_of(actions: list[Callable[[float], None]]) -> Callable[[float], None]:
    def act(now: float) -> None:
        for action in actions:
            action(now)

    return act
