"""`hydrogen setup`: a first configuration, of what was found and of a few answers.

What is written has been read by the same loader as the service uses; nothing is replaced without being asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.units import DATA_DIR, RUNTIME_DIR, SYSTEM_CONFIG
from hydrogen.core.disk import told_about, write_atomically
from hydrogen.devices.port_identity import DeviceTree
from hydrogen.errors import Conflict, InvalidMessage, NotFound
from hydrogen.fleet.discovery import FoundPort, found_ports
from hydrogen.fleet.usb_ids import LikelyKind
from hydrogen.model.ids import is_printer_name

SERVICE_GROUP = "hydrogen"
"""Reads what root writes: the service runs as a member (udev/systemd/hydrogen.sysusers.conf)."""

KEY_BYTES = 24

CERTIFICATE_DAYS = 825

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """port None: no printer. certificate: its folder, if there is one."""

    key: str
    port: str | None
    name: str
    driver: str
    network: str
    certificate: Path | None = None
    is_for_system: bool = False


def setup(options: argparse.Namespace, ask: Ask = input, tree: DeviceTree | None = None) -> ExitCode:
    """Ask, check, write, and say what comes next. tree: where devices are; the machine's own."""
    target = (options.config or _default_target()).expanduser().absolute()
    if options.yes:
        ask = _nobody
    _may_replace(target, options, ask)
    port = _chosen_port(options, ask, tree or DeviceTree())
    name = _chosen_name(options, ask) if port is not None else ""
    network = _chosen_network(options, ask)
    answers = Answers(
        key=secrets.token_urlsafe(KEY_BYTES),
        port=port,
        name=name,
        driver=options.driver,
        network=network,
        certificate=target.parent / "tls" if network == "tls" else None,
        is_for_system=str(target) == SYSTEM_CONFIG,
    )
    _write(target, answers)
    for line in _next_steps(target, answers):
        print(line)
    return ExitCode.DONE


def configuration_text(answers: Answers) -> str:
    """The file, with a word on each choice."""
    lines = ["# Written by `hydrogen setup`. Every key, with unit, default and reason: docs/configuration.md", ""]
    if answers.network == "plain" or answers.is_for_system:
        lines.append("[server]")
    if answers.network == "plain":
        lines.append('environment = "development"  # plain text to the whole network: nobody else may listen there')
    if answers.is_for_system:
        lines += [f'data_dir = "{DATA_DIR}"', f'runtime_dir = "{RUNTIME_DIR}"']
    lines += ["", "[auth]", f'keys = ["{answers.key}"]']
    if answers.certificate is not None:
        folder = answers.certificate
        certificate, key = (_quoted(str(folder / name)) for name in ("certificate.pem", "key.pem"))
        lines += ["", "[tls]", f"certificate = {certificate}", f"key = {key}"]
    if answers.port is not None:
        lines += [
            "",
            f"[printers.{answers.name}]",
            f"driver = {_quoted(answers.driver)}",
            f"port = {_quoted(answers.port)}",
        ]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text)  # what JSON makes of a text is a basic string of TOML


# ------------------------------------------------------------------------------------------------------------- asking


def _default_target() -> Path:
    if os.geteuid() == 0:
        return Path(SYSTEM_CONFIG)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hydrogen/hydrogen.toml"


def _nobody(question: str) -> str:
    """With --yes: the first answer that is offered."""
    return ""


def _answer(ask: Ask, question: str) -> str:
    try:
        return ask(question).strip()
    except EOFError:
        raise InvalidMessage("nobody answers: give --yes, with --port and --name (hydrogen setup --help)") from None


def _may_replace(target: Path, options: argparse.Namespace, ask: Ask) -> None:
    if not target.exists() or options.force:
        return
    if not options.yes and _answer(ask, f"{target} is there already. Replace it? [y/N] ").lower() in ("y", "yes"):
        return
    raise Conflict(
        f"{target} is there already, and was left as it is: --force replaces it, --config writes another one"
    )


