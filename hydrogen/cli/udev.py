"""`hydrogen udev`: the rules that give printers' ports stable names, a group, and peace (udev/README.md)."""

from __future__ import annotations

import argparse

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.host_files import HostCommand, HostPlan, check_files, install_files, remove_files
from hydrogen.system.host_files import host_file

RULES = "/etc/udev/rules.d/70-hydrogen.rules"

RELOAD = (
    HostCommand(words=("udevadm", "control", "--reload")),
    HostCommand(words=("udevadm", "trigger", "--action=change", "--subsystem-match=usb", "--subsystem-match=tty")),
    HostCommand(words=("udevadm", "settle", "--timeout=10"), may_fail=True),
)
"""The devices that are plugged in get what the rules say now; nobody who has a port open notices."""


def udev(options: argparse.Namespace) -> ExitCode:
    """`hydrogen udev install|check|remove`."""
    plan = HostPlan(
        files=[host_file("70-hydrogen.rules", RULES)],
        after_install=RELOAD,
        after_remove=RELOAD,
    )
    match options.action:
        case "install":
            return install_files(plan, options)
        case "remove":
            return remove_files(plan, options)
        case _:
            return check_files(plan, options)
