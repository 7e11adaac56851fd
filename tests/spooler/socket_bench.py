"""A bench with its socket open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydrogen.core.clock import Clock, SystemClock
from hydrogen.spooler.wire.client import SpoolerClient
from hydrogen.spooler.wire.server import SpoolerServer
from tests.spooler.bench import Bench
from tests.spooler.raw_peer import RawPeer


class SocketBench(Bench):
    """`async with SocketBench(tmp_path) as bench`."""

    def __init__(
        self, folder: Path, *arguments: Any, version: str = "1", clock: Clock | None = None, **more: Any
    ) -> None:
        super().__init__(folder, *arguments, **more)
        self.clock = clock or SystemClock()
        self.server = SpoolerServer(
            self.spooler, self.files.socket, instance="i1", version=version, clock=self.clock, log=self.log
        )
        self.peers: list[RawPeer] = []
        self.clients: list[SpoolerClient] = []

    async def __aenter__(self) -> SocketBench:
        await super().__aenter__()
        await self.server.start()
        return self

    async def __aexit__(self, *arguments: object) -> None:
        for client in self.clients:
            await client.detach()
        for peer in self.peers:
            await peer.close()
        await self.server.close()
        await super().__aexit__(*arguments)

    async def peer(self, **more: Any) -> RawPeer:
        peer = await RawPeer.connect(self.files.socket, **more)
        self.peers.append(peer)
        return peer

    def client(self, *, clock: Clock | None = None, **more: Any) -> SpoolerClient:
        client = SpoolerClient("bench", self.folder, clock or self.clock, version="1", instance="s1", **more)
        self.clients.append(client)
        return client
