"""`hydrogen units`: the service and its spoolers as units of systemd (udev/README.md)."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from types import MappingProxyType

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.host_files import (
    HostCommand,
    HostPlan,
    check_files,
    install_files,
    is_whole_host,
    remove_files,
    run_commands,
)
from hydrogen.errors import ConfigurationInvalid, Conflict, FileUnreadable
from hydrogen.model.ids import is_printer_name
from hydrogen.spooler.wire.holder import is_held
from hydrogen.system.host_files import HostFile, host_file

SYSTEM_CONFIG = "/etc/hydrogen/hydrogen.toml"
RUNTIME_DIR = "/run/hydrogen"
DATA_DIR = "/var/lib/hydrogen"
CURRENT = Path("/opt/hydrogen/current")
"""The link that docs/install.md turns at an upgrade: the units name it, so that they need not be written anew."""

PLACES = MappingProxyType(
    {
        "hydrogen.service": "/etc/systemd/system/hydrogen.service",
        "hydrogen-spooler@.service": "/etc/systemd/system/hydrogen-spooler@.service",
        "hydrogen-spooler@.socket": "/etc/systemd/system/hydrogen-spooler@.socket",
        "hydrogen-printers.path": "/etc/systemd/system/hydrogen-printers.path",
        "hydrogen-printers.service": "/etc/systemd/system/hydrogen-printers.service",
        "hydrogen.sysusers.conf": "/etc/sysusers.d/hydrogen.conf",
        "hydrogen.tmpfiles.conf": "/etc/tmpfiles.d/hydrogen.conf",
        "hydrogen.modules.conf": "/etc/modules-load.d/hydrogen.conf",
    }
)

RELOAD = HostCommand(words=("systemctl", "daemon-reload"))

AFTER_INSTALL = (
    HostCommand(words=("systemd-sysusers", PLACES["hydrogen.sysusers.conf"])),
    HostCommand(words=("systemd-tmpfiles", "--create", PLACES["hydrogen.tmpfiles.conf"])),
    HostCommand(words=("modprobe", "--all", "usbserial", "cdc_acm"), may_fail=True),
    RELOAD,
)

ENABLE = HostCommand(words=("systemctl", "enable", "--now", "hydrogen.service"))

BEFORE_REMOVE = (
    HostCommand(words=("systemctl", "disable", "--now", "hydrogen.service"), may_fail=True),
    HostCommand(words=("systemctl", "stop", "hydrogen-printers.path"), may_fail=True),
    HostCommand(words=("systemctl", "stop", "hydrogen-spooler@*.socket", "hydrogen-spooler@*.service"), may_fail=True),
)


def units(options: argparse.Namespace) -> ExitCode:
    """`hydrogen units install|check|remove`."""
    plan = HostPlan(
        files=unit_files(options.bin or program_folder()),
        after_install=(*AFTER_INSTALL, *([ENABLE] if options.now else [])),
        before_remove=BEFORE_REMOVE,
        after_remove=[RELOAD],
    )
    match options.action:
        case "install":
            _refuse_home(options)
            code = install_files(plan, options)
            if not options.now:
                print(f"next: hydrogen setup, if there is no {SYSTEM_CONFIG}; then {ENABLE}")
            return code
        case "remove":
            _refuse_running(options)
            return remove_files(plan, options)
        case _:
            return check_files(plan, options)


def start_sockets(options: argparse.Namespace) -> ExitCode:
    """`hydrogen units sockets`: have systemd listen for every printer of the configuration. Run by hydrogen.service."""
    names = configured_names(options.config or Path(SYSTEM_CONFIG))
    if names:
        run_commands(
            [HostCommand(words=("systemctl", "start", *(f"hydrogen-spooler@{name}.socket" for name in names)))]
        )
    return ExitCode.DONE


def unit_files(bin_folder: Path) -> list[HostFile]:
    """All of them, for a Hydrogen whose programs are in this folder."""
    return [host_file(f"systemd/{source}", target, words={"BIN": str(bin_folder)}) for source, target in PLACES.items()]


def program_folder(prefix: Path | None = None) -> Path:
    """Where this environment's programs are; by `/opt/hydrogen/current`, if that is it."""
    found = prefix or Path(sys.prefix)
    is_current = CURRENT.exists() and CURRENT.resolve() == found.resolve()
    return (CURRENT if is_current else found) / "bin"


def configured_names(config: Path) -> list[str]:
    """The printers that the file names, and those that clients have added; nothing else of either is looked at.

    Raises FileUnreadable, ConfigurationInvalid.
    """
    from hydrogen.config_added import (
        read_added,  # with what checks configurations; installing units needs nothing of it
    )

    try:
        table = tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileUnreadable(f"cannot read {config}: {error.strerror}", file=str(config)) from error
    except ValueError as error:
        raise ConfigurationInvalid(f"{config} is no TOML: {error}", file=str(config)) from error
    printers, server = table.get("printers", {}), table.get("server", {})
    folder = server.get("data_dir", DATA_DIR) if isinstance(server, dict) else DATA_DIR
    added = read_added(Path(str(folder)))
    named = {*printers, *added} if isinstance(printers, dict) else {*added}
    return sorted(name for name in named if is_printer_name(name))


def _refuse_home(options: argparse.Namespace) -> None:
    folder = (options.bin or program_folder()).resolve()
    if is_whole_host(options) and folder.is_relative_to("/home") | folder.is_relative_to("/root"):
        raise Conflict(
            f"the units run as the user hydrogen, which cannot see {folder}: install Hydrogen below /opt/hydrogen "
            "(docs/install.md), and call it from there"
        )


def _refuse_running(options: argparse.Namespace) -> None:
    folder = options.root / RUNTIME_DIR.lstrip("/")
    held = sorted(lock.stem for lock in folder.glob("*.lock") if lock.stem != "hydrogen" and is_held(lock))
    if held and not options.force:
        raise Conflict(
            f"a spooler holds {', '.join(held)}, and a print would end with it: hydrogen stop --all first, or --force"
        )
