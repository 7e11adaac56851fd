"""How a link begins: find out who is there, and agree on a number to count from.

::

    OPENING ──Resend: r──► (quiet) NUMBERING ──ok──► VERIFYING ──Resend: B+1──► (quiet) done, numbers checked
       └── ok T: twice ──► done, numbers ignored          └─ other number ──► NUMBERING

`start` is never waited for: a port that was open before, or a board that does not reset, says nothing at all
(facts/marlin.md, Connect). The empty line ends whatever a former owner left half sent.

M110 sets the number when it is *executed*. Behind a dwell a second M110 could therefore run after the first new lines and
set the number back. So it is sent alone; its `ok` is waited for; and once it had to be repeated, only the `ok T:` of an
M105 behind it counts (unnumbered: there is no number yet).
"""

from __future__ import annotations

from collections import deque

from hydrogen.errors import DeviceError, PrinterGarbled, PrinterHalted, PrinterSilent
from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link_limits import BARRIER_BODY, PROBE, LinkLimits
from hydrogen.gcode.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.replies import (
    Acknowledged,
    FirmwareError,
    PositionReported,
    Reply,
    ResendRequested,
    Started,
    TemperatureReported,
    Text,
)

ATTEMPTS = 8
"""Times the number is set before the wire is called unusable."""

BOOT_QUIET = 0.3
"""Seconds of silence after a greeting line: Marlin prints some ten lines while it boots and reads nothing meanwhile."""

M110_PATIENCE = 1.5
"""Seconds for the `ok` of M110; it is late only when a former owner left commands in the queue."""


