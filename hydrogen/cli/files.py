"""`hydrogen files …`: what can be printed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hydrogen.cli.address import find_service
from hydrogen.cli.backlog import places_of
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.upload import upload_file


async def list_files(options: argparse.Namespace) -> ExitCode:
    """`hydrogen files`, `hydrogen files list`."""
    after: str | None = ""
    async with connected(find_service(places_of(options))) as client:
        while after is not None:
            page = await client.command("file.list", params={"after": after} if after else {})
            for file in page.get("files", []):
                shown = json.dumps(file) if options.json else f"{file['size_bytes']:>12,}  {file['path']}"
                print(shown)
            after = page.get("next")
    return ExitCode.DONE


async def upload(options: argparse.Namespace) -> ExitCode:
    """`hydrogen files upload FILE [NAME]`."""
    source = Path(options.file)
    stored = await upload_file(find_service(places_of(options)), source, options.name or source.name)
    print(f"stored as {stored}")
    return ExitCode.DONE


async def delete(options: argparse.Namespace) -> ExitCode:
    """`hydrogen files delete NAME`."""
    params = {"file": options.name, "force": options.force}
    async with connected(find_service(places_of(options))) as client:
        result = await client.command("file.delete", params=params)
    print(f"deleted {result['file']['path']}")
    return ExitCode.DONE


async def move(options: argparse.Namespace) -> ExitCode:
    """`hydrogen files move NAME TO`."""
    async with connected(find_service(places_of(options))) as client:
        result = await client.command("file.move", params={"file": options.name, "to": options.to})
    print(f"moved to {result['file']['path']}")
    return ExitCode.DONE
