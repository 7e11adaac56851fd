"""Is a `Resend:` to be believed?

Replies are damaged too, and a wrong number would send lines twice or leave some out. A number is believed when the line it
names can be sent again and the `Last Line:` before it does not contradict. Else the printer is asked again, by a probe; a
printer that stays with an impossible number is given up, and one that says 1 twice has been reset.
"""

from __future__ import annotations

from hydrogen.errors import DeviceError, LinkLost, PrinterReset
from hydrogen.gcode.link.ledger import LineLedger

DISTRUST_LIMIT = 8
"""Resend requests for impossible numbers in a row before the link is given up."""


class ResendTrust:
    """Remembers what the printer claimed, and how often it claimed the impossible."""

    __slots__ = ("_claimed_last_line", "_distrusted", "_is_reset_suspected")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """A new numbering: nothing is claimed, nothing in doubt."""
        self._claimed_last_line: int | None = None
        self._distrusted = 0
        self._is_reset_suspected = False

    @property
    def is_in_doubt(self) -> bool:
        """Was the last request impossible, so that the printer must be asked again?"""
        return self._distrusted > 0

    def on_last_line(self, last_line: int | None) -> None:
        """`Error:…, Last Line: n`, which goes before a `Resend:`; None when an error of another kind came between."""
        self._claimed_last_line = last_line

    def on_acknowledged(self) -> None:
        """The printer took a line: whatever was doubted is settled."""
        self._distrusted = 0

    def believed(self, number: int | None, ledger: LineLedger) -> int | None:
        """`number` if the request can be true and be obeyed, else None. Asked once for each `Resend:`."""
        claimed, self._claimed_last_line = self._claimed_last_line, None
        if number is not None and (claimed is None or claimed + 1 == number) and ledger.may_be_asked_for(number):
            self._distrusted = 0
            self._is_reset_suspected = False
            return number
        self._distrusted += 1
        return None

    def verdict(self, number: int | None, ledger: LineLedger) -> DeviceError | None:
        """Why the link must end over a request that was not believed; None: ask again before believing anything."""
        if number == 1 and self._is_reset_suspected:
            return PrinterReset("the printer counts from 0 again: it was reset; its position and heat are gone")
        self._is_reset_suspected = number == 1
        if self._distrusted <= DISTRUST_LIMIT:
            return None
        return LinkLost(
            f"the printer asks for line {number}, which cannot be sent again "
            f"(kept: {ledger.oldest} to {ledger.next - 1})",
            asked=number,
        )