class Opening:
    """The beginning of one link. Pure: replies, garbage and `now` in; bytes, a verdict and the next deadline out."""

    def __init__(self, *, base: int, limits: LinkLimits, now: float, phase: LinkPhase = LinkPhase.OPENING) -> None:
        self.base = base
        self.phase = phase
        self.is_done = False
        self.numbers_checked = True
        self.error: DeviceError | None = None
        self.outgoing: deque[bytes] = deque()
        self._limits = limits
        self._next_at = now
        self._give_up_at = now + limits.opening_patience
        self._quiet_at: float | None = None
        self._attempts = 0
        self._probes = 0
        self._executed_probes = 0
        self._owes_ok = False
        self._heard: deque[str] = deque(maxlen=3)
        self._bytes_heard = 0
        self._recognised = 0
        if phase is LinkPhase.OPENING:
            self.outgoing.append(b"\n")

    # ------------------------------------------------------------------------------------------------- what comes in

    def on_bytes(self, count: int) -> None:
        """Something came, whatever it is."""
        self._bytes_heard += count

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer. What it reports by itself is no residue of a question."""
        if self._quiet_at is not None and not isinstance(reply, TemperatureReported | PositionReported):
            self._quiet_at = now + self._limits.quiet
        if isinstance(reply, Text):
            self._heard.append(reply.text[:80])
            return
        self._recognised += 1
        self._give_up_at = max(self._give_up_at, now + self._limits.opening_patience)
        match reply:
            case Started():
                self._next_at = now + BOOT_QUIET
                self._restart_numbering()
            case FirmwareError(is_fatal=True):
                self._fail(
                    PrinterHalted(
                        f"the printer has halted itself ({reply.text}); reset it and connect again",
                        firmware_text=reply.text,
                    ),
                )
            case ResendRequested():
                self._on_resend(reply, now)
            case Acknowledged():
                self._on_ok(reply, now)
            case _:
                pass

    def _restart_numbering(self) -> None:
        """The board boots: what was agreed is gone."""
        if self.phase is LinkPhase.VERIFYING:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBER_WRONG)
        self._quiet_at = None

    def _on_resend(self, reply: ResendRequested, now: float) -> None:
        self._owes_ok = True
        self._quiet_at = now + self._limits.quiet
        if self.phase is LinkPhase.OPENING:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBERS_CHECKED)
        elif self.phase is LinkPhase.VERIFYING:
            if reply.number == self.base + 1:
                self.is_done = True
            else:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_WRONG)

    def _on_ok(self, reply: Acknowledged, now: float) -> None:
        if reply.temperatures is not None and reply.number is None:
            self._on_executed_probe(now)
        elif self._owes_ok:
            self._owes_ok = False
        elif self.phase is LinkPhase.NUMBERING and self._attempts == 1 and self._quiet_at is None:
            self._set_number(now)

    def _on_executed_probe(self, now: float) -> None:
        """`ok T:`: a barrier's answer, or a firmware that checks no numbers. Two in a row tell: one may be an old M105's."""
        if self.phase is LinkPhase.NUMBERING and self._attempts > 1:
            self._set_number(now)
        elif self.phase is LinkPhase.OPENING:
            self._executed_probes += 1
            self._next_at = now + self._limits.quiet
            if self._executed_probes >= 2:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBERS_IGNORED)
                self.numbers_checked = False
                self.is_done = True

    def _set_number(self, now: float) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.NUMBER_SET)
        self._probes = 0
        self._quiet_at = now + self._limits.quiet

    # -------------------------------------------------------------------------------------------------- what goes out

    @property
    def is_settled(self) -> bool:
        """Done, and the residue of the last answer has passed."""
        return self.is_done and (self._quiet_at is None or not self.numbers_checked)

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        if self._quiet_at is not None:
            return self._quiet_at
        return min(self._next_at, self._give_up_at)

    def handle_deadline(self, now: float) -> None:
        """Ask again, go on, or give up."""
        if self._quiet_at is not None:
            if now < self._quiet_at:
                return
            self._quiet_at = None
            self._owes_ok = False
            self._next_at = now
        if self.is_done:
            return
        if now >= self._give_up_at:
            self._fail(self._diagnosis())
        elif now >= self._next_at:
            self._ask(now)

    def _ask(self, now: float) -> None:
        if self.phase is LinkPhase.OPENING:
            self.outgoing.append(PROBE)
            self._next_at = now + self._limits.probe_interval
        elif self.phase is LinkPhase.NUMBERING:
            self._ask_for_number(now)
        else:
            self._probes += 1
            if self._probes > 3:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_WRONG)
                self._next_at = now
                return
            self.outgoing.append(PROBE)
            self._next_at = now + self._limits.probe_answer

    def _ask_for_number(self, now: float) -> None:
        self._attempts += 1
        if self._attempts > ATTEMPTS:
            self._fail(
                PrinterGarbled(
                    f"the printer answers, but could not be told a line number in {ATTEMPTS} attempts: the wire loses bytes",
                    attempts=ATTEMPTS,
                ),
            )
            return
        self.outgoing.append(numbered(self.base, b"M110 N%d" % self.base))
        if self._attempts > 1:
            self.outgoing.append(BARRIER_BODY + b"\n")
        self._next_at = now + M110_PATIENCE * min(self._attempts, 4)

    # ------------------------------------------------------------------------------------------------------- verdict

    def _fail(self, error: DeviceError) -> None:
        self.error = error
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)

    def _diagnosis(self) -> DeviceError:
        """What was seen, in words that tell a person what to look at."""
        waited = round(self._limits.opening_patience)
        if not self._bytes_heard:
            return PrinterSilent(
                f"no byte came from the printer within {waited} s: is it switched on, is it the right port?",
                waited_seconds=waited,
            )
        heard = list(self._heard)
        if not self._recognised:
            return PrinterGarbled(
                f"{self._bytes_heard} bytes came, but nothing a printer would say: check the baud rate",
                bytes_received=self._bytes_heard,
                last_lines=heard,
            )
        return PrinterSilent(
            f"the printer talks, but answered no question within {waited} s: is it printing from its own card, or waiting "
            "for somebody?",
            waited_seconds=waited,
            last_lines=heard,
        )
