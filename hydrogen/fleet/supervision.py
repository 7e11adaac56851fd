"""Is there anybody who can turn this printer's heaters off? Pure.

::

    watched ── lost, while hot ──► alone ── SECONDS later ──► unsafe (said once)
       ▲                             │                           │
       └──────────── regained ───────┴───────────────────────────┘

Lost means that the process which held the port is gone (also while it looked for the printer again: a state without a link
tells of no heaters, so what they were before counts); regained that one holds it again, that the printer's firmware has halted,
that a person let the printer go, or that its power was cut.
"""

from __future__ import annotations

from hydrogen.model.printer import PrinterState, PrinterStatus

UNSAFE_SECONDS = 10.0
"""DESIGN section 2, "watch": a new spooler is there within a second and has the port within five."""

_WITHOUT_PORT = (PrinterStatus.OFFLINE, PrinterStatus.CONNECTING, PrinterStatus.ERROR, PrinterStatus.LINK_LOST)


def is_hot(state: PrinterState) -> bool:
    """Did it report a heater that is on, or has it a job that may turn one on?"""
    return state.job is not None or any((heater.target_celsius or 0.0) > 0 for heater in state.heaters.values())


def holds_port(state: PrinterState) -> bool:
    """Does its spooler speak with the printer, or know that this needs a person?"""
    return state.status not in _WITHOUT_PORT


class Supervision:
    """`now` is monotonic seconds."""

    def __init__(self, *, unsafe_seconds: float = UNSAFE_SECONDS) -> None:
        self._unsafe_seconds = unsafe_seconds
        self._alone_since: float | None = None
        self._was_hot_when_disconnected = False
        self._was_hot_at_link_loss = False

    def disconnected(self, state: PrinterState) -> None:
        """The connection has ended, by wish or by a fault; `state` is the last one before that, which still told of heaters."""
        self._was_hot_when_disconnected = is_hot(state)

    def link_lost(self, state: PrinterState) -> None:
        """The printer does not answer its process any more; `state` is the last one before that."""
        was_hot = is_hot(state) or self._was_hot_when_disconnected
        self._was_hot_at_link_loss = self._was_hot_at_link_loss or was_hot

    def lost(self, state: PrinterState, now: float) -> None:
        """The process is gone; `state` is the last that was known."""
        was_hot = is_hot(state) or self._was_hot_at_link_loss
        if self._alone_since is None and was_hot and state.status is not PrinterStatus.HALTED:
            self._alone_since = now

    def regained(self) -> None:
        """See above."""
        self._alone_since = None
        self._was_hot_when_disconnected = False
        self._was_hot_at_link_loss = False

    def is_unsafe_now(self, now: float) -> bool:
        """True once, when the time is over."""
        if self._alone_since is None or now - self._alone_since < self._unsafe_seconds:
            return False
        self.regained()
        return True
