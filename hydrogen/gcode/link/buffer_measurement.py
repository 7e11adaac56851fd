"""How big is the printer's receive buffer? Found out by filling it with nothing.

A send window is safe only below the size of the ring that the firmware's serial port receives into, and no firmware tells
it: 128 bytes on an AVR, 64 with some 32-bit cores, no limit at all where USB holds the host back. Guessing high loses bytes
in silence, so it is measured, once, before the first job, with bytes that mean nothing:

1. *Slots.* A dwell occupies the command queue; then one empty dwell after the other is given, each followed by a probe. The
   reader answers a probe at once until the queue is full. The probe that is answered only after the dwell's own `ok` proves
   how many places there are: it was not lost, it was not slow, it had to wait.
2. *Ring.* A dwell and as many empty dwells as fill the queue, so that the reader stops; then line ends up to the size under
   test, which no firmware acts on, and at last one numbered empty dwell. If it was accepted, everything before it had room.
   If not, its rest was lost or cut; a cut line has no valid checksum and runs never.

All lines have numbers, and nothing moves. Whatever goes otherwise (noise, a firmware that reads on, a lost answer) ends the
measurement without a result, and the link stays with one line in flight. Afterwards the numbering begins anew.
Source of the behaviour: facts/link.md sections 1 and 4 (the probe waits while all slots are full; 127 bytes of a 128-byte
ring are usable).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.replies import Acknowledged, FirmwareError, Reply, ResendRequested, Started

RING_SIZES = (256, 128)
"""Sizes under test, the larger first. More than 256 buys nothing: three lines of 71 bytes fit beside the reserve."""

SLOTS_MOST = 33
"""A queue with more places is not looked for; the largest BUFSIZE in the field is 32."""

ANSWER_SECONDS = 0.03
"""A probe that is not answered by then waits in a full queue; a free printer answers within a few milliseconds. The time
on the wire is added."""

DWELL_SECONDS = 0.12
"""A dwell lasts at least this long: four times the patience for one answer."""

SETTLE_SECONDS = 1.5
"""Patience beyond a dwell for everything to be answered; then the measurement is given up."""

QUESTION_BYTES = 60
"""A probe and its answer, on the wire."""


@dataclass(frozen=True, slots=True)
class ReceiveBuffer:
    """What was proven: at least so many bytes of ring, and so many places in the command queue."""

    ring_bytes: int
    slots: int


class _Step(Enum):
    FILLING = "one dwell after the other, each with a probe"
    FULL = "a probe is late: the queue is full, or the answer was lost"
    SETTLING = "the queue runs empty"
    TESTING = "the ring is full of line ends"
    ASKING = "was the last line accepted?"
    LEAVING = "given up, while a dwell still runs"
    DONE = "over"


class BufferMeasurement:
    """One measurement on an idle printer that counts from `base`. Pure: replies and `now` in; bytes, deadline, result out.

    byte_seconds: time of a byte on the wire. `result` is None until everything was proven, and stays None if it was not.
    """

    def __init__(self, *, base: int, byte_seconds: float, quiet: float, now: float) -> None:
        self.outgoing: deque[bytes] = deque()
        self.result: ReceiveBuffer | None = None
        self._byte_seconds = byte_seconds
        self._quiet = quiet
        self._number = base
        self._slots = 0
        self._probes_answered = 0
        self._oks = 0
        self._sizes = deque(RING_SIZES)
        self._verdict: int | None = None
        self._step = _Step.FILLING
        self._answer_seconds = ANSWER_SECONDS + QUESTION_BYTES * byte_seconds
        self._dwell = max(DWELL_SECONDS, 4 * self._answer_seconds)
        self._due = now
        self._dwell_over_at = now + self._dwell + self._answer_seconds
        self._idle_at = now + self._dwell + SETTLE_SECONDS
        self._occupy(self._dwell)
        self._ask(now)

    @property
    def is_done(self) -> bool:
        """Is it over, with a result or without?"""
        return self._step is _Step.DONE

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        return self._due

    # ------------------------------------------------------------------------------------------------ what comes in

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer."""
        match reply:
            case Acknowledged():
                self._oks += 1
                if self._step is _Step.LEAVING and self._is_queue_empty():
                    self._due = min(self._due, max(now, self._dwell_over_at) + self._quiet)
            case ResendRequested():
                self._on_resend(reply.number, now)
            case Started() | FirmwareError(is_fatal=True):
                self._step = _Step.DONE  # its queue is empty now
            case _:
                pass

    def _on_resend(self, number: int | None, now: float) -> None:
        is_expected = number == self._number + 1
        if self._step is _Step.FILLING and is_expected:
            self._probes_answered += 1
            if self._slots >= SLOTS_MOST:
                self._give_up()
            else:
                self._occupy()
                self._ask(now)
        elif self._step is _Step.FULL and is_expected and self._is_dwell_over():
            self._step = _Step.SETTLING
            self._due = now + self._quiet
        elif self._step is _Step.ASKING:
            self._verdict = number
            self._due = now + self._quiet
        elif self._step is not _Step.TESTING:  # there it asks for the cut last line, and the question tells more
            self._give_up()

    def _give_up(self) -> None:
        """No result. A number that is set behind a dwell would be set back later, so the queue has to run empty first."""
        self._step = _Step.LEAVING
        self._due = self._idle_at

    def _is_queue_empty(self) -> bool:
        """Has each dwell of the first step its own `ok`, and each probe too? Where they come early, the time tells the rest."""
        return self._verdict is None and self._probes_answered == self._slots == self._oks - self._slots

    def _is_dwell_over(self) -> bool:
        """Has the dwell's own `ok` come, besides those that answer probes (some firmwares give none)?"""
        return self._oks in (1, self._probes_answered + 1)

    # ------------------------------------------------------------------------------------------------- what goes out

    def handle_deadline(self, now: float) -> None:
        """Take the next step, or give up."""
        if now < self._due:
            return
        match self._step:
            case _Step.FILLING if self._oks in (0, self._probes_answered):
                self._step = _Step.FULL
                self._due = now + self._dwell + SETTLE_SECONDS
            case _Step.SETTLING:
                self._test_ring(now)
            case _Step.TESTING:
                self._step = _Step.ASKING
                self._ask(now)
                self._due = now + SETTLE_SECONDS
            case _Step.ASKING if self._verdict is not None:
                self._judge(now)
            case _Step.LEAVING:
                self._step = _Step.DONE
            case _:
                self._give_up()

    def _dwell_line(self, seconds: float = 0.0) -> bytes:
        self._number += 1
        return numbered(self._number, b"G4 P%d" % round(seconds * 1000))

    def _occupy(self, seconds: float = 0.0) -> None:
        self._slots += 1
        self.outgoing.append(self._dwell_line(seconds))

    def _ask(self, now: float) -> None:
        self.outgoing.append(PROBE)
        self._due = now + self._answer_seconds

    def _test_ring(self, now: float) -> None:
        """One dwell, as many empty ones as fill the queue, and the ring; in one write, so that nothing of it comes late."""
        size = self._sizes[0]
        wire = (size + QUESTION_BYTES * self._slots) * self._byte_seconds
        dwell = DWELL_SECONDS + 2 * wire
        queue = [self._dwell_line(dwell), *(self._dwell_line() for _ in range(self._slots - 1))]
        last = self._dwell_line()
        self.outgoing.append(b"".join(queue) + b"\n" * (size - 1 - len(last)) + last)
        self._step = _Step.TESTING
        self._due = now + dwell + wire + ANSWER_SECONDS
        self._idle_at = self._due + SETTLE_SECONDS

    def _judge(self, now: float) -> None:
        size = self._sizes.popleft()
        if self._verdict == self._number + 1:
            self.result = ReceiveBuffer(size, self._slots)
            self._step = _Step.DONE
        elif self._verdict == self._number and self._sizes:
            self._number -= 1
            self._verdict = None
            self._test_ring(now)
        else:
            self._give_up()
