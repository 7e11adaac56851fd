"""Sensors on the 1-Wire buses of the host. Each reading takes the chip most of a second; it is done in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen.errors import SensorLost
from hydrogen_drivers.detached_read import DetachedRead
from hydrogen_drivers.onewire.protocol import IDENTITY, read_temperature, read_w1_slave

TRIES = 3
"""A long wire damages one answer in a hundred; three in a row are a fault."""

MARK = "simulated"
"""A file that no kernel makes: the tree is a made-up one."""


class OneWireDriver:
    """Signs SensorDriver."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """settings: a OneWireConfig as JSON values."""
        self._root = Path(str(settings["root"]))

    @property
    def place(self) -> str:
        return str(self._root)

    async def open(self, channels: Collection[str]) -> OneWireSource:
        for channel in channels:
            if channel != FIRST_CHANNEL and not IDENTITY.fullmatch(channel):
                raise SensorLost(
                    f"{channel!r} is no 1-Wire thermometer: expected like 28-000005e2fdc3", channel=channel
                )
        if not await asyncio.to_thread(self._root.is_dir):
            raise SensorLost(
                f"there is no {self._root}: is 1-Wire switched on (dtoverlay=w1-gpio in config.txt)?",
                root=str(self._root),
            )
        simulated = await asyncio.to_thread((self._root / MARK).exists)
        return OneWireSource(self._root, channels, simulated=simulated)


class OneWireSource:
    """Signs SensorSource."""

    def __init__(self, root: Path, channels: Collection[str], *, simulated: bool) -> None:
        self.is_simulated = simulated
        self._root = root
        self._channels = tuple(channels)
        self._before: dict[str, float] = {}
        self._reading = DetachedRead(self._read_all, name="1-Wire")

    async def read(self) -> Mapping[str, Measurement]:
        try:
            return await self._reading.read()
        except OSError as error:
            raise SensorLost(f"{self._root} cannot be read: {error.strerror}", root=str(self._root)) from error

    async def close(self) -> None:
        """Nothing is open between readings."""

    def _read_all(self) -> dict[str, Measurement]:
        found = {}
        for channel in self._channels:
            identity = channel or self._only_one()
            measurement = self._read(identity)
            if measurement is None:
                continue
            found[channel] = measurement
            if measurement.value is not None:
                self._before[identity] = measurement.value
        return found

    def _only_one(self) -> str:
        """The one sensor that there is. Raises OSError where there is none, or a choice."""
        identities = sorted(entry.name for entry in self._root.iterdir() if IDENTITY.fullmatch(entry.name))
        if len(identities) == 1:
            return identities[0]
        said = f"there are {len(identities)} sensors on the bus ({', '.join(identities[:4])}): name one as the channel"
        raise OSError(0, said if identities else "there is no thermometer on the bus")

    def _read(self, identity: str) -> Measurement | None:
        folder = self._root / identity
        if not folder.is_dir():
            return None
        measurement = None
        for _ in range(TRIES):
            measurement = self._ask(folder, self._before.get(identity))
            if measurement is None or measurement.value is not None:
                break
        return measurement

    def _ask(self, folder: Path, before: float | None) -> Measurement | None:
        """None: it has gone meanwhile."""
        try:
            return read_w1_slave(_text(folder / "w1_slave"), before=before)
        except FileNotFoundError:
            pass
        except OSError as error:
            return Measurement(value=None, fault=f"the kernel could not read it ({error.strerror})")
        try:
            return read_temperature(_text(folder / "temperature"), before=before)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Measurement(value=None, fault=f"the kernel could not read it ({error.strerror})")


def _text(file: Path) -> str:
    with file.open(encoding="ascii", errors="replace") as opened:
        return opened.read(1024)
