"""The way from the wire to the command queue: ring, line reader, verdict on each line, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from hydrogen_simulators.firmware.buffers import CommandQueue, QueuedCommand
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.reception import (
    AcceptedLine,
    EarlyWord,
    EmergencyParser,
    LineReader,
    ReaderFault,
    ReceiveRing,
    Rejection,
    Repeat,
    check_line,
)

_COUNTER_OF_REJECTION = MappingProxyType(
    {
        Rejection.CHECKSUM: "bad_checksum",
        Rejection.NO_CHECKSUM: "no_checksum",
        Rejection.LINE_NUMBER: "out_of_order",
    }
)

_ACT_WHEN_READ = (EarlyWord.BREAK_WAIT, EarlyWord.KILL, EarlyWord.STOP_MOTION)


class Intake:
    """Takes bytes, fills the queue. ``obey`` is called for words that do not wait their turn."""

    def __init__(self, machine: Machine, obey: Callable[[EarlyWord, int], None]) -> None:
        settings = machine.settings
        self.queue = CommandQueue(settings.queue_size)
        self.ring = ReceiveRing(settings.ring_size)
        self._machine = machine
        self._settings = settings
        self._ledger = machine.ledger
        self._obey = obey
        self._reader = LineReader(self.ring, settings.max_line_length, high_bytes_flush=settings.eight_bit_bytes_flush)
        self._emergency = EmergencyParser()

    def take(self, data: bytes) -> None:
        """Bytes arrive: early words act, the rest fills the ring.

        When the ring is full the reader gets its turn; what still does not fit is lost (``facts/link.md`` section 4).
        """
        self._ledger.count("bytes_in", len(data))
        for word, answer in self._emergency.feed(data):
            if word is EarlyWord.SOFT_RESET or self._settings.emergency_parser:
                self._obey(word, answer)
            if word is EarlyWord.SOFT_RESET and self._settings.soft_reset:
                return  # a board that restarts hears nothing
        while data and not self._machine.is_halted:
            before = len(data)
            data = self.ring.push(data)
            if data:
                self.read_lines()
            if len(data) == before:
                self._ledger.count("rx_overflow_bytes", before)
                return

    def read_lines(self) -> None:
        """Move lines from the ring to the queue while it has room."""
        while self.ring.data and not self.queue.is_full and not self._machine.is_halted:
            line = self._reader.next_line()
            if line is None:
                return
            if isinstance(line, ReaderFault):
                self._machine.say("Error:Serial status mismatch")
                return
            self._judge(line)

    def forget(self) -> None:
        """Reset or kill: queue, ring and half a line are lost."""
        self.queue.clear()
        self.ring.clear()
        self._reader.clear()

    def _judge(self, line: bytes) -> None:
        self._ledger.count("lines_received")
        last = self._machine.last_line_number
        verdict = check_line(line, last, repeats_in_silence=self._settings.repeats_in_silence)
        if isinstance(verdict, AcceptedLine):
            self._accept(verdict)
        elif isinstance(verdict, Repeat):
            self._ledger.count("duplicates")
        else:
            self._ledger.count(_COUNTER_OF_REJECTION[verdict])
            self._reject(verdict, last)

    def _accept(self, line: AcceptedLine) -> None:
        self._ledger.count("lines_accepted")
        self._ledger.count("unnumbered" if line.number is None else "numbered")
        self._machine.last_line_number = line.last_line
        if not self._settings.emergency_parser and line.number is None:
            self._obey_when_read(line.command)
        if not self._machine.is_halted:
            self.queue.push(QueuedCommand(line.command, line.number))
            self._ledger.counts["max_queue"] = max(self._ledger.counts["max_queue"], len(self.queue))

    def _obey_when_read(self, command: str) -> None:
        """Without an emergency parser three unnumbered commands act when their line is read (``queue.cpp``)."""
        for word in _ACT_WHEN_READ:
            if command.startswith(word.value):
                self._obey(word, 0)

    def _reject(self, rejection: Rejection, last: int) -> None:
        """Marlin's ``gcode_line_error``: say so, throw the ring away, ask for the line, say a bare ok."""
        self._machine.say(f"Error:{rejection.value}, Last Line: {last}")
        self.ring.clear()
        self._ledger.count("resends_requested")
        self._machine.say(f"Resend: {last + 1}")
        if self._settings.ok_after_resend:
            self._ledger.count("oks")
            self._machine.say("ok")