def _chosen_port(options: argparse.Namespace, ask: Ask, tree: DeviceTree) -> str | None:
    if options.no_printer:
        return None
    if options.port:
        return str(options.port)
    ports = found_ports({}, tree)
    if options.yes:
        return _only_one(ports)
    if not ports:
        print("No serial port was found: is the printer plugged in and switched on?")
        return _answer(ask, "Port (Enter for no printer): ") or None
    return _picked(ports, ask)


def _only_one(ports: Sequence[FoundPort]) -> str:
    """The adapter that is plugged in; the machine's own serial ports are rarely meant."""
    plugged = [port.bind for port in ports if port.kind is not LikelyKind.UART]
    if len(plugged) == 1:
        return plugged[0]
    seen = "".join(f"\n  {name}" for name in plugged) or ": is the printer plugged in and switched on?"
    raise NotFound(f"{len(plugged)} ports were found on USB, so say which one (--port), or --no-printer{seen}")


def _picked(ports: Sequence[FoundPort], ask: Ask) -> str | None:
    for number, port in enumerate(ports, 1):
        print(f"  {number}  {port.bind}  ({port.title or port.words or 'unknown'}, now {port.path})")
        if port.note:
            print(f"     {port.note}")
    while True:
        text = _answer(ask, f"Which port is the printer's? [1-{len(ports)}, a path, or n for none] (1) ") or "1"
        if text == "n":
            return None
        if not text.isdecimal():
            return text
        if 1 <= int(text) <= len(ports):
            return ports[int(text) - 1].bind


def _chosen_name(options: argparse.Namespace, ask: Ask) -> str:
    name = options.name or _answer(ask, "What is it to be called? a-z, 0-9, - and _ (printer) ") or "printer"
    if not is_printer_name(name):
        raise InvalidMessage(f"{name!r} is no name: 1 to 32 characters a-z, 0-9, - and _, the first a letter or digit")
    return str(name)


def _chosen_network(options: argparse.Namespace, ask: Ask) -> str:
    if options.network:
        return str(options.network)
    if options.yes:
        return "local"
    print("Who may connect? local: this machine; tls: others, encrypted; plain: others, in plain text, at home")
    answer = _answer(ask, "[local/tls/plain] (tls) ") or "tls"
    if answer not in ("local", "tls", "plain"):
        raise InvalidMessage(f"{answer!r} is none of local, tls, plain")
    return answer


# ------------------------------------------------------------------------------------------------------------ writing


def _write(target: Path, answers: Answers) -> None:
    from hydrogen.config import configuration_from_table

    text = configuration_text(answers)
    with told_about(target):
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if answers.certificate is not None:
        _make_certificate(answers.certificate)
    configuration_from_table(tomllib.loads(text), str(target))
    if target.exists():
        old = target.with_name(f"{target.name}.old")
        write_atomically(old, target.read_bytes(), 0o600)
        print(f"the former one is kept: {old}")
    write_atomically(target, text.encode(), 0o600)
    _share(target)


def _make_certificate(folder: Path) -> None:
    from hydrogen.cli.certificate import own_names, write_certificate

    if not (folder / "certificate.pem").exists():
        write_certificate(folder, own_names(), CERTIFICATE_DAYS)
    for path in (folder, folder / "key.pem"):
        _share(path)


def _share(path: Path) -> None:
    """What root wrote is for the service's group to read, if there is one."""
    if os.geteuid() != 0:
        return
    try:
        shutil.chown(path, group=SERVICE_GROUP)
    except LookupError:
        return  # `hydrogen units install` makes the group, and gives it these files (hydrogen.tmpfiles.conf)
    path.chmod(0o750 if path.is_dir() else 0o640)


def _next_steps(target: Path, answers: Answers) -> list[str]:
    steps = [f"{target} written and checked.", f"Key: {answers.key}", "", "Next:"]
    if answers.is_for_system:
        steps += [
            "  sudo hydrogen udev install                stable names for ports",
            "  sudo hydrogen units install --now         the service, now and at every boot",
            "  systemctl status hydrogen",
        ]
    else:
        steps.append(f"  hydrogen serve --config {target}")
    scheme = "https" if answers.certificate is not None else "http"
    host = "localhost" if answers.network == "local" else "THIS-HOST"
    return [*steps, f"  {scheme}://{host}:5000/                    the dashboard: sign in with the key"]
