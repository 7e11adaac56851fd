"""The spooler's Unix socket: who may come in, who holds the lease, what each of them is sent.

One controller by lease: a newer one replaces the older. Observers see the same events and may ask nothing. The printer
never waits for any of them: nothing here is awaited by the loop that pumps the port, and what is written to a peer that
does not read is bounded (attachment.py).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.model.codec import plain_event
from hydrogen.model.events import Event
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.address import socket_address
from hydrogen.spooler.wire.attachment import Attachment
from hydrogen.spooler.wire.frame import encode_frame

HEARTBEAT_SECONDS = 1.0
"""The service warns after three of these and gives up after fifteen."""

MAX_PEERS = 16
"""Attachments at once; a refused one is closed without a word."""

BACKLOG = 16
"""Connections that wait to be accepted."""

SOCKET_MODE = 0o660

_PEER = struct.Struct("3i")


class SpoolerServer:
    """`start`, then peers come; `close` may be called twice."""

    def __init__(
        self,
        spooler: Spooler,
        path: Path,
        *,
        instance: str,
        version: str,
        clock: Clock,
        log: Log,
        inherited: socket.socket | None = None,
    ) -> None:
        """inherited: a socket that listens already, and whose file somebody else looks after (activation.py)."""
        self._inherited = inherited
        self.spooler = spooler
        self.instance = instance
        self.version = version
        self.log = log
        self._path = path
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._peers: set[Attachment] = set()
        self._controller: Attachment | None = None
        self._heart: asyncio.Task[None] | None = None
        self.errands = Errands(lambda name, error: None)
        self._unlisten = spooler.listen(self._on_event)

    @property
    def has_service(self) -> bool:
        """Does anybody hold the lease?"""
        return self._controller is not None

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    async def start(self) -> None:
        """Listen. A socket file left behind is removed: whoever holds the printer's lock owns its socket too.

        Raises OSError.
        """
        listener = self._inherited or self._bound()
        try:
            self._server = await _listen(listener, lambda: Attachment(self))
        except OSError:
            listener.close()
            raise
        self._heart = asyncio.get_running_loop().create_task(self._beat(), name="heartbeat")

    def _bound(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            with socket_address(self._path) as address:
                listener.bind(address)
            self._path.chmod(SOCKET_MODE)
        except OSError:
            listener.close()
            raise
        return listener

    async def close(self) -> None:
        """Close every peer and the socket; what is buffered for a peer that reads is still sent, for half a second."""
        self._unlisten()
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.wait({self._heart})
            self._heart = None
        if self._server is not None:
            self._server.close()
            self._server = None
            if self._inherited is None:
                self._path.unlink(missing_ok=True)
        peers = list(self._peers)
        for peer in peers:
            peer.close()
        if peers:
            await asyncio.wait({peer.closed for peer in peers}, timeout=0.5)
        for peer in peers:
            peer.abort()
        await self.errands.close(deadline_seconds=0.5)

    def send_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """A log line for the controller, if it has room for it."""
        if self._controller is not None:
            self._controller.send_log(level, event, fields)

    # ------------------------------------------------------------------------------------------------- the peers

    def admit(self, peer: Attachment, connection: socket.socket) -> bool:
        """May this peer stay? Same user, root, or same group."""
        _, user, group = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        if not is_trusted(user, group):
            self.log.warning("socket peer refused", user_id=user, group_id=group)
            return False
        if len(self._peers) >= MAX_PEERS:
            self.log.warning("socket peer refused", peers=len(self._peers))
            return False
        self._peers.add(peer)
        return True

    def lease(self, peer: Attachment) -> None:
        """`peer` is the controller from now on."""
        before, self._controller = self._controller, peer
        if before is not None and before is not peer:
            before.replaced()

    def forget(self, peer: Attachment) -> None:
        """`peer` is gone."""
        self._peers.discard(peer)
        if self._controller is peer:
            self._controller = None
            self.spooler.trace(False)

    # ------------------------------------------------------------------------------------------------- what is sent

    def _on_event(self, event: Event, fact_id: str | None) -> None:
        peers = [peer for peer in self._peers if peer.is_attached]
        if peers:
            frame = encode_frame("event", {"event": plain_event(event), "fact": fact_id})
            for peer in peers:
                peer.send_event(frame, fact_id)

    async def _beat(self) -> None:
        frame = encode_frame("heartbeat", {})
        while True:
            await until_beat(HEARTBEAT_SECONDS)
            for peer in tuple(self._peers):
                peer.beat(frame)


async def _listen(listener: socket.socket, make: Callable[[], Attachment]) -> asyncio.Server:
    """The file of the socket stays when the server is closed: who bound it removes it."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 13):
        return await loop.create_unix_server(make, sock=listener, backlog=BACKLOG, cleanup_socket=False)
    return await loop.create_unix_server(make, sock=listener, backlog=BACKLOG)


def is_trusted(user: int, group: int) -> bool:
    """The same user, root, or somebody whose primary group is one of ours."""
    return user in (0, os.geteuid()) or group == os.getegid() or group in os.getgroups()
