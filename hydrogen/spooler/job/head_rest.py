"""The head of one job while it does not print: where it was, whether it stands aside, the way there and back.

The place is noted once for each pause, before anything moves, and kept until the job goes on; so a pause that is taken back,
asked for again or cancelled in the middle of a move never loses where the print was left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hydrogen.devices.driver import PrinterConnection
from hydrogen.devices.parking import HeadPlace, ParkPlan
from hydrogen.errors import ClientError
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.policy import ParkPolicy


class HeadRest:
    """Answers are sentences: "" when it went as it should, else why it did not. DeviceErrors go through to the caller.

    place: noted by a spooler before this one. on_place: told of each new place before anything moves, and of its end.
    """

    def __init__(
        self,
        policy: ParkPolicy,
        limits: RunnerLimits,
        *,
        place: HeadPlace | None = None,
        on_place: Callable[[HeadPlace | None], None] = lambda _: None,
    ) -> None:
        self.place = place
        self.is_aside = False
        self._on_place = on_place
        self._policy = policy
        self._limits = limits
        self._plan = ParkPlan(
            lift_mm=policy.lift_mm,
            retract_mm=policy.retract_mm,
            x_mm=policy.x_mm,
            y_mm=policy.y_mm,
            travel_mm_per_minute=policy.travel_mm_per_minute,
            lift_mm_per_minute=policy.lift_mm_per_minute,
            retract_mm_per_minute=policy.retract_mm_per_minute,
        )

    async def hold(self, connection: PrinterConnection) -> str:
        """Nothing that the firmware does by itself moves the head while the job rests."""
        return await _in_time(_hold_motors(connection), self._limits.park_seconds, "holding the motors")

    async def step_aside(self, connection: PrinterConnection) -> str:
        """Note the place, and park where the owner wants it. The moves are planned when it returns, not done."""
        return await _in_time(self._step_aside(connection), self._limits.park_seconds, "going aside")

    async def come_back(self, connection: PrinterConnection) -> str:
        """As hot as the job had asked for, and to the place; without one, nothing. Nothing but "" lets the job go on."""
        place = self.place
        if place is None:
            return ""
        await connection.head.reheat(place)
        self.is_aside = False
        way = connection.head.unpark(place, self._plan)
        trouble = await _in_time(way, self._limits.unpark_seconds, "coming back")
        if not trouble:
            await connection.head.rest_motors()
        return trouble

    def forget(self) -> None:
        """The job goes on: the place is history."""
        if self.place is not None:
            self._on_place(None)
        self.place = None
        self.is_aside = False

    async def _step_aside(self, connection: PrinterConnection) -> str:
        if self.place is None:
            self.place = await connection.head.locate()
            self._on_place(self.place)
        if not self.is_aside:
            await connection.head.leave_object(self.place)
        if not self._policy.enabled or self.is_aside:
            return ""
        trouble = await connection.head.park(self.place, self._plan)
        self.is_aside = not trouble
        return trouble


async def _hold_motors(connection: PrinterConnection) -> str:
    await connection.head.hold_motors()
    return ""


async def _in_time(way: Awaitable[str], seconds: float, what: str) -> str:
    try:
        async with asyncio.timeout(seconds):
            return await way
    except TimeoutError:
        return f"{what} took the head longer than {seconds:g} s, so it was given up where it stood"
    except ClientError as error:
        return f"{what} was not possible: {error.message}"
