"""A file of this machine on its way to the service, over HTTP: wherever the service is, and packed or not."""

from __future__ import annotations

import asyncio
import http.client
import json
from pathlib import Path
from urllib.parse import quote, urlsplit

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import connected
from hydrogen.errors import FileUnreadable, HydrogenError, ServiceUnreachable, Unavailable, error_from_wire

BLOCK_BYTES = 256 << 10

SILENT_SECONDS = 120.0
"""For the service to take a block, and to answer: binary G-code is unpacked first."""


async def upload_file(address: ServiceAddress, source: Path, name: str) -> str:
    """The path under which the service has stored it. Raises FileUnreadable, ServiceUnreachable, Unavailable (a service
    without HTTP), and what the service refuses it with."""
    async with connected(address) as client:
        services = (await client.command("system.status")).get("services") or {}
    port = (services.get("webserver") or {}).get("port")
    if not port:
        raise Unavailable(f"the service at {address.url} has no HTTP port to upload to ([web] enabled)")
    return await asyncio.to_thread(_put, address, int(port), source, name)


def _put(address: ServiceAddress, port: int, source: Path, name: str) -> str:
    host = urlsplit(address.url).hostname or "127.0.0.1"
    tls = address.tls()
    if tls is None:
        connection = http.client.HTTPConnection(host, port, timeout=SILENT_SECONDS, blocksize=BLOCK_BYTES)
    else:
        connection = http.client.HTTPSConnection(host, port, timeout=SILENT_SECONDS, blocksize=BLOCK_BYTES, context=tls)
    try:
        with source.open("rb") as body:
            size = source.stat().st_size
            headers = {"Authorization": f"Key {address.key}", "Content-Length": str(size)}
            answer = _answer(connection, f"/api/storage/{quote(name)}", body, headers)
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise ServiceUnreachable(f"the upload to {host}:{port} broke off: {error}") from error
    except OSError as error:
        raise FileUnreadable(f"cannot read {source}: {error.strerror or error}", file=str(source)) from error
    finally:
        connection.close()
    if isinstance(answer, HydrogenError):
        raise answer
    return answer


def _answer(
    connection: http.client.HTTPConnection, path: str, body: object, headers: dict[str, str]
) -> str | HydrogenError:
    try:
        connection.request("PUT", path, body=body, headers=headers)  # type: ignore[arg-type]
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent: the answer says why
    response = connection.getresponse()
    told = json.loads(response.read() or b"{}")
    if response.status >= 400:
        return error_from_wire(told["error"])
    return str(told["file"]["path"])
