"""The grammar of the commands that prepare a host: `udev`, `units`, `setup`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Commands = Any  # argparse's sub-parsers action has no public type
Add = Callable[[Commands, str, str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def add_host_commands(commands: Commands, add: Add) -> None:
    """add: makes one command, as main.py does."""
    udev = add(
        commands, "udev", "rules for printers' ports: stable names, group, no ModemManager", _run("udev", "udev")
    )
    _add_actions(udev, add, _run("udev", "udev"))
    units = add(commands, "units", "the service and its spoolers as units of systemd", _run("units", "units"))
    actions = _add_actions(units, add, _run("units", "units"))
    for parser in actions.choices.values():
        parser.add_argument(
            "--bin", type=Path, metavar="DIR", help="where the programs are (this environment's folder)"
        )
        parser.add_argument("--now", action="store_true", help="enable and start the service too")
        parser.add_argument("--force", action="store_true", help="remove them although a spooler holds a printer")
    sockets = add(actions, "sockets", "listen for every configured printer", _run("units", "start_sockets"))
    sockets.add_argument("--config", type=Path, metavar="FILE", help="configuration (TOML)")
    sockets.set_defaults(command="units")
    _add_setup(commands, add)


def _add_actions(parser: argparse.ArgumentParser, add: Add, run: Callable[[argparse.Namespace], int]) -> Commands:
    name = str(parser.get_default("command"))
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    for action, sentence in (
        ("install", "write the files and make them count"),
        ("check", "say whether they are there and as they should be"),
        ("remove", "take them away again"),
    ):
        one = add(actions, action, sentence, run)
        one.add_argument("--dry-run", action="store_true", help="only say what would be done")
        one.add_argument(
            "--root", type=Path, default=Path("/"), metavar="DIR", help="a folder that stands for / (images)"
        )
        one.set_defaults(command=name)
    return actions


def _add_setup(commands: Commands, add: Add) -> None:
    setup = add(commands, "setup", "write a first configuration: asks what it cannot find out", _run("setup", "setup"))
    setup.add_argument(
        "--config", type=Path, metavar="FILE", help="what to write (/etc/hydrogen/hydrogen.toml for root)"
    )
    setup.add_argument("--port", metavar="PORT", help="the printer's port; found if there is only one")
    setup.add_argument("--name", metavar="NAME", help="what the printer is to be called (printer)")
    setup.add_argument("--driver", default="marlin", metavar="NAME", help="what the printer speaks (marlin)")
    setup.add_argument(
        "--network",
        choices=("local", "tls", "plain"),
        help="who may connect: this machine only (local), others by TLS with a certificate made now, or in plain text",
    )
    setup.add_argument("--no-printer", action="store_true", help="configure none")
    setup.add_argument("--yes", action="store_true", help="ask nothing")
    setup.add_argument(
        "--force", action="store_true", help="replace a configuration that is there; it is kept as FILE.old"
    )


def _run(room: str, name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        from hydrogen.cli import setup, udev, units

        rooms: dict[str, object] = {"udev": udev, "units": units, "setup": setup}
        work: Callable[[argparse.Namespace], int] = getattr(rooms[room], name)
        return work(options)

    return run
