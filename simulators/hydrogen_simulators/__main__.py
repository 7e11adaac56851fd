"""``hydrogen-sim``: a virtual Marlin printer on a pseudo terminal, from the command line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO

from hydrogen_simulators.endpoints.port import LinkRefused
from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions, PseudoTerminalPrinter
from hydrogen_simulators.faults import NAMED_PLANS, UnknownFaultPlan, load_plan
from hydrogen_simulators.firmware.marlin import MarlinSettings
from hydrogen_simulators.ledger import ExecutionLedger
from hydrogen_simulators.personas import PERSONAS, persona_named

EXIT_USAGE = 2
"""What argparse returns for a wrong command line; ours are the same kind."""

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

EPILOG = """\
examples
  hydrogen-sim --link ./ttyVIRTUAL                      a printer in real time; open ./ttyVIRTUAL as a serial port
  hydrogen-sim --link ./ttyVIRTUAL --speed 50           an 18 minute print takes 22 seconds
  hydrogen-sim --link ./ttyVIRTUAL --speed max          heating and moves take no real time at all
  hydrogen-sim --link ./ttyVIRTUAL --faults noisy       bad weather; see: hydrogen-sim faults
  hydrogen-sim --link ./ttyVIRTUAL --persona repetier   another firmware; see: hydrogen-sim personas
  hydrogen-sim --link ./ttyVIRTUAL --ledger ran.json    proof of what was executed

"ready LINK" (or "ready HOST:PORT") on standard output means that the port can be opened. SIGTERM or Ctrl-C: the ledger
is written, the link removed, exit 0. SIGUSR2, and the executed command M9999, write the ledger at once. The ledger's
job_hash is FNV-1a (64 bit) over the executed G0 to G3 commands, each with a newline: equal to the file's means that every
move ran exactly once and in order. Closing and opening the port changes nothing in the printer, unless --reset-on-open.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console script; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["faults"]:
        return _list_faults(sys.stdout)
    if arguments[:1] == ["personas"]:
        return _list_personas(sys.stdout)
    options = _parser().parse_args(arguments)
    try:
        with _execution_log(options.exec_log) as log:
            ledger = ExecutionLedger(
                keep_lines=False, on_line=None if log is None else lambda line: print(line, file=log)
            )
            endpoint = PseudoTerminalPrinter(_port_options(options), _settings(options), ledger)
            return _serve(endpoint)
    except (UnknownFaultPlan, LinkRefused, OSError, ValueError) as error:
        print(f"hydrogen-sim: {error}", file=sys.stderr)
        return EXIT_USAGE


def _serve(endpoint: PseudoTerminalPrinter) -> int:
    """Announce the port and run until a signal comes."""
    signal.signal(signal.SIGTERM, lambda number, frame: endpoint.stop())
    signal.signal(signal.SIGINT, lambda number, frame: endpoint.stop())
    signal.signal(signal.SIGUSR2, lambda number, frame: endpoint.write_ledger())
    try:
        print(f"ready {endpoint.name}", flush=True)
        endpoint.run()
    finally:
        endpoint.close()
    return 0


def _list_faults(out: TextIO) -> int:
    width = max(map(len, NAMED_PLANS))
    for name, (sentence, _) in NAMED_PLANS.items():
        print(f"{name:{width}}  {sentence}", file=out)
    print("\nUse one with --faults NAME, or write a JSON file of FaultPlan's fields and use --faults FILE:", file=out)
    print('{"drop_ok_every": 40, "byte_corruption_rate": 0.0005, "reset_after": 1200}', file=out)
    return 0


def _list_personas(out: TextIO) -> int:
    width = max(map(len, PERSONAS))
    for persona in PERSONAS.values():
        print(f"{persona.name:{width}}  {persona.title}", file=out)
    print("\nUse one with --persona NAME; options of the board given beside it count more than the persona.", file=out)
    return 0


@contextlib.contextmanager
def _execution_log(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", buffering=1, encoding="latin-1", errors="replace") as log:
        yield log


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hydrogen-sim",
        description="A virtual printer behind a pseudo terminal, by default a Marlin. 'hydrogen-sim personas' lists the "
        "firmwares, 'hydrogen-sim faults' the fault plans.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--link", type=Path, help="name of the port: becomes a symbolic link to the pty")
    where.add_argument("--tcp", type=_address, metavar="HOST:PORT", help="listen there instead; port 0 is any free one")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N|max", help="printer seconds per real second (1)"
    )
    parser.add_argument("--persona", default="marlin-2", metavar="NAME", help="which firmware it is (marlin-2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of faults and noise: same seed, same weather (0)")
    _add_wire_options(parser.add_argument_group("wire"))
    _add_board_options(parser.add_argument_group("board"))
    proof = parser.add_argument_group("proof")
    proof.add_argument("--ledger", type=Path, metavar="FILE", help="write counters and hashes there as JSON")
    proof.add_argument("--exec-log", type=Path, metavar="FILE", help="write every executed command there")
    return parser


def _add_wire_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--baud", type=_count, default=0, metavar="N", help="pace both directions to N baud, 8N1 (0: no limit)")
    add("--faults", default="clean", metavar="NAME|FILE", help="bad weather; 'hydrogen-sim faults' lists it (clean)")
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
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be greater than 0, or 'max'")
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


def _port_options(options: argparse.Namespace) -> PortOptions:
    return PortOptions(
        link=options.link,
        tcp=options.tcp,
        speed=options.speed,
        baud=options.baud,
        faults=load_plan(options.faults),
        seed=options.seed,
        reset_on_open=options.reset_on_open,
        replug_after_seconds=options.replug_after,
        ledger_file=options.ledger,
    )


def _settings(options: argparse.Namespace) -> MarlinSettings:
    """The persona, changed by the options that were given."""
    given: dict[str, Any] = {name: value for name, value in vars(options).items() if name in BOARD_FIELDS}
    if options.card is not None:
        given["card"] = {file.name: file.read_bytes() for file in sorted(options.card.iterdir()) if file.is_file()}
    return replace(persona_named(options.persona).settings, **given)


if __name__ == "__main__":
    sys.exit(main())
