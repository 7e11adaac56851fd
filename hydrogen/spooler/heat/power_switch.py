"""The last step of making a printer safe: its switch, and no exception where nobody could act on one."""

from __future__ import annotations

from enum import StrEnum

from hydrogen.core.log import Log
from hydrogen.devices.switch import Switch
from hydrogen.devices.switch_choice import make_switch
from hydrogen.errors import ConfigurationInvalid, HostError, NotFound
from hydrogen.spooler.policy import PowerPolicy


class PowerOff(StrEnum):
    """What became of it. not_yet: its time has not come. failed: the switch did not do it, or not in time."""

    NOT_CONFIGURED = "not_configured"
    NOT_YET = "not_yet"
    DONE = "done"
    FAILED = "failed"


class PowerSwitch:
    """As often as it is asked to; whoever asks counts the incidents. is_configured: is there a switch? problem: why it cannot
    be worked, "" if it can."""

    def __init__(self, policy: PowerPolicy, log: Log) -> None:
        self._log = log
        self.problem = ""
        self._switch: Switch | None = None
        try:
            self._switch = make_switch(policy.switch, log)
        except ConfigurationInvalid as error:
            self.problem = error.message
            self._log.error("power switch not made", reason=error.message)
        self.is_configured = bool(self.problem) or self.can_turn(is_on=True) or self.can_turn(is_on=False)

    def can_turn(self, *, is_on: bool) -> bool:
        """Is there a way to do that?"""
        switch = self._switch
        return switch is not None and (switch.can_turn_on if is_on else switch.can_turn_off)

    async def cut(self, reason: str) -> PowerOff:
        """Turn it off. `reason` is for the log. Never raises."""
        if not self.is_configured or not (self.problem or self.can_turn(is_on=False)):
            return PowerOff.NOT_CONFIGURED
        self._log.warning("power is being cut", reason=reason)
        try:
            await self.turn(is_on=False)
        except (HostError, NotFound) as error:
            self._log.error("power not cut", reason=error.message)
            return PowerOff.FAILED
        return PowerOff.DONE

    async def turn(self, *, is_on: bool) -> None:
        """Raises HostError when it did not work, NotFound where there is no way."""
        switch = self._switch
        if self.problem:
            raise HostError(f"the switch cannot be worked: {self.problem}")
        if switch is None or not self.can_turn(is_on=is_on):
            raise NotFound(f"nothing turns the power {'on' if is_on else 'off'}")
        await (switch.turn_on() if is_on else switch.turn_off())

    async def position(self) -> str:
        """`on`, `off`, or `unknown` for one that does not tell. Never raises."""
        if self._switch is None:
            return "unknown"
        try:
            is_on = await self._switch.is_on()
        except HostError as error:
            self._log.warning("power switch not read", reason=error.message)
            return "unknown"
        return "unknown" if is_on is None else "on" if is_on else "off"
