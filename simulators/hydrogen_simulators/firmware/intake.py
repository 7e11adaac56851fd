"""The way from the wire to the command queue: ring, line reader, verdict on each line, and what is said about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType

from hydrogen_simulators.firmware.buffers import CommandQueue, QueuedCommand
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.meatpack import MeatPackDecoder
from hydrogen_simulators.firmware.reception import EarlyWord, EmergencyParser, LineReader, ReaderFault, ReceiveRing
from hydrogen_simulators.firmware.verdict import (
    AcceptedLine,
    Rejection,
    Repeat,
    check_line,
    checksums_of,
    is_renumbering,
    number_of,
)

_COUNTER_OF_REJECTION = MappingProxyType(
    {
        Rejection.CHECKSUM: "bad_checksum",
        Rejection.NO_CHECKSUM: "no_checksum",
        Rejection.NO_NUMBER: "no_number",
        Rejection.LINE_NUMBER: "out_of_order",
    }
)

_WHEN_READ = (EarlyWord.BREAK_WAIT, EarlyWord.KILL, EarlyWord.STOP_MOTION)

NOT_WAITING = -1
"""No line was asked for again."""


class Intake:
    """Takes bytes, fills the queue. ``obey`` is called for words that do not wait their turn."""

    def __init__(self, machine: Machine, obey: Callable[[EarlyWord, int], None]) -> None:
        settings = machine.settings
        self.queue = CommandQueue(settings.queue_size)
        self.ring = ReceiveRing(settings.ring_size)
        self._machine = machine
        self._settings = settings
        self._speech = settings.speech
        self._rules = settings.speech.numbers
        self._ledger = machine.ledger
        self._obey = obey
        self._reader = LineReader(
            self.ring,
            settings.max_line_length,
            high_bytes_flush=settings.eight_bit_bytes_flush,
            ends=self._speech.reads_ends,
            keeps_empty=self._speech.empty_line_ok,
            decoder=MeatPackDecoder(machine.say) if settings.meatpack else None,
        )
        self._emergency = EmergencyParser(is_strict=self._speech.checksum_hides_words)
        self._to_skip = NOT_WAITING
        self._heard_at = 0.0
        self.may_say_idle = bool(self._speech.idle_word or self._rules.repeats_request_seconds)
        """False: this firmware never says anything of its own accord while nothing is queued."""

    @property
    def is_unpacking(self) -> bool:
        """True while MeatPack is on."""
        return self._reader.is_unpacking

    def take(self, data: bytes) -> None:
        """Bytes arrive: early words act, the rest fills the ring.

        When the ring is full the reader gets its turn; what still does not fit is lost (``facts/link.md`` section 4).
        """
        self._ledger.count("bytes_in", len(data))
        self._heard_at = self._machine.now
        data = self._look_for_early_words(data)
        while data and not self._machine.is_deaf:
            before = len(data)
            data = self.ring.push(data)
            if data:
                self.read_lines()
            if len(data) == before:
                self._ledger.count("rx_overflow_bytes", before)
                return

    def read_lines(self) -> None:
        """Move lines from the ring to the queue while it has room."""
        reader, queue = self._reader, self.queue
        while reader.has_more and not queue.is_full and not self._machine.is_deaf:
            line = reader.next_line()
            if line is None:
                return
            if isinstance(line, ReaderFault):
                self._machine.say("Error:Serial status mismatch")
                return
            self._take_line(line)
            if self._machine.wants_restart:
                return

    def forget(self) -> None:
        """Reset or kill: queue, ring and half a line are lost."""
        self.queue.clear()
        self._reader.restart()
        self._to_skip = NOT_WAITING

    # -- what is said of the board's own accord

    @property
    def idle_at(self) -> float:
        """When the idle word is due, or the open request again; infinity if neither."""
        if self.queue.head is not None:
            return math.inf
        least = self._machine.least_report_seconds
        if self._rules.repeats_request_seconds and (self._to_skip != NOT_WAITING or self._reader.has_half_a_line):
            return self._heard_at + max(self._rules.repeats_request_seconds, least)
        return self._heard_at + max(self._speech.idle_seconds, least) if self._speech.idle_word else math.inf

    def say_idle(self) -> None:
        """Say what ``idle_at`` announced."""
        is_owed = self._to_skip != NOT_WAITING or self._reader.has_half_a_line
        if self._rules.repeats_request_seconds and is_owed:
            self._complain(self._speech.complaints.repeated, b"")
        else:
            self._machine.say(self._speech.idle_word)
        self._heard_at = self._machine.now

    # -- early words

    def _look_for_early_words(self, data: bytes) -> bytes:
        """Let words act that do not wait their turn; returns what of the bytes the ring still gets."""
        if self._speech.halting_byte and self._speech.halting_byte in data:
            data = data.rpartition(self._speech.halting_byte)[2]
            self._reader.flush()
            self._reader.clear()
            self._obey(EarlyWord.HALTING_BYTE, 0)
        limit = self._speech.early_behind_lines
        is_blind = bool(limit) and self.ring.data.count(b"\n") >= limit
        for word, answer in self._emergency.feed(data):
            if word is EarlyWord.SOFT_RESET:
                self._obey(word, answer)
                if self._settings.soft_reset:
                    return b""  # a board that restarts hears nothing
            elif self._settings.emergency_parser and word.value in self._speech.early_words and not is_blind:
                self._obey(word, answer)
        return data

    def _obey_when_read(self, command: str) -> None:
        """Words that act when their line is read. Source of the default: Marlin ``queue.cpp`` without emergency parser."""
        for word in _WHEN_READ:
            if word.value in self._speech.words_when_read and command.startswith(word.value):
                self._obey(word, 0)

    # -- lines

    def _take_line(self, line: bytes) -> None:
        if self._speech.empty_line_ok and not line.strip(b" \r\t"):
            self._say_ok(self._machine.last_line_number)
            return
        self._ledger.counts["lines_received"] += 1
        if line.endswith(b"\r"):
            line = line.rstrip(b"\r")
        verdict = check_line(
            line,
            self._machine.last_line_number,
            repeats_in_silence=self._settings.repeats_in_silence,
            rules=self._rules,
        )
        if self._machine.medium.written_name is not None and _lacks_number(verdict):
            verdict = Rejection.NO_CHECKSUM
        if isinstance(verdict, AcceptedLine):
            self._to_skip = NOT_WAITING
            self._accept(verdict, line)
        elif isinstance(verdict, Repeat):
            self._ledger.count("duplicates")
        else:
            self._ledger.count(_COUNTER_OF_REJECTION[verdict])
            self._reject(verdict, line)

    def _accept(self, line: AcceptedLine, raw: bytes) -> None:
        counts = self._ledger.counts
        counts["lines_accepted"] += 1
        counts["unnumbered" if line.number is None else "numbered"] += 1
        self._machine.last_line_number = line.last_line
        if self._rules.m110_at_once and is_renumbering(raw.decode("latin-1").lstrip(" "), self._rules):
            self._ledger.count("oks")
            self._machine.say("ok")
            return
        if not self._settings.emergency_parser and (line.number is None or self._speech.numbered_words_when_read):
            self._obey_when_read(line.command)
        if self._machine.is_deaf or self._machine.wants_restart:
            return
        command = self._folded(line.command) if self._speech.folds_case else line.command
        self.queue.push(QueuedCommand(command, line.number))
        counts["max_queue"] = max(counts["max_queue"], len(self.queue))
        if self._speech.ok_when_queued:
            self._say_ok(line.last_line)

    def _folded(self, command: str) -> str:
        word, blank, rest = command.partition(" ")
        return word.upper() + blank + rest

    def _say_ok(self, number: int) -> None:
        self._ledger.count("oks")
        self._machine.say(self._speech.ok.format(line=max(0, number)))

    def _reject(self, rejection: Rejection, line: bytes) -> None:
        """Marlin's ``gcode_line_error``: say so, throw the ring away, ask for the line, say a bare ok."""
        if rejection is Rejection.LINE_NUMBER and self._to_skip > 0:
            self._to_skip -= 1
            self._complain(self._speech.complaints.skipped, line)
            return
        texts: tuple[str, ...] = getattr(self._speech.complaints, rejection.value)
        if _asks(texts):
            self._to_skip = self._rules.skipped_lines or NOT_WAITING
            self._ledger.count("resends_requested")
            if self._rules.flushes:
                self._reader.flush()
        self._complain(texts, line)

    def _complain(self, texts: tuple[str, ...], line: bytes) -> None:
        """Say it; behind a request stands a bare ok where the firmware has one."""
        last, got = self._machine.last_line_number, number_of(line, self._rules)
        computed, given = checksums_of(line)
        values = {"last": last, "expected": last + 1, "got": got, "got8": got & 0xFF, "given": given}
        self._machine.say_all(texts, **values, computed=computed, line=line.decode("latin-1"))
        if self._settings.ok_after_resend and _asks(texts):
            self._ledger.count("oks")
            self._machine.say("ok")


def _lacks_number(line: AcceptedLine | Rejection | Repeat) -> bool:
    """While a file is written to the card numbers are compulsory, but for M29 (facts: M28)."""
    return isinstance(line, AcceptedLine) and line.number is None and line.command[:3] != "M29"


def _asks(texts: tuple[str, ...]) -> bool:
    """True if one of these lines asks for a line again."""
    return any(text.startswith(("Resend", "rs ")) for text in texts)
