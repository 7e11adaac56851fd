"""The parts that the halves of one link share: who gives lines (giving.py), who acknowledges them (acknowledging.py), and
the conversation around both (link.py)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrogen.gcode.link.barrier import Barrier
from hydrogen.gcode.link.drain import Drain
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_counters import LinkCounters
from hydrogen.gcode.link.link_events import EmergencyWordSettled, LinkEvent
from hydrogen.gcode.link.link_limits import PROBE_NUMBER, LinkLimits
from hydrogen.gcode.link.ok_reader import OkReader
from hydrogen.gcode.link.outgoing import Outgoing
from hydrogen.gcode.link.packing import Packing
from hydrogen.gcode.link.resend_trust import ResendTrust
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.gcode.link.unread import Unread
from hydrogen.gcode.link.window import Window


@dataclass(slots=True, kw_only=True)
class LinkParts:
    """One of each, for the life of a link. `events` is what the shell has not fetched yet."""

    ledger: LineLedger
    stall: StallClock
    drain: Drain
    outgoing: Outgoing
    unread: Unread
    window: Window
    barrier: Barrier = field(default_factory=Barrier)
    oks: OkReader = field(default_factory=OkReader)
    packing: Packing = field(default_factory=Packing)
    trust: ResendTrust = field(default_factory=ResendTrust)
    count: LinkCounters = field(default_factory=LinkCounters)
    events: list[LinkEvent] = field(default_factory=list)

    @classmethod
    def of(cls, base: int, byte_seconds: float, limits: LinkLimits) -> LinkParts:
        """For a link that counts from `base`; byte_seconds: see GcodeLink."""
        ledger, window = LineLedger(base), Window(answer_slack=limits.answer_slack)
        parts = cls(
            ledger=ledger,
            window=window,
            unread=Unread(ledger, window),
            stall=StallClock(limits),
            drain=Drain(byte_seconds, limits),
            outgoing=Outgoing(limits.commands_waiting),
        )
        if limits.receive_buffer_bytes:
            parts.window.allow(limits.receive_buffer_bytes, limits.command_slots)
        return parts

    def begin_numbers(self, base: int) -> None:
        """The printer counts from `base`: what was sent before is settled, or can be settled no more."""
        self.ledger.begin(base)
        self.oks.forget()
        self.events.extend([EmergencyWordSettled(is_confirmed=False)] * self.oks.on_executed(PROBE_NUMBER))
        self.trust.forget()
        self.unread.forget()
        self.barrier.forget()
