"""How a link goes on with a printer that was left in the middle of a numbering.

::

    RESUMING ──last number is one of ours──► READY, the next line is A + 1
        ├─────no number is checked─────────► READY behind the last line given: whether that ran, nobody knows
        ├─────reset, or a strange number───► the ordinary opening (opening.py)
        └─────halt, or no sign of life─────► CLOSED

Until the number is known nothing is sent that a printer executes: a line end, which ends what the former owner left half
sent, silence, and the probe. M27 is not asked: a printer that prints from its own card cannot continue our numbers, and the
number alone decides (resumption.py). What comes before the first probe is on its way from before, and decides nothing; one
damaged answer may name a wrong number, so a number without a `Last Line:` that agrees must come twice.

The former owner's lines are in the wire, the ring and the queue *before* the probe, so its answer is the last word on all of
them. It may be late: while all places of the command queue are taken, no probe is read. A printer that says `busy`, or
reports, is waited for; G28, M109 and M600 take what they take. A line end goes before every probe, because a full ring
may have lost the first one.
"""

from __future__ import annotations

from collections import deque

from hydrogen.errors import DeviceError, PrinterHalted, PrinterSilent
from hydrogen.gcode.dialect import GENERIC, Dialect
from hydrogen.gcode.link.link_limits import PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.link.opening import PROBE_AGAIN, UNREAD_MOST
from hydrogen.gcode.link.packing import LEAVE
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.gcode.replies import (
    Acknowledged,
    Busy,
    FirmwareError,
    LineNumberError,
    PositionReported,
    Reply,
    ResendRequested,
    Started,
    TemperatureReported,
    Text,
)

QUIET_SECONDS = 0.1
"""Behind the first line end: what the printer still says to what was sent before. A refused half line is answered within a
few milliseconds, and USB adapters gather bytes for 16."""

RESIDUE_SECONDS = 0.3
"""The same behind an answer, while fewer were answered than asked: the others may have been thrown away, or are late."""

WEIGHT_SURE = 2
"""A number with a `Last Line:` that agrees weighs 2, one alone 1; a contradiction takes everything back."""

EXECUTIONS_SURE = 3
"""Probes in a row that were executed (`ok T:`) and never refused, until the firmware is taken for one that numbers nothing.
Each is asked behind the answer to the last, so an M105 that was in the queue counts for one at most."""

EXECUTIONS_EXPECTED = 2
"""The same where that is what the dialect says of it."""

SILENT_SECONDS = 120.0
"""Without a byte. A firmware without keep-alive says nothing while it levels its bed."""

LEAVE_AFTER_SECONDS = 3.0
"""Without any answer: from then on each question goes behind the command that ends packing; a printer that unpacks hears
nothing else, and no firmware executes it."""


