"""The options of ``hydrogen-sim``: what may be said, and what becomes of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions
from hydrogen_simulators.faults import FaultPlan, load_plan
from hydrogen_simulators.firmware.marlin import MarlinSettings
from hydrogen_simulators.personas import persona_named
from hydrogen_simulators.replay import persona_from_file
from hydrogen_simulators.scenario import Scenario, load_scenario

SWITCHES = MappingProxyType(
    {
        "--no-bed": ("has_bed", False, "no heated bed"),
        "--chamber": ("has_chamber", True, "a heated chamber"),
        "--leveling": ("has_leveling", True, "G29 probes the bed instead of being unknown"),
        "--meatpack": ("meatpack", True, "understands packed lines"),
        "--instant-motion": ("instant_motion", True, "moves take no time"),
        "--instant-heating": ("instant_heating", True, "heaters are at their target at once"),
        "--allow-cold-extrusion": ("prevent_cold_extrusion", False, "extrude at any temperature"),
        "--no-advanced-ok": ("advanced_ok", False, "'ok' instead of 'ok N P B'"),
        "--no-emergency-parser": ("emergency_parser", False, "M108, M112, M410 act when read, not when they arrive"),
        "--no-busy": ("busy_interval_seconds", 0.0, "no 'echo:busy: processing'"),
        "--no-auto-report": ("auto_report", False, "M155 is unknown"),
        "--no-prompts": ("host_prompts", False, "no '//action:' lines"),
        "--no-ok-after-resend": ("ok_after_resend", False, "no 'ok' after 'Resend:'"),
        "--repeat-error": ("repeats_in_silence", False, "a repeated last line is an error (older Marlin), not silence"),
    }
)
"""Option, the setting it changes, to what, and its help."""

NUMBERS = MappingProxyType(
    {
        "--ring": ("ring_size", "BYTES", "receive ring; 0 holds the host back (persona's)"),
        "--queue": ("queue_size", "N", "slots of the command queue (persona's)"),
        "--planner": ("planner_size", "N", "planner blocks (persona's)"),
        "--extruders": ("extruder_count", "N", "number of hotends (1)"),
    }
)
"""Option, the setting it sets, its placeholder and help."""

BOARD_FIELDS = frozenset(field for field, _, _ in (*SWITCHES.values(), *NUMBERS.values())) | {"firmware_name"}

DESCRIPTION = """\
A virtual printer behind a pseudo terminal or a TCP port, by default a Marlin. Open the port as a serial port.

other commands
  hydrogen-sim personas                        the firmwares it can be
  hydrogen-sim faults                          what a wire and a board can do wrong
  hydrogen-sim scenarios [NAME]                stories that happen to a printer; with a name, its file
  hydrogen-sim actions                         what can be done to it while it runs
  hydrogen-sim do SOCKET ACTION [FIELD=VALUE ...]     do it
  hydrogen-sim thermometer --help              a virtual thermometer on a serial port
  hydrogen-sim onewire --help                  a virtual tree of 1-Wire sensors
"""

EPILOG = """\
examples
  hydrogen-sim --link ./ttyVIRTUAL                      a printer in real time
  hydrogen-sim --link ./ttyVIRTUAL --speed 50           an 18 minute print takes 22 seconds
  hydrogen-sim --link ./ttyVIRTUAL --speed max          heating and moves take no real time at all
  hydrogen-sim --link ./ttyVIRTUAL --faults noisy       bad weather
  hydrogen-sim --link ./ttyVIRTUAL --persona repetier   another firmware
  hydrogen-sim --link ./ttyA --link ./ttyB              two printers; --persona may be given once for each
  hydrogen-sim --link ./ttyVIRTUAL --scenario cable-comes-off
  hydrogen-sim --link ./ttyVIRTUAL --control ./sim      and then: hydrogen-sim do ./sim pull_cable
  hydrogen-sim --link ./ttyVIRTUAL --ledger ran.json    proof of what was executed
  hydrogen-sim --link ./ttyVIRTUAL --replay talk.jsonl  the printer of a recording (hydrogen record, --record)

"ready LINK" (or "ready HOST:PORT"), a line for each printer, on standard output means that the port can be opened. SIGTERM or
Ctrl-C: the ledger is written, the link removed, exit 0. SIGUSR2, and the executed command M9999, write the ledger at once. The
ledger's job_hash is FNV-1a (64 bit) over the executed G0 to G3 commands, each with a newline: equal to the file's means that
every move ran exactly once and in order. Closing and opening the port changes nothing in the printer, unless --reset-on-open.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPlan:
    """One printer to run."""

    port: PortOptions
    settings: MarlinSettings
    scenario: Scenario | None
    exec_log: Path | None


