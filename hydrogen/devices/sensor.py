"""What a sensor driver signs: the contract between the service and whatever measures.

A driver package announces a `DriverManifest` of the kind `sensor` in the entry-point group `hydrogen.drivers`. Sensors print
nothing, so their drivers run inside the service. `config` (a pydantic model) checks the driver's own keys of
`[sensors.NAME]`; the service imports `factory` and calls it: `factory(settings) -> SensorDriver`.

Division of labour. The driver gets figures out of a device, as the device says them. Everything that is the same for all
sensors is the service's: units, scale and offset, what is plausible, what is too old, what follows from it. Tables with the
same driver and the same settings are one device with several *channels*: it is opened once.

One `SensorSource` is one open device. It never reopens; the service asks the driver for another one, after a growing pause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

FIRST_CHANNEL = ""
"""The channel of a table that names none: the device's only one, or its first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a device says of one channel now.

    value: as it says it, not converted. None: it answered, but not with a measurement; `fault` says why, in a few words.
    unit: where the device names it (`C`, `F`, `K`, `%`, or a word of SensorUnit); "" where it does not.
    """

    value: float | None
    unit: str = ""
    fault: str = ""


class SensorSource(Protocol):
    """An open device. Belongs to one event loop."""

    @property
    def is_simulated(self) -> bool:
        """True if the device itself says that it is a virtual one."""

    async def read(self) -> Mapping[str, Measurement]:
        """The newest measurement of each channel that was asked for; a channel that is not there is missing.

        A device that speaks by itself is waited for, if it has said nothing since the last call. The caller cancels what
        takes too long and may call again. Raises DeviceError when the device is lost: then only `close` may follow.
        """

    async def close(self) -> None:
        """Give it back. May be called twice, and while a `read` was cancelled."""


class SensorDriver(Protocol):
    """Opens one device."""

    @property
    def place(self) -> str:
        """Where it looks (a port, a folder, a program), for messages."""

    async def open(self, channels: Collection[str]) -> SensorSource:
        """Raises DeviceError that says what was seen and what to do. Nothing stays open if it raises, or is cancelled.

        channels: those that will be asked for; FIRST_CHANNEL where a table names none.
        """
