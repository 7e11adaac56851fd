"""The host's own sensors, by the kernel's files."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen.errors import SensorLost
from hydrogen_drivers.detached_read import DetachedRead
from hydrogen_drivers.host_sensors.sysfs import HostInput, find_inputs, processor_channel, read_input

MARK = "simulated"
"""A file that no kernel makes: the tree is a made-up one."""

MOST_NAMED = 12
"""Channels that a message lists."""


class HostSensorsDriver:
    """Signs SensorDriver."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """settings: a HostSensorsConfig as JSON values."""
        self._root = Path(str(settings["root"]))

    @property
    def place(self) -> str:
        return str(self._root)

    async def open(self, channels: Collection[str]) -> HostSensorsSource:
        there, simulated = await asyncio.to_thread(self._look)
        named = {channel: processor_channel(there) if channel == FIRST_CHANNEL else channel for channel in channels}
        inputs = {channel: there[name] for channel, name in named.items() if name is not None and name in there}
        if not inputs:
            known = list(there)[:MOST_NAMED]
            wanted = ", ".join(channel or "of the processor" for channel in named)
            raise SensorLost(f"the host has no sensor {wanted}: there are {', '.join(known) or 'none'}", known=known)
        return HostSensorsSource(inputs, simulated=simulated)

    def _look(self) -> tuple[dict[str, HostInput], bool]:
        return find_inputs(self._root), (self._root / MARK).exists()


class HostSensorsSource:
    """Signs SensorSource."""

    def __init__(self, inputs: Mapping[str, HostInput], *, simulated: bool) -> None:
        """inputs: by the tables' channels."""
        self.is_simulated = simulated
        self._inputs = inputs
        self._reading = DetachedRead(self._read_all, name="host sensors")

    async def read(self) -> Mapping[str, Measurement]:
        found = await self._reading.read()
        if not found:
            raise SensorLost("the host's sensor has gone: its driver was unloaded, or its chip unplugged")
        return found

    async def close(self) -> None:
        """Nothing is open between readings."""

    def _read_all(self) -> dict[str, Measurement]:
        found = ((channel, read_input(there)) for channel, there in self._inputs.items())
        return {channel: measurement for channel, measurement in found if measurement is not None}
