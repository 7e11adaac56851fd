"""A client that follows a house through all its lives and writes down how jobs ended."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.client import Client, connected
from hydrogen.errors import HydrogenError
from tests.integration.house_process import HouseProcess

RETRY_SECONDS = 0.05


class Observer:
    """`async with Observer(house) as observer`; it comes back whenever the service does."""

    def __init__(self, house: HouseProcess, printer: str = "bench") -> None:
        self._house = house
        self._printer = printer
        self._epoch = ""
        self._told: Counter[tuple[str, str]] = Counter()
        self._task: asyncio.Task[None] | None = None
        self.endings: dict[str, Mapping[str, Any]] = {}
        """The terminal event of each job that we were told of."""
        self.status = ""
        """The last word on the printer; empty while nobody tells."""
        self.reason = ""
        self.errors: list[str] = []
        """The codes of the errors that were raised, oldest first."""

    async def __aenter__(self) -> Observer:
        self._task = asyncio.create_task(self._follow(), name="observer")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def complaint(self) -> str:
        """A job that one life of the service told the end of more than once; empty: there is none."""
        twice = [f"{job} {count} times in epoch {epoch}" for (epoch, job), count in self._told.items() if count > 1]
        return f"job.finished was told of {', '.join(twice)}" if twice else ""

    async def _follow(self) -> None:
        while True:
            try:
                if self._house.record is not None:
                    async with connected(self._house.address) as client:
                        await self._listen(client)
            except (HydrogenError, AssertionError, OSError):
                pass
            self.status = ""
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, client: Client) -> None:
        async for frame in client.frames():
            kind = frame.get("type")
            if kind == "snapshot":
                self._epoch = str(frame["epoch"])
                self._take_state(frame["state"]["printers"].get(self._printer, {}))
            elif kind == "printer.attached":
                self._take_state(frame["state"])
            elif kind == "printer.state_changed":
                self.status, self.reason = str(frame["status"]), str(frame.get("reason", ""))
            elif kind == "error.raised":
                self.errors.append(str(frame["error"]["code"]))
            elif kind == "job.finished":
                self._told[self._epoch, str(frame["job"])] += 1
                self.endings.setdefault(str(frame["job"]), frame)

    def _take_state(self, state: Mapping[str, Any]) -> None:
        self.status = str(state.get("status", ""))
