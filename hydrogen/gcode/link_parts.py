"""The parts that the halves of one link share: who gives lines (giving.py), who acknowledges them (acknowledging.py), and
the conversation around both (link.py)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrogen.gcode.barrier import Barrier
from hydrogen.gcode.drain import Drain
from hydrogen.gcode.ledger import LineLedger
from hydrogen.gcode.link_counters import LinkCounters
from hydrogen.gcode.link_events import EmergencyWordSettled, LinkEvent
from hydrogen.gcode.link_limits import PROBE_NUMBER, LinkLimits
from hydrogen.gcode.ok_reader import OkReader
from hydrogen.gcode.outgoing import Outgoing
from hydrogen.gcode.packing import Packing
from hydrogen.gcode.resend_trust import ResendTrust
from hydrogen.gcode.stall_clock import StallClock
from hydrogen.gcode.unread import Unread
from hydrogen.gcode.window import Window


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
        ledger, window = LineLedger(base), Window()
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
