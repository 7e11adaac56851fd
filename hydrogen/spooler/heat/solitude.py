"""Nobody there, nothing to print: the heaters must not stay hot.

A spooler without a service and without a job turns its heaters off and ends after IDLE_SECONDS; one with a job prints on.
(Supervision of the heat itself is heat_guard.py; the watch over this process is the service's.)
"""

from __future__ import annotations

IDLE_SECONDS = 300.0
"""A restart or an upgrade of the service takes seconds; five minutes leave room for a person to start it again."""


class Solitude:
    """Measures how long nobody has been there. Pure: told what is, asked whether it is time."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._alone_since: float | None = None

    def observe(self, now: float, *, has_service: bool, has_job: bool) -> bool:
        """True once there was neither service nor job for `idle_seconds` (monotonic) without a break."""
        if has_service or has_job:
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = now
        return now - self._alone_since >= self._idle_seconds
