"""`hydrogen keys pending`, `approve`, `deny`: apps that ask for a key of their own. Clients of the service."""

from __future__ import annotations

import argparse
from typing import Any

from hydrogen.cli.address import find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode


async def pending(options: argparse.Namespace) -> ExitCode:
    """One line for each app that waits."""
    async with connected(find_service(places_of(options))) as client:
        waiting = (await client.command("appkey.list")).get("pending", [])
    for request in waiting:
        user = f" for {request['user']}" if request.get("user") else ""
        print(f"{request['id']}  {request['app']}{user}  from {request['address']}  at {request['requested_at']}")
    if not waiting:
        print("no app waits for a key")
    return ExitCode.DONE


async def approve(options: argparse.Namespace) -> ExitCode:
    """The app gets its key when it asks the next time."""
    params: dict[str, Any] = {"request": options.request}
    for name in ("scopes", "printers"):
        text = getattr(options, name)
        if text is not None:
            params[name] = [word for word in text.split(",") if word]
    async with connected(find_service(places_of(options))) as client:
        given = await client.command("appkey.approve", params=params)
    printers = "all printers" if given.get("printers") is None else f"printers {','.join(given['printers'])}"
    print(f"approved {given['id']}  {given['app']}: {','.join(given['scopes'])}, {printers}")
    return ExitCode.DONE


async def deny(options: argparse.Namespace) -> ExitCode:
    """The app gets nothing."""
    async with connected(find_service(places_of(options))) as client:
        refused = await client.command("appkey.deny", params={"request": options.request})
    print(f"denied {refused['id']}  {refused['app']}")
    return ExitCode.DONE
