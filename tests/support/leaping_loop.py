"""An asyncio loop in which the same thing happens each time: its time leaps, and its threads are none.

While anything can run, time stands still; when nothing can, it leaps to the next timer. Work for threads is done on the loop
a moment later. So a test of hours takes milliseconds, does not depend on the machine, and can be repeated.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

THREAD_SECONDS = 0.002
"""What a thread's work takes: other things happen meanwhile."""


class NothingWillHappen(AssertionError):
    """Everybody waits, and no timer is set: the test would hang for ever."""


class _LeapingSelector(selectors.SelectSelector):
    """Does not wait for descriptors, it leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise NothingWillHappen("every task waits for another one")
        if not ready and timeout is not None:
            self.now += max(0.0, timeout)
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Drive it with `run_until_complete`, from the test's own thread."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Work for a thread (`asyncio.to_thread`), done on the loop after THREAD_SECONDS."""
        future = self.create_future()
        self.call_later(THREAD_SECONDS, _work, future, func, args)
        return future


class LoopClock:
    """Signs `Clock`: the loop's time, on a fixed day."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        return 1_800_000_000.0 + self._loop.time()


def _work(future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(func(*args))
    except Exception as error:  # noqa: BLE001
        future.set_exception(error)
