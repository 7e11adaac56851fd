"""From the bus to the push clients: at most two `current` a second for each printer, built once; events as they happen.

Nothing runs while nobody is there. A tick costs what has changed: a printer of which nothing new is known costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hydrogen.auth.authority import Authority
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.rhythm import until_beat
from hydrogen.model.events import (
    PrinterPositionReported,
    PublishedEvent,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.printer import PrinterStatus
from hydrogen.octoprint.face import Face, Faces
from hydrogen.octoprint.job import current_progress
from hydrogen.octoprint.push.channel import Channel
from hydrogen.octoprint.push.client import PushClient
from hydrogen.octoprint.push.events import (
    PluginMessage,
    PushEvent,
    events_of,
    plugin_messages_of,
    position_events,
    selection_event,
)
from hydrogen.octoprint.push.framing import Message, message
from hydrogen.octoprint.push.wish import Wish
from hydrogen.octoprint.translate import FileFacts

TICK_SECONDS = 0.5
"""OctoPrint's: clients draw as often."""

CHECK_TICKS = 20
"""How often a session is looked at that nobody ended in our sight (logout, age)."""

HISTORY_FRESH_SECONDS = 2.0
"""So many clients may come at once behind a restart: they share what was read for the first of them."""

SURFACE = "octoprint push"


class Terminal(Protocol):
    """Where we say whose conversation is wanted."""

    def want(self, printers: frozenset[str], *, by: str) -> None:
        """Exactly these, from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the feed asks the rest of the room. facts: of a file. temperatures: the history of a printer, as `temps` has it.
    report: tells of a defect of ours."""

    facts: Callable[[str, str], Awaitable[FileFacts | None]]
    temperatures: Callable[[str], Awaitable[Sequence[Mapping[str, Any]]]]
    report: Callable[[str, BaseException], None]


