"""`Resend: r`: what the printer asks for again, and what that proves.

The printer has thrown away its receive buffer, so r and everything above is void: A = F = r - 1. Nothing is sent until the
wire has been silent for a while (drain.py), because fragments of lines make more refusals, and answering each of them starts
a storm. The `ok` that directly follows `Resend:` acknowledges nothing. A resend *below* K is real (a line lost its number on
the wire and ran unchecked): it is obeyed and reported. As the answer to a probe it is how the printer names its last line.

Where an `ok` says that a line was queued (dialect.py), every line below r has had its own before the printer said `Resend:`.
What K still lacks then was lost on the way, and to wait for it would be for ever: such a printer asks again and again.
"""

from __future__ import annotations

from hydrogen.errors import DeviceError
from hydrogen.gcode.link.acknowledging import Acknowledging
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.renewal import Renewal


class Resending:
    """A falls, or is proven. `now` is monotonic seconds; resend_modulus: see Dialect."""

    __slots__ = (
        "_acknowledging",
        "_barrier",
        "_count",
        "_drain",
        "_ledger",
        "_oks",
        "_renewal",
        "_stall",
        "_trust",
        "_window",
        "resend_modulus",
    )

    def __init__(self, parts: LinkParts, acknowledging: Acknowledging, renewal: Renewal) -> None:
        self.resend_modulus: int | None = None
        self._acknowledging = acknowledging
        self._renewal = renewal
        self._ledger = parts.ledger
        self._window = parts.window
        self._stall = parts.stall
        self._drain = parts.drain
        self._trust = parts.trust
        self._oks = parts.oks
        self._barrier = parts.barrier
        self._count = parts.count

    def on_complaint(self, kind: str, last_line: int | None) -> None:
        """Why the printer refuses a line, and its last number; most say `Resend:` next."""
        self._count.complain(kind)
        self._trust.on_last_line(last_line)

    def on_resend(self, number: int | None, now: float, *, answers_probe: bool, is_residue: bool) -> DeviceError | None:
        """Obey it, or doubt it; the error that ends the link when it has doubted enough. is_residue: while draining."""
        if answers_probe:
            self._stall.on_probe_answered(now)
        if is_residue:
            self._drain.prolong(now)
        else:
            self._drain.begin(now, self._ledger.in_flight_bytes)
        if number is not None and self.resend_modulus is not None:
            number = self._ledger.resolve(number, self.resend_modulus)
        believed = self._trust.believed(number, self._ledger)
        if believed is None:
            return self._trust.verdict(number, self._ledger)
        may_hide = self._window.is_open and not (answers_probe or is_residue or self._oks.are_numbered)
        self._obey(believed, now, answers_probe=answers_probe)
        ledger = self._ledger
        self._acknowledging.may_hide_headless = (
            may_hide and ledger.acknowledged < ledger.accepted and ledger.next > ledger.front + 2
        ) or (is_residue and self._acknowledging.may_hide_headless)
        return None

    def _obey(self, number: int, now: float, *, answers_probe: bool) -> None:
        """A = r - 1; everything from r on is void."""
        ledger = self._ledger
        accepted = number - 1
        if accepted < ledger.front:
            self._count.on_repair(answers_probe=answers_probe, is_window_open=self._window.is_open)
            self._window.on_fault()
            if answers_probe:
                self._stall.on_repaired()
        elif answers_probe:
            self._drain.ends_with_ok = self._oks.owes_for_resend
        if answers_probe and ledger.is_clear and number == ledger.next:
            self._renewal.on_probe_answered(number)
        if self._barrier.is_void(accepted):
            self._stall.on_barrier_void(now)
        was_acknowledged = ledger.acknowledged
        if not ledger.accept_only(accepted):
            for doubtful in range(number, was_acknowledged + 1):
                self._acknowledging.report_duplicate(doubtful)
        elif self._window.is_ok_early and was_acknowledged < accepted:
            self._stall.on_repaired()
            self._acknowledging.on_proven(accepted, now)
