"""The least that takes an upload: starlette, uvicorn and the push parser, a temporary file and its SHA-256, all on the loop.

`python -m benchmarks.bare_upload FOLDER` prints `ready PORT` and serves until SIGTERM.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def upload(request: Request) -> JSONResponse:
    """Written, hashed, synced, renamed."""
    folder = request.app.state.folder
    boundary = parse_options_header(request.headers["content-type"])[1][b"boundary"]
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:

        def take(data: bytes, start: int, end: int) -> None:
            digest.update(data[start:end])
            file.write(data[start:end])

        parser = MultipartParser(boundary, {"on_part_data": take})
        async for chunk in request.stream():
            parser.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, folder / "upload.gcode")  # noqa: PTH105
    return JSONResponse({"sha256": digest.hexdigest()}, status_code=201)


async def serve(folder: Path) -> None:
    application = Starlette(routes=[Route("/api/storage", upload, methods=["POST"])])
    application.state.folder = folder
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        print(f"ready {bound.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", http="h11", lifespan="off"))
        await server.serve(sockets=[bound])


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
