"""`hydrogen` with a loop that is timed: `python -m benchmarks.watched_service serve …`.

At its end it writes to the file that WATCHED_SERVICE names one JSON list: `[at, seconds, cpu_seconds]` of each turn of the loop
that took more than 5 ms, by CLOCK_MONOTONIC. A turn is what the loop does between two waits: nobody else is served meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from hydrogen.cli.main import main

NOTED_SECONDS = 0.005
VARIABLE = "WATCHED_SERVICE"


class TimedSelector:
    """In front of the loop's selector: between two of its `select`s lies a turn."""

    def __init__(self, selector: object, turns: list[tuple[float, float, float]]) -> None:
        self._selector = selector
        self._turns = turns
        self._began: tuple[float, float] | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._selector, name)

    def select(self, timeout: float | None = None) -> object:
        if self._began is not None:
            at, cpu = self._began
            seconds = time.monotonic() - at
            if seconds > NOTED_SECONDS:
                self._turns.append((at, seconds, time.thread_time() - cpu))
        found = self._selector.select(timeout)  # type: ignore[attr-defined]
        self._began = time.monotonic(), time.thread_time()
        return found


class TimedPolicy(asyncio.DefaultEventLoopPolicy):
    """Makes loops with such a selector."""

    def __init__(self, turns: list[tuple[float, float, float]]) -> None:
        super().__init__()
        self._turns = turns

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop()
        loop._selector = TimedSelector(loop._selector, self._turns)  # type: ignore[attr-defined]
        return loop


def run() -> int:
    turns: list[tuple[float, float, float]] = []
    asyncio.set_event_loop_policy(TimedPolicy(turns))
    try:
        return main(sys.argv[1:])
    finally:
        Path(os.environ[VARIABLE]).write_text(json.dumps(turns))


if __name__ == "__main__":
    sys.exit(run())
