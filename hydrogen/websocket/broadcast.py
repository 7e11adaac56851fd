"""From the bus to every member: an event is encoded once and written to each socket that takes it, in the same step.

No task stands between a publisher and the sockets. A client whose socket is full costs the others one look at its outbox.
"""

from __future__ import annotations

from websockets.asyncio.server import broadcast

from hydrogen.model.codec import encode_event
from hydrogen.model.events import PublishedEvent, TerminalLineReported
from hydrogen.websocket.connection import ClientConnection, ClientSocket
from hydrogen.websocket.context import ServerContext
from hydrogen.websocket.terminal import TerminalTap


class Broadcaster:
    """The members of the house, and what is sent to all of them."""

    def __init__(self, context: ServerContext, tap: TerminalTap) -> None:
        self._context = context
        self._tap = tap
        self._members: tuple[ClientConnection, ...] = ()

    @property
    def members(self) -> tuple[ClientConnection, ...]:
        return self._members

    def join(self, connection: ClientConnection) -> None:
        """Live events from now on; call it in the same step as `connection.greet`."""
        self._members = (*self._members, connection)
        if connection.hears_terminal:
            self.review_terminal()

    def leave(self, connection: ClientConnection) -> None:
        """May be called twice."""
        if connection in self._members:
            self._members = tuple(member for member in self._members if member is not connection)
            if connection.hears_terminal:
                self.review_terminal()

    def on_published(self, published: PublishedEvent) -> None:
        """The bus's listener."""
        ready: list[ClientSocket] = []
        blocked: list[ClientConnection] = []
        seq = published.seq
        for member in self._members:
            if not member.accepts(published):
                continue
            if member.outbox.is_blocked:
                blocked.append(member)
            else:
                ready.append(member.socket)
                if seq:
                    member.outbox.last_seq = seq
        if ready or blocked:
            frame = encode_event(published)
            broadcast(ready, frame, text=True)
            for member in blocked:
                member.keep(published, len(frame))
        if isinstance(published.event, TerminalLineReported):
            self._tap.on_heard(published.event.printer)

    def send_status(self) -> None:
        """The periodic status, encoded once for those with the long part and once for those without."""
        for is_admin in (True, False):
            members = [m for m in self._members if m.principal.may("admin") is is_admin and not m.is_over]
            if members:
                frame = self._context.status_frame(members[0].principal)
                for member in members:
                    member.outbox.offer_status(frame)

    def cut_hopeless(self) -> None:
        """Cut off those that have not read for too long."""
        for member in self._members:
            member.cut_if_hopeless()

    def review_terminal(self) -> None:
        """Somebody came, went or subscribed: whose conversation is wanted now?"""
        wanted: set[str] = set()
        for member in self._members:
            if member.hears_terminal and not member.is_over:
                wanted.update(member.heard_printers)
        self._tap.want(frozenset(wanted))
