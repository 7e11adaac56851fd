"""One printer's power, as the service works it: found at the start, asked for, cut when nobody holds a hot printer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.errors import Conflict, HostError, NotFound
from hydrogen.model.events import PrinterPowerChanged
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.heat.power_switch import PowerOff, PowerSwitch
from hydrogen.spooler.policy import PowerPolicy


class PowerDesk:
    """What it does is told by `printer.power_changed`, and stands in the state as `power`."""

    def __init__(self, printer: str, policy: PowerPolicy, *, context: Context, clock: Clock, log: Log) -> None:
        self._printer = printer
        self._switch = PowerSwitch(policy, log)
        self._context = context
        self._clock = clock

    async def look(self) -> None:
        """How the switch stands; "unknown" is told too, so that clients know that there is one."""
        if self._switch.is_configured:
            self._tell(await self._switch.position(), actor="", reason="found so")

    async def turn(self, *, is_on: bool, actor: str, is_forced: bool = False) -> Mapping[str, Any]:
        """A person asks. is_forced: even while there is a job. Raises NotFound without a switch, Conflict while there is a
        job, HostError when it did not work."""
        word = "on" if is_on else "off"
        if not self._switch.is_configured or not (self._switch.problem or self._switch.can_turn(is_on=is_on)):
            raise NotFound(
                f"nothing turns the power of {self._printer} {word}: see [printers.{self._printer}.power]",
                printer=self._printer,
            )
        state = self._context.state.printers.get(self._printer, PrinterState())
        if state.job is not None and not is_forced:
            raise Conflict(f"printer {self._printer} has a job: cancel it first", status=state.status.value)
        try:
            await self._switch.turn(is_on=is_on)
        except HostError as error:
            raise HostError(
                f"the power of {self._printer} was not turned {word}: {error.message}", printer=self._printer
            ) from error
        self._tell(word, actor=actor, reason="while there was a job" if state.job is not None else "")
        return {"power": word}

    async def cut(self, reason: str) -> PowerOff:
        """Nobody can turn a hot printer off. Never raises."""
        done = await self._switch.cut(reason)
        if done is PowerOff.DONE:
            self._tell("off", actor="heat guard", reason=reason)
        return done

    def _tell(self, power: str, *, actor: str, reason: str) -> None:
        changed = PrinterPowerChanged(
            at=self._clock.wall(), printer=self._printer, power=power, actor=actor, reason=reason
        )
        self._context.publish(changed)
