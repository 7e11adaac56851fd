"""Many impatient clients at once: they come, ask, send nonsense, and vanish without a farewell."""

from __future__ import annotations

import asyncio
import contextlib
import json
from random import Random

from hydrogen.cli.address import ServiceAddress
from tests.integration.house_process import KEY

CLIENTS = 50
PATIENCE_SECONDS = 5.0

NONSENSE = (
    b"{",
    b'{"type":"command"}',
    b'{"type":"command","id":"x","operation":"printer.fly"}',
    b'{"type":"no such thing"}',
    b"[" * 200,
)


async def rage(address: ServiceAddress, random: Random, clients: int = CLIENTS) -> int:
    """Let `clients` storm the door; how many got in. Refusals and resets are their own business."""
    seeds = [random.randrange(1 << 32) for _ in range(clients)]
    return sum(await asyncio.gather(*(_visit(address, Random(seed)) for seed in seeds)))


async def _visit(address: ServiceAddress, random: Random) -> bool:
    host, _, port = address.url.removeprefix("ws://").rstrip("/").partition(":")
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(_handshake(host, port))
            if not (await reader.readline()).startswith(b"HTTP/1.1 101"):
                return False
            for number in range(random.randint(1, 12)):
                writer.write(_masked(_message(random, number), random))
                await asyncio.sleep(random.random() * 0.02)
            return True
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            with contextlib.suppress(OSError):
                writer.transport.abort()


def _message(random: Random, number: int) -> bytes:
    if random.random() < 0.2:
        return random.choice(NONSENSE)
    operation = random.choice(("job.history", "file.list", "system.status"))
    body = random.choice(
        (
            {"type": "status"},
            {"type": "ping", "id": str(number)},
            {"type": "subscribe", "topics": ["temperature", "terminal"]},
            {"type": "command", "id": str(number), "operation": operation, "params": {}},
        )
    )
    return json.dumps(body).encode()


def _handshake(host: str, port: str) -> bytes:
    return (
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: hydrogen-protocol\r\nAuthorization: Key {KEY}\r\n\r\n"
    ).encode()


def _masked(data: bytes, random: Random) -> bytes:
    """A text frame as a client sends it (RFC 6455 section 5.2)."""
    mask = random.randbytes(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    return b"\x81" + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
