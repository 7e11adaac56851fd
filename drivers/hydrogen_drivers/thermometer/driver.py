"""A thermometer on a serial port."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from hydrogen.devices.port_address import PortKind, parse_port
from hydrogen.devices.port_identity import DeviceTree, identity_of, resolve_port
from hydrogen.devices.sensor import Measurement
from hydrogen.devices.transport import PortWire
from hydrogen.errors import PortMissing, SensorLost
from hydrogen_drivers.thermometer.protocol import MOST_LINE_BYTES, LineReader, pick_channel
from hydrogen_drivers.transports.port_opening import open_port


class ThermometerDriver:
    """Signs SensorDriver."""

    def __init__(self, settings: Mapping[str, Any], *, tree: DeviceTree | None = None) -> None:
        """settings: a ThermometerConfig as JSON values. tree: where adapters are looked for."""
        self._settings = settings
        self._address = parse_port(self.place)
        self._tree = tree or DeviceTree()

    @property
    def place(self) -> str:
        return str(self._settings["port"])

    async def open(self, channels: Collection[str]) -> ThermometerSource:
        reader = LineReader(str(self._settings["pattern"]))
        listener = LineListener(reader, is_in_step=bool(self._settings["query"]))
        path = await asyncio.to_thread(resolve_port, self._address, self._tree)
        wire = await open_port(self._address, path, int(self._settings["baud"]), lambda: listener)
        try:
            await self._check(path)
        except BaseException:
            wire.close()
            raise
        query = str(self._settings["query"]).encode()
        return ThermometerSource(wire, listener, channels, query=query, simulated=wire.is_simulated)

    async def _check(self, path: str) -> None:
        """Between looking and opening, another adapter may have taken the name. Raises PortMissing."""
        if self._address.kind is not PortKind.ADAPTER:
            return
        identity = await asyncio.to_thread(identity_of, path, self._tree)
        if identity is None or not identity.is_meant_by(self._address):
            raise PortMissing(f"{path} is another adapter now ({identity})", port=self.place)


class LineListener(asyncio.Protocol):
    """Keeps the newest line that could be read.

    What comes before the first line's end is thrown away: whoever opens a port in the middle of `23.50` hears `3.50`.
    """

    def __init__(self, reader: LineReader, *, is_in_step: bool = False) -> None:
        """is_in_step: the board says nothing before it is asked."""
        self._reader = reader
        self._unfinished = b""
        self._is_in_step = is_in_step
        self._newest: dict[str, Measurement] | None = None
        self._lost: str | None = None
        self._news = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        *lines, rest = (self._unfinished + data).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if self._is_in_step:
                self._hear(line)
            self._is_in_step = True
        if len(rest) > MOST_LINE_BYTES:
            rest, self._is_in_step = b"", False  # no line is so long: its end is thrown away, too
        self._unfinished = rest

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._lost = str(error or "closed")
        self._news.set()

    def forget(self) -> None:
        """What was said so far is no answer to what is asked now."""
        self._newest = None

    async def next_line(self) -> Mapping[str, Measurement]:
        """The newest line that was not taken yet; waits for one. Raises SensorLost once the port is gone."""
        while self._newest is None:
            if self._lost is not None:
                raise SensorLost(f"the port of the thermometer is gone: {self._lost}")
            self._news.clear()
            await self._news.wait()
        newest, self._newest = self._newest, None
        return newest

    def _hear(self, line: bytes) -> None:
        read = self._reader.read(line.decode("utf-8", "replace"))
        if read is not None:
            self._newest = read
            self._news.set()


class ThermometerSource:
    """An open port. Signs SensorSource."""

    def __init__(
        self, wire: PortWire, listener: LineListener, channels: Collection[str], *, query: bytes, simulated: bool
    ) -> None:
        self._wire = wire
        self._listener = listener
        self._channels = tuple(channels)
        self._query = query
        self.is_simulated = simulated

    async def read(self) -> Mapping[str, Measurement]:
        if self._query:
            self._listener.forget()
            self._wire.write(self._query)
        line = await self._listener.next_line()
        found = {channel: pick_channel(line, channel) for channel in self._channels}
        return {channel: measurement for channel, measurement in found.items() if measurement is not None}

    async def close(self) -> None:
        self._wire.close()