class Feed:
    """Signs Rooms. Belongs to one event loop."""

    def __init__(
        self, faces: Faces, *, bus: Bus, authority: Authority, terminal: Terminal, sources: Sources, clock: Clock
    ) -> None:
        self._faces = faces
        self._bus = bus
        self._authority = authority
        self._terminal = terminal
        self._sources = sources
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._clients: dict[PushClient, None] = {}
        self._histories: dict[str, tuple[float, Message]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._unlisten: Sequence[Callable[[], None]] = ()
        self._ticks = 0

    @property
    def clients(self) -> int:
        """How many there are that have logged in."""
        return len(self._clients)

    # ------------------------------------------------------------------------------------------------ coming and going

    async def enter(self, client: PushClient) -> None:
        assert client.grant is not None
        face = self._faces.for_caller(client.printer, client.grant.principal)
        channel = self._channel(face)
        history = await self._history(channel)
        if client.outbox.is_over or client.grant is None:
            return
        client.outbox.put(history)
        client.channel, client.version, client.number, client.rest = channel, channel.version, channel.number, 0
        self._clients[client] = None
        self._begin()
        self.review()

    def leave(self, client: PushClient) -> None:
        if self._clients.pop(client, self) is self:
            return
        client.channel = None
        self.review()
        if not self._clients:
            self._end()

    def review(self) -> None:
        wanted = {c.channel.face.printer for c in self._clients if c.channel is not None and c.wish.has_lines}
        self._terminal.want(frozenset(wanted - {""}), by=SURFACE)

    def _begin(self) -> None:
        if self._ticker is None:
            self._unlisten = (
                self._bus.listen(self._on_published, name=SURFACE),
                self._authority.on_changed(self._on_rights_changed),
            )
            self._start_ticker()

    def _end(self) -> None:
        for unlisten in self._unlisten:
            unlisten()
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.cancel()
        self._channels.clear()
        self._histories.clear()

    def _channel(self, face: Face) -> Channel:
        """The one of this printer. The root and the printer's own path tell the same: one channel for both."""
        channel = self._channels.get(face.printer)
        if channel is None:
            channel = self._channels[face.printer] = Channel(
                face,
                state=lambda: self._faces.printer(face),
                selected=lambda: self._faces.selected(face),
                progress=lambda: current_progress(self._faces, face),
            )
        return channel

    async def _history(self, channel: Channel) -> Message:
        printer, now = channel.face.printer, self._clock.monotonic()
        made_at, known = self._histories.get(printer, (0.0, None))
        if known is not None and now - made_at < HISTORY_FRESH_SECONDS:
            return known
        await self._refresh_facts(channel)
        channel.is_known = True
        temperatures = await self._sources.temperatures(printer) if printer else ()
        built = channel.history(temperatures, self._clock.wall())
        self._histories[printer] = (now, built)
        return built

    # --------------------------------------------------------------------------------------------------------- the bus

    def _on_published(self, published: PublishedEvent) -> None:
        event = published.event
        channels = self._channels.values() if event.printer is None else self._channels_of(event.printer)
        for channel in channels:
            if isinstance(event, TerminalLineReported):
                channel.note_lines(event.lines)
                continue
            if isinstance(event, TemperatureMeasured):
                channel.note_temperature()
                continue
            channel.touch()
            if isinstance(event, PrinterPositionReported):
                self._tell_position(channel, event)
                continue
            for told in events_of(event, channel.printer):
                self._tell(channel, told)
            for told in plugin_messages_of(event):
                self._tell_of_plugin(channel, told)

    def _channels_of(self, printer: str) -> Sequence[Channel]:
        channel = self._channels.get(printer)
        return () if channel is None else (channel,)

    def _tell_position(self, channel: Channel, event: PrinterPositionReported) -> None:
        before, channel.position = channel.position, event.position
        is_idle = channel.printer.status is PrinterStatus.IDLE
        for told in position_events(event, before):
            if is_idle or told[0] == "ZChange":
                self._tell(channel, told)

    def _tell(self, channel: Channel, told: PushEvent) -> None:
        name, payload = told
        self._put(channel, message("event", {"type": name, "payload": payload}), lambda wish: wish.wants_event(name))

    def _tell_of_plugin(self, channel: Channel, told: PluginMessage) -> None:
        name, data = told
        self._put(channel, message("plugin", {"plugin": name, "data": data}), lambda wish: wish.wants_plugin(name))

    def _put(self, channel: Channel, built: Message, is_wanted: Callable[[Wish], bool]) -> None:
        for client in tuple(self._clients):
            if client.channel is channel and is_wanted(client.wish):
                client.outbox.put(built)

    def _on_rights_changed(self) -> None:
        for client in tuple(self._clients):
            client.check()

    # ------------------------------------------------------------------------------------------------------- the ticks

    def _start_ticker(self) -> None:
        self._ticker = asyncio.create_task(self._run(), name=SURFACE)
        self._ticker.add_done_callback(self._on_ticker_done)

    def _on_ticker_done(self, ticker: asyncio.Task[None]) -> None:
        if ticker.cancelled():
            return
        error = ticker.exception()
        if error is not None:
            self._sources.report(SURFACE, error)
        if ticker is self._ticker:
            self._start_ticker()

    async def _run(self) -> None:
        while True:
            await until_beat(TICK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Find out about files that were selected, then tick."""
        for channel in tuple(self._channels.values()):
            await self._refresh_facts(channel)
        self.tick()

    def tick(self) -> None:
        """Tell everybody what has changed since it was told last."""
        wall = self._clock.wall()
        self._ticks += 1
        for channel in self._channels.values():
            channel.begin_tick(wall)
        for client in tuple(self._clients):
            if self._ticks % CHECK_TICKS == 0:
                client.check()
            if client.channel is not None:
                self._tick_client(client, client.channel, wall)

    def _tick_client(self, client: PushClient, channel: Channel, wall: float) -> None:
        client.rest = max(0, client.rest - 1)
        if client.rest or not channel.has_more_than(client.version, client.number, client.wish):
            return
        client.outbox.put_current(channel.current(client.number, client.wish, wall))
        client.version, client.number, client.rest = channel.version, channel.number, client.wish.throttle

    async def _refresh_facts(self, channel: Channel) -> None:
        """From memory, as a rule: what is known of a file is kept until an event says otherwise (lore.py)."""
        path = channel.selected
        facts = None if path is None else await self._sources.facts(path, channel.face.printer) or FileFacts(path=path)
        if facts == channel.facts:
            return
        before, channel.facts = channel.facts, facts
        channel.touch()
        if channel.is_known and (None if before is None else before.path) != path:
            self._tell(channel, selection_event(facts))