class Resuming:
    """The beginning of a link that has a past. Pure: replies and `now` in; bytes, a verdict and the next deadline out.

    Over when `is_settled`: then `accepted` is the last number the printer has for sure (with `numbers_checked` False: the last
    one given, and nothing is sure); or when `is_strange`: nothing can be resumed, but somebody is there; or with an `error`.
    is_packed: the former owner may have turned packing on. dialect: what was known of the firmware.
    """

    def __init__(
        self,
        numbering: Numbering,
        *,
        limits: LinkLimits,
        now: float,
        is_packed: bool = False,
        dialect: Dialect = GENERIC,
    ) -> None:
        self.phase = LinkPhase.RESUMING
        self.numbers_checked = True
        self.accepted: int | None = None
        self.is_strange = False
        self.error: DeviceError | None = None
        self.outgoing: deque[bytes] = deque([LEAVE if is_packed else b"\n"])
        self._numbering = numbering
        self._limits = limits
        self._modulus = dialect.resend_modulus
        self._executions_sure = EXECUTIONS_SURE if dialect.numbers == "checked" else EXECUTIONS_EXPECTED
        self._before = LEAVE if is_packed else b"\n"
        self._began_at = now
        self._next_at = now + QUIET_SECONDS
        self._leave_at = now + LEAVE_AFTER_SECONDS
        self._give_up_at = now + max(SILENT_SECONDS, limits.opening_patience)
        self._quiet_at: float | None = None
        self._asked = 0
        self._answered = 0
        self._asked_at = now
        self._unread = len(self._before)
        self._again = PROBE_AGAIN
        self._claimed: int | None = None
        self._number: int | None = None
        self._weight = 0
        self._executions = 0
        self._is_credited = True
        self._has_understood = False
        self._has_acknowledged = False

    @property
    def is_settled(self) -> bool:
        """Is it known where to go on?"""
        return self.accepted is not None

    # ------------------------------------------------------------------------------------------------- what comes in

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer."""
        if self._quiet_at is not None and not isinstance(reply, TemperatureReported | PositionReported):
            self._quiet_at = max(self._quiet_at, now + self._limits.quiet)
        self._put_off_the_end(reply, now)
        match reply:
            case Started():
                self.is_strange = True
            case FirmwareError(is_fatal=True):
                said = f"the printer has halted itself ({reply.text}); reset it and connect again"
                self._fail(PrinterHalted(said, code=reply.code, firmware_text=reply.text))
            case FirmwareError():
                self._claimed = None
            case LineNumberError():
                self._claimed = reply.last_line
            case ResendRequested():
                self._on_resend(reply.number, now)
            case Acknowledged():
                self._has_acknowledged = self._has_acknowledged or self._asked > 0
                if reply.temperatures is not None and reply.number is None:
                    self._on_execution(now)
            case _:
                pass

    def _put_off_the_end(self, reply: Reply, now: float) -> None:
        """Who works is waited for, without end; reports alone may come from a printer that hears nothing."""
        if isinstance(reply, Text):
            return
        self._has_understood = True
        is_working = isinstance(reply, Busy) or (isinstance(reply, TemperatureReported) and reply.report.is_waiting)
        most = now if is_working else self._began_at + self._limits.unanswered_long
        self._give_up_at = max(self._give_up_at, min(now, most) + SILENT_SECONDS)

    def _on_resend(self, number: int | None, now: float) -> None:
        claimed, self._claimed = self._claimed, None
        if not self._asked:
            return
        self._answered += 1
        self._unread = 0
        self._again = PROBE_AGAIN
        self._executions = 0
        self._quiet_at = now + (self._limits.quiet if self._answered >= self._asked else RESIDUE_SECONDS)
        if number is not None and self._modulus is not None:
            number = self._newest(number, self._modulus)
        if number is None or claimed not in (None, number - 1):
            self._number, self._weight = None, 0
            return
        if number != self._number:
            self._number, self._weight = number, 0
        self._weight += 1 if claimed is None else 2

    def _newest(self, number: int, modulus: int) -> int:
        """The highest number that may be asked for and leaves the same remainder; `number` itself if there is none."""
        newest = self._numbering.last_given + 1
        newest -= (newest - number) % modulus
        return newest if newest > self._numbering.acknowledged else number

    def _on_execution(self, now: float) -> None:
        """An M105 has run: the probe, one of the former owner's, or the M105 that the tail of a cut probe is."""
        if self._is_credited or self._quiet_at is not None:
            return
        self._is_credited = True
        self._unread = 0
        self._again = PROBE_AGAIN
        self._executions += 1
        self._next_at = now + self._limits.quiet
        if self._executions >= self._executions_sure:
            self.numbers_checked = False
            self._settle(self._numbering.last_given)

    # ------------------------------------------------------------------------------------------------------ deadlines

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        return min(self._next_at, self._give_up_at) if self._quiet_at is None else self._quiet_at

    def handle_deadline(self, now: float) -> None:
        """Decide, ask again, or give up."""
        if self._quiet_at is not None:
            if now < self._quiet_at:
                return
            self._quiet_at = None
            self._next_at = now
            if self._number is not None and self._weight >= WEIGHT_SURE:
                self._decide(self._number - 1)
                return
        if now >= self._give_up_at:
            self._give_up(now)
        elif now >= self._next_at:
            self._ask(now)

    def _decide(self, accepted: int) -> None:
        if self._numbering.knows(accepted):
            self._settle(accepted)
        else:
            self.is_strange = True

    def _settle(self, accepted: int) -> None:
        self.accepted = accepted
        self.phase = next_phase(self.phase, LinkTrigger.NUMBER_FOUND)

    def _ask(self, now: float) -> None:
        """The probe, unless too much stands unread in the printer's receive buffer already."""
        if now >= self._leave_at and not self._answered and self._before != LEAVE:
            self._before = LEAVE
            if not self._has_understood:
                self._unread = 0  # a printer that unpacks has read all of it as something else
        question = self._before + PROBE
        if self._unread + len(question) > UNREAD_MOST:
            if now < self._asked_at + self._again:
                self._next_at = self._asked_at + self._again
                if now < self._leave_at < self._next_at:
                    self._next_at = self._leave_at
                return
            self._again *= 2
        self.outgoing.append(question)
        self._asked += 1
        self._asked_at = now
        self._unread += len(question)
        self._is_credited = False
        self._next_at = now + self._limits.probe_interval

    def _give_up(self, now: float) -> None:
        """Whoever says `ok` to something is there, and the ordinary opening knows more questions."""
        if self._has_acknowledged:
            self.is_strange = True
            return
        waited = round(now - self._began_at)
        heard = "talks, but did not name its last line" if self._has_understood else "has not answered"
        said = f"the printer {heard} within {waited} s: is it switched on, and does it hear us?"
        self._fail(PrinterSilent(said, waited_seconds=waited))

    def _fail(self, error: DeviceError) -> None:
        self.error = error
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)
