"""From the bus to every member: an event is encoded once and written to each socket that takes it, in the same step.

No task stands between a publisher and the sockets. A client whose socket is full costs the others one look at its outbox.
"""

from __future__ import annotations

from hydrogen.model.codec import encode_event
from hydrogen.model.events import PublishedEvent, TerminalLineReported
from hydrogen.websocket.audience import Audience
from hydrogen.websocket.connection import ClientConnection, wire_from_frame
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
        """The bus's listener. Events up to a snapshot's seq are part of it, and are not sent behind it."""
        event, seq = published.event, published.seq
        verdicts: dict[Audience, bool] = {}
        frame, wire = b"", b""
        for member in self._members:
            audience, outbox = member.audience, member.outbox
            is_wanted = verdicts.get(audience)
            if is_wanted is None:
                is_wanted = verdicts[audience] = audience.wants(event)
            if not is_wanted or member.is_over or 0 < seq <= outbox.last_seq:
                continue
            if not frame:
                frame = encode_event(published)
                wire = wire_from_frame(frame)
            if outbox.is_blocked:
                member.keep(published, len(frame))
                continue
            if seq:
                outbox.last_seq = seq
            member.socket.write_wire(wire)
        if isinstance(event, TerminalLineReported):
            self._tap.on_heard(event.printer)

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
