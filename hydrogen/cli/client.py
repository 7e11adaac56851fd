"""The client of the command line: `hydrogen.client`, with the address and key that the command line found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hydrogen.cli.address import ServiceAddress
from hydrogen.client.connection import Connection, connect
from hydrogen.client.frame import Frame

Client = Connection

__all__ = ["Client", "Frame", "connected"]


@asynccontextmanager
async def connected(address: ServiceAddress, *, since: str | None = None) -> AsyncIterator[Client]:
    """A client that has been let in. `since` (`<epoch>.<seq>`) resumes instead of a snapshot.

    Raises ServiceUnreachable, AuthFailed, Unavailable.
    """
    async with connect(address.url, key=address.key, since=since, ssl=address.tls()) as client:
        yield client
