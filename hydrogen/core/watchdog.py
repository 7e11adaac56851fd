"""Says that we are well, to the manager that would end us otherwise.

It runs on the loop that serves: a loop that hangs says nothing. And it says nothing while `is_healthy` is false. What it
never looks at is the world outside (printers, disk, network): a new process would find the same.
"""

from __future__ import annotations

from collections.abc import Callable

from hydrogen.core.log import Log
from hydrogen.core.notify import Notifier
from hydrogen.core.rhythm import until_beat

MEALS = 3
"""Within the time that the manager allows: one may be late, and one lost."""

STATUS_SECONDS = 10.0
"""How often the sentence of `systemctl status` is looked after, at least."""


class Watchdog:
    """`run` until cancelled."""

    def __init__(
        self, notifier: Notifier, *, is_healthy: Callable[[], bool], sentence: Callable[[], str], log: Log
    ) -> None:
        """sentence: how it goes, for people."""
        self._notifier = notifier
        self._is_healthy = is_healthy
        self._sentence = sentence
        self._log = log
        self._was_healthy = True
        self._told = ""

    @property
    def period_seconds(self) -> float:
        """Between two looks."""
        allowed = self._notifier.watchdog_seconds
        return STATUS_SECONDS if allowed is None else min(STATUS_SECONDS, allowed / MEALS)

    async def run(self) -> None:
        """Nothing, if nobody listens."""
        while self._notifier.is_heard:
            self.look()
            await until_beat(self.period_seconds)

    def look(self) -> None:
        """Feed, if all is well; tell how it goes, if that has changed."""
        is_healthy = self._is_healthy()
        if is_healthy and self._notifier.watchdog_seconds is not None:
            self._notifier.feed_watchdog()
        if self._was_healthy and not is_healthy:
            self._log.error("watchdog not fed", reason="the service does not serve")
        self._was_healthy = is_healthy
        sentence = self._sentence()
        if sentence != self._told:
            self._told = sentence
            self._notifier.status(sentence)
