"""What a host must have for printing, looked at one by one; each with the command that mends it.

Facts come from whoever knows the configuration (HouseFacts), the machine is looked at here. Everything may block. A check that
cannot be carried out says so (`skipped`), and none raises.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Literal

from hydrogen.doctor.surroundings import Surroundings
from hydrogen.model.host import HostState

Outcome = Literal["ok", "warning", "failed", "skipped"]

DAY_SECONDS = 86_400.0
CERTIFICATE_SOON_DAYS = 21.0
"""A renewal that comes by itself (certbot) is due 30 days before the end; one that has not come by then will not."""

OLDEST_PYTHON = (3, 11)
PACKAGE = "hydrogen-host"

RULE_FOLDERS = (Path("/etc/udev/rules.d"), Path("/usr/lib/udev/rules.d"), Path("/lib/udev/rules.d"))
UNIT_FOLDERS = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))
FILES: tuple[tuple[str, tuple[Path, ...], str, str, str], ...] = (
    ("udev rules", RULE_FOLDERS, "*hydrogen*.rules", "printers have no stable names", "sudo hydrogen udev install"),
    (
        "systemd unit",
        UNIT_FOLDERS,
        "hydrogen.service",
        "Hydrogen does not start with the host",
        "sudo hydrogen units install",
    ),
    (
        "spooler unit",
        UNIT_FOLDERS,
        "hydrogen-spooler@.service",
        "spoolers live in the service's own unit",
        "sudo hydrogen units install",
    ),
)
"""Name, where, what, what its absence means, what mends it: only where the system has such folders at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """sentence: what was found. mend: a command, or what to do; empty if nothing is to be mended."""

    name: str
    outcome: Outcome
    sentence: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFacts:
    """printers: name and port. listeners: what listens, on which host and port by the configuration, and on which one the
    running service does (None: none runs). contracts: of each `NAME.json`. certificate_ends_at: Unix seconds, None without TLS.
    """

    data_dir: Path
    runtime_dir: Path
    version: str
    printers: tuple[tuple[str, str], ...] = ()
    listeners: tuple[tuple[str, str, int, int | None], ...] = ()
    service_version: str | None = None
    contracts: tuple[tuple[str, str], ...] = ()
    contract: str = "1.0"
    certificate_ends_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What the checks look at. host: measured now. now: Unix seconds."""

    facts: HouseFacts
    host: HostState
    now: float
    around: Surroundings = field(default_factory=Surroundings)
    files: Sequence[tuple[str, tuple[Path, ...], str, str, str]] = FILES


def run_checks(patient: Patient) -> list[CheckResult]:
    """All of them, in the order of CHECKS."""
    return [result for check in CHECKS for result in check(patient)]


def check_versions(patient: Patient) -> Iterator[CheckResult]:
    """Python, the packages, and whether the service that runs is the one that is installed."""
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield CheckResult(
            name="python", outcome="failed", sentence=f"Python {python}", mend="install Python 3.11 or newer"
        )
    else:
        yield CheckResult(name="python", outcome="ok", sentence=f"Python {python}")
    missing = missing_packages()
    if missing:
        mend = f"pip install --upgrade {PACKAGE}"
        yield CheckResult(name="packages", outcome="failed", sentence=f"missing: {', '.join(missing)}", mend=mend)
    facts = patient.facts
    if facts.service_version is not None and facts.service_version != facts.version:
        sentence = f"the service that runs is {facts.service_version}, this is {facts.version}"
        mend = "sudo systemctl restart hydrogen (what prints, prints on)"
        yield CheckResult(name="version", outcome="warning", sentence=sentence, mend=mend)
    else:
        yield CheckResult(name="version", outcome="ok", sentence=f"Hydrogen {facts.version}")
    for name, contract in facts.contracts:
        if contract.partition(".")[0] != facts.contract.partition(".")[0]:
            sentence = f"the settings of {name} follow contract {contract}, this version writes {facts.contract}"
            mend = "restart the service; a spooler that prints goes on with its own"
            yield CheckResult(name="spooler", outcome="warning", sentence=sentence, mend=mend)


def missing_packages() -> list[str]:
    """Requirements that are not installed; none can be named where we are not installed as a package."""
    try:
        wanted = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    names = [_name_of(line) for line in wanted if "extra ==" not in line]
    return [name for name in names if not _is_installed(name)]


def _name_of(requirement: str) -> str:
    end = next((at for at, letter in enumerate(requirement) if not (letter.isalnum() or letter in "-_.")), None)
    return requirement[:end]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def check_ports(patient: Patient) -> Iterator[CheckResult]:
    """The printers' ports: there, ours to open, under a name that stays, and nobody else's."""
    for name, port in patient.facts.printers:
        facts = patient.around.port(port)
        title = f"port of {name}"
        if facts is None:
            yield CheckResult(
                name=title, outcome="skipped", sentence=f"{port or 'no port'} is no device of this machine"
            )
        elif not facts.exists:
            mend = "plug the printer in and switch it on; ls -l /dev/serial/by-id/ shows what is there"
            yield CheckResult(name=title, outcome="failed", sentence=f"{port} is not there", mend=mend)
        elif not facts.may_open:
            sentence = f"{port} belongs to the group {facts.group}, which this user is not in"
            mend = f"sudo usermod -aG {facts.group} $USER, then log in anew"
            yield CheckResult(name=title, outcome="failed", sentence=sentence, mend=mend)
        elif facts.holders:
            sentence = f"{port} is open in {', '.join(facts.holders)} too"
            yield CheckResult(
                name=title, outcome="failed", sentence=sentence, mend=f"end that program (sudo fuser -v {port})"
            )
        elif facts.by_id and Path(port).name.startswith(("ttyUSB", "ttyACM")):
            sentence = f"{port} may be another printer after the next start"
            mend = f'port = "{facts.by_id}" in [printers.{name}]'
            yield CheckResult(name=title, outcome="warning", sentence=sentence, mend=mend)
        else:
            yield CheckResult(name=title, outcome="ok", sentence=f"{port} can be opened")


def check_programs(patient: Patient) -> Iterator[CheckResult]:
    """Programs that talk to every serial port that appears."""
    running = patient.around.programs()
    if running is None:
        yield CheckResult(name="programs", outcome="skipped", sentence="running programs may not be looked at")
        return
    for name in sorted(running):
        sentence = f"{name} tries out serial ports, printers too"
        mend = f"sudo hydrogen udev install, or: sudo systemctl disable --now {name}"
        yield CheckResult(name="programs", outcome="warning", sentence=sentence, mend=mend)
    if not running:
        yield CheckResult(name="programs", outcome="ok", sentence="none that tries out serial ports")


def check_listeners(patient: Patient) -> Iterator[CheckResult]:
    """The TCP ports that clients know."""
    for name, host, wanted, bound in patient.facts.listeners:
        if bound is not None and wanted and bound != wanted:
            sentence = f"{name} listens on {bound}, because {wanted} was taken"
            yield CheckResult(name=name, outcome="warning", sentence=sentence, mend=f"sudo ss -ltnp sport = :{wanted}")
        elif bound is None and wanted and _is_taken(host, wanted):
            sentence = f"another program listens on {wanted}"
            yield CheckResult(name=name, outcome="warning", sentence=sentence, mend=f"sudo ss -ltnp sport = :{wanted}")
        else:
            state = f"listens on {bound}" if bound is not None else f"{wanted} is free"
            yield CheckResult(name=name, outcome="ok", sentence=state)


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def check_certificate(patient: Patient) -> Iterator[CheckResult]:
    """When the TLS certificate ends."""
    ends_at = patient.facts.certificate_ends_at
    if ends_at is None:
        return
    days = (ends_at - patient.now) / DAY_SECONDS
    mend = "renew it, or: hydrogen tls self-signed --replace"
    if days <= 0:
        yield CheckResult(name="certificate", outcome="failed", sentence=f"ended {-days:.0f} days ago", mend=mend)
    elif days < CERTIFICATE_SOON_DAYS:
        yield CheckResult(name="certificate", outcome="warning", sentence=f"ends in {days:.0f} days", mend=mend)
    else:
        yield CheckResult(name="certificate", outcome="ok", sentence=f"good for {days:.0f} days")


def check_time(patient: Patient) -> Iterator[CheckResult]:
    """Does anybody keep the clock?"""
    if patient.host.clock_trusted is None:
        yield CheckResult(name="time", outcome="skipped", sentence="the kernel does not tell whether the clock is kept")
    elif patient.host.clock_trusted:
        yield CheckResult(name="time", outcome="ok", sentence="the clock is kept")
    else:
        mend = "sudo timedatectl set-ntp true"
        yield CheckResult(name="time", outcome="warning", sentence="nobody keeps the clock", mend=mend)


def check_folders(patient: Patient) -> Iterator[CheckResult]:
    """Room, and the right to write."""
    host = patient.host
    if host.disk_free_bytes is None:
        yield CheckResult(name="disk", outcome="skipped", sentence="the disk does not tell how full it is")
    else:
        outcome: Outcome = {"low": "warning", "critical": "failed"}.get(host.disk or "", "ok")  # type: ignore[assignment]
        mend = "" if outcome == "ok" else "hydrogen retention --apply; delete files"
        free = f"{host.disk_free_bytes >> 20:,} MiB are free"
        yield CheckResult(name="disk", outcome=outcome, sentence=free, mend=mend)
    for name, folder in (("data folder", patient.facts.data_dir), ("runtime folder", patient.facts.runtime_dir)):
        nearest = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
        if os.access(nearest, os.W_OK | os.X_OK):
            yield CheckResult(name=name, outcome="ok", sentence=f"{folder} can be written")
        else:
            mend = f"sudo chown -R $USER {nearest if nearest == folder else folder}"
            yield CheckResult(name=name, outcome="failed", sentence=f"{folder} cannot be written", mend=mend)


def check_voltage(patient: Patient) -> Iterator[CheckResult]:
    """A Raspberry Pi's own word; what was so earlier is information."""
    host = patient.host
    if host.throttling is None:
        yield CheckResult(
            name="voltage", outcome="skipped", sentence="this machine does not tell (vcgencmd, group video)"
        )
    elif host.throttling:
        mend = "the supply made for this Raspberry Pi, a short cable; a heat sink or a fan where it is heat"
        sentence = f"held back now by {', '.join(host.throttling)}"
        yield CheckResult(name="voltage", outcome="failed", sentence=sentence, mend=mend)
    elif host.throttling_since_boot:
        sentence = f"right now; since it was switched on there was {', '.join(host.throttling_since_boot)}"
        yield CheckResult(name="voltage", outcome="ok", sentence=sentence)
    else:
        yield CheckResult(name="voltage", outcome="ok", sentence="right, since it was switched on")


def check_files(patient: Patient) -> Iterator[CheckResult]:
    """What Hydrogen puts into the system."""
    for name, folders, pattern, meaning, mend in patient.files:
        there = [folder for folder in folders if folder.is_dir()]
        if not there:
            yield CheckResult(name=name, outcome="skipped", sentence="this system has no place for it")
        elif any(found for folder in there for found in folder.glob(pattern)):
            yield CheckResult(name=name, outcome="ok", sentence="installed")
        else:
            yield CheckResult(name=name, outcome="warning", sentence=f"not installed: {meaning}", mend=mend)


def check_tools(_patient: Patient) -> Iterator[CheckResult]:
    """Programs that are only asked where they are; the doctor says what it could not look at."""
    if shutil.which("journalctl") is None and not os.access("/dev/kmsg", os.R_OK):
        mend = "run it with sudo"
        sentence = "the kernel's log cannot be read here"
        yield CheckResult(name="kernel log", outcome="skipped", sentence=sentence, mend=mend)


CHECKS: tuple[Callable[[Patient], Iterator[CheckResult]], ...] = (
    check_versions,
    check_ports,
    check_programs,
    check_listeners,
    check_certificate,
    check_time,
    check_folders,
    check_voltage,
    check_files,
    check_tools,
)
