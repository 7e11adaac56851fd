"""A peer on the spooler's socket that speaks bytes: for what a well-behaved client never does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from hydrogen.spooler.wire.address import socket_address


class RawPeer:
    """`await RawPeer.connect(path)`; reads only when it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, path: Path, *, limit: int = 1 << 17) -> RawPeer:
        with socket_address(path) as address:
            return cls(*await asyncio.open_unix_connection(address, limit=limit))

    def send(self, kind: str, **body: Any) -> None:
        self.writer.write(json.dumps({"kind": kind, **body}).encode() + b"\n")

    def hello(self, *, protocol: str = "1.0", role: str = "controller") -> None:
        self.send("hello", protocol=protocol, version="test", instance="t", role=role)

    async def frame(self) -> dict[str, Any]:
        """The next frame that is no heartbeat; {} at the end of the stream."""
        async with asyncio.timeout(20):
            while line := await self.reader.readline():
                frame: dict[str, Any] = json.loads(line)
                if frame["kind"] != "heartbeat":
                    return frame
        return {}

    async def until(self, kind: str) -> dict[str, Any]:
        while (frame := await self.frame())["kind"] != kind:
            pass
        return frame

    async def rest(self) -> list[dict[str, Any]]:
        """Every frame until the other side closes."""
        frames = []
        while frame := await self.frame():
            frames.append(frame)
        return frames

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass
