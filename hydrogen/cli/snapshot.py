"""The state that a service tells a fresh connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.client import Client
from hydrogen.errors import ServerFault

SNAPSHOT_SECONDS = 5.0
"""The snapshot follows the first frame of a connection; it is there at once or not at all."""


async def snapshot_of(client: Client) -> Mapping[str, Any]:
    """The state as it was when `client` connected. Raises ServerFault."""
    async with asyncio.timeout(SNAPSHOT_SECONDS):
        async for frame in client.frames():
            if frame.get("type") == "snapshot":
                state = frame.get("state")
                return state if isinstance(state, Mapping) else {}
    raise ServerFault("the service sent no snapshot")