def parser() -> argparse.ArgumentParser:
    """The options that start printers."""
    made = argparse.ArgumentParser(
        prog="hydrogen-sim",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = made.add_argument_group("where (one at least; each may be given several times)")
    where.add_argument(
        "--link", type=Path, action="append", default=[], help="name of the port: becomes a symbolic link to the pty"
    )
    where.add_argument(
        "--tcp",
        type=_address,
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="listen there; port 0 is any free one",
    )
    made.add_argument(
        "--speed",
        type=_speed,
        default=argparse.SUPPRESS,
        metavar="N|max",
        help="printer seconds per real second (1, or the scenario's)",
    )
    made.add_argument(
        "--persona",
        action="append",
        default=[],
        metavar="NAME",
        help="which firmware it is (marlin-2, or the scenario's)",
    )
    made.add_argument("--seed", type=int, default=0, help="seed of faults and noise: same seed, same weather (0)")
    made.add_argument("--scenario", metavar="NAME|FILE", help="let a story happen to it")
    made.add_argument("--replay", type=Path, metavar="FILE", help="be the printer of this recording")
    _add_wire_options(made.add_argument_group("wire"))
    _add_board_options(made.add_argument_group("board"))
    proof = made.add_argument_group(
        "proof and control (with several printers a file gets the port's name behind its own)"
    )
    proof.add_argument("--ledger", type=Path, metavar="FILE", help="write counters and hashes there as JSON")
    proof.add_argument("--exec-log", type=Path, metavar="FILE", help="write every executed command there")
    proof.add_argument("--record", type=Path, metavar="FILE", help="write every line of the talk there, both ways")
    proof.add_argument("--control", type=Path, metavar="SOCKET", help="obey JSON lines on this Unix socket")
    made.add_argument("--lifeline", action="store_true", help="end when standard input is closed")
    return made


def printer_plans(options: argparse.Namespace) -> list[PrinterPlan]:
    """One plan for each port of the command line.

    Raises:
        ValueError: an option says something impossible.
    """
    ports: list[tuple[Path | None, tuple[str, int] | None]] = [(link, None) for link in options.link]
    ports += [(None, address) for address in options.tcp]
    if len(options.persona) > 1 and len(options.persona) != len(ports):
        raise ValueError(f"{len(options.persona)} personas for {len(ports)} ports: give one for all, or one for each")
    scenario = load_scenario(options.scenario) if options.scenario else None
    plans = []
    for number, (link, tcp) in enumerate(ports):
        persona = options.persona[number % len(options.persona)] if options.persona else None
        suffix = "" if len(ports) == 1 else f"-{link.name}" if link else f"-{number}"
        plans.append(
            PrinterPlan(
                port=_port_options(options, scenario, link, tcp, number, suffix),
                settings=_settings(options, scenario, persona),
                scenario=scenario,
                exec_log=_named(options.exec_log, suffix),
            )
        )
    return plans


def _add_wire_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--baud", type=_count, default=0, metavar="N", help="pace both directions to N baud, 8N1 (0: no limit)")
    add("--faults", metavar="NAME|FILE", help="bad weather (clean, or the scenario's)")
    add("--reset-on-open", action="store_true", help="restart and greet when a host opens the port, as DTR does")
    add("--replug-after", type=float, metavar="SECONDS", help="plug a pulled cable in again after this time")


def _add_board_options(group: argparse._ArgumentGroup) -> None:
    """What is not given leaves the persona as it is."""
    for flag, (field, value, text) in SWITCHES.items():
        group.add_argument(flag, dest=field, action="store_const", const=value, default=argparse.SUPPRESS, help=text)
    for flag, (field, metavar, text) in NUMBERS.items():
        group.add_argument(flag, dest=field, type=_count, default=argparse.SUPPRESS, metavar=metavar, help=text)
    group.add_argument(
        "--firmware", dest="firmware_name", default=argparse.SUPPRESS, metavar="NAME", help="FIRMWARE_NAME"
    )
    group.add_argument("--card", type=Path, metavar="FOLDER", help="a memory card with the files of this folder")


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError("must be a number greater than 0, or 'max'")
    return value


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError("must be HOST:PORT")
    return host or "127.0.0.1", int(port)


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _named(path: Path | None, suffix: str) -> Path | None:
    return None if path is None else path.with_name(path.stem + suffix + path.suffix)


def _port_options(
    options: argparse.Namespace,
    scenario: Scenario | None,
    link: Path | None,
    tcp: tuple[str, int] | None,
    number: int,
    suffix: str,
) -> PortOptions:
    plan = scenario.faults if scenario else FaultPlan()
    return PortOptions(
        link=link,
        tcp=tcp,
        speed=getattr(options, "speed", scenario.speed if scenario else 1.0),
        baud=options.baud,
        faults=load_plan(options.faults) if options.faults else plan,
        seed=options.seed + number,
        reset_on_open=options.reset_on_open,
        replug_after_seconds=options.replug_after,
        ledger_file=_named(options.ledger, suffix),
        record_file=_named(options.record, suffix),
    )


def _settings(options: argparse.Namespace, scenario: Scenario | None, persona: str | None) -> MarlinSettings:
    """The persona, changed by the scenario, changed by the options that were given."""
    if options.replay is not None:
        settings = persona_from_file(options.replay).settings
    else:
        settings = persona_named(persona or (scenario.persona if scenario else "marlin-2")).settings
    given: dict[str, Any] = dict(scenario.board) if scenario else {}
    given |= {name: value for name, value in vars(options).items() if name in BOARD_FIELDS}
    if options.card is not None:
        given["card"] = {file.name: file.read_bytes() for file in sorted(options.card.iterdir()) if file.is_file()}
    return replace(settings, **given)
