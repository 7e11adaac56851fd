"""``hydrogen-sim``: a virtual Marlin printer on a pseudo terminal, from the command line."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from hydrogen_simulators.endpoints.port import LinkRefused
from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions, PseudoTerminalPrinter
from hydrogen_simulators.faults import NAMED_PLANS, UnknownFaultPlan, load_plan
from hydrogen_simulators.firmware.marlin import MarlinSettings
from hydrogen_simulators.ledger import ExecutionLedger

EXIT_USAGE = 2
"""What argparse returns for a wrong command line; ours are the same kind."""

EPILOG = """\
examples
  hydrogen-sim --link ./ttyVIRTUAL                      a printer in real time; open ./ttyVIRTUAL as a serial port
  hydrogen-sim --link ./ttyVIRTUAL --speed 50           an 18 minute print takes 22 seconds
  hydrogen-sim --link ./ttyVIRTUAL --speed max          heating and moves take no real time at all
  hydrogen-sim --link ./ttyVIRTUAL --faults noisy       bad weather; see: hydrogen-sim faults
  hydrogen-sim --link ./ttyVIRTUAL --ledger ran.json    proof of what was executed

"ready LINK" on standard output means that the port can be opened. SIGTERM or Ctrl-C: the ledger is written, the link
removed, exit 0. SIGUSR2, and the executed command M9999, write the ledger at once. The ledger's job_hash is FNV-1a
(64 bit) over the executed G0 to G3 commands, each with a newline: equal to the file's means that every move ran
exactly once and in order. Closing and opening the port changes nothing in the printer, unless --reset-on-open.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console script; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["faults"]:
        return _list_faults(sys.stdout)
    options = _parser().parse_args(arguments)
    try:
        with _execution_log(options.exec_log) as log:
            ledger = ExecutionLedger(
                keep_lines=False, on_line=None if log is None else lambda line: print(line, file=log)
            )
            endpoint = PseudoTerminalPrinter(_port_options(options), _settings(options), ledger)
            return _serve(endpoint)
    except (UnknownFaultPlan, LinkRefused, ValueError) as error:
        print(f"hydrogen-sim: {error}", file=sys.stderr)
        return EXIT_USAGE


def _serve(endpoint: PseudoTerminalPrinter) -> int:
    """Announce the port and run until a signal comes."""
    signal.signal(signal.SIGTERM, lambda number, frame: endpoint.stop())
    signal.signal(signal.SIGINT, lambda number, frame: endpoint.stop())
    signal.signal(signal.SIGUSR2, lambda number, frame: endpoint.write_ledger())
    try:
        print(f"ready {endpoint.options.link}", flush=True)
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
        description="A virtual Marlin printer behind a pseudo terminal. 'hydrogen-sim faults' lists the fault plans.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--link", type=Path, required=True, help="name of the port: becomes a symbolic link to the pty")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N|max", help="printer seconds per real second (1)"
    )
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
    add("--ring", type=_count, default=128, metavar="BYTES", help="receive ring; 0 holds the host back (128)")
    add("--faults", default="clean", metavar="NAME|FILE", help="bad weather; 'hydrogen-sim faults' lists it (clean)")
    add("--reset-on-open", action="store_true", help="restart and greet when a host opens the port, as DTR does")
    add("--replug-after", type=float, metavar="SECONDS", help="plug a pulled cable in again after this time")


def _add_board_options(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--firmware", default=MarlinSettings().firmware_name, metavar="NAME", help="FIRMWARE_NAME")
    add("--extruders", type=_count, default=1, metavar="N", help="number of hotends (1)")
    add("--no-bed", action="store_true", help="no heated bed")
    add("--chamber", action="store_true", help="a heated chamber")
    add("--leveling", action="store_true", help="G29 probes the bed instead of being unknown")
    add("--instant-motion", action="store_true", help="moves take no time")
    add("--instant-heating", action="store_true", help="heaters are at their target at once")
    add("--allow-cold-extrusion", action="store_true", help="extrude at any temperature")
    add("--queue", type=_count, default=4, metavar="N", help="slots of the command queue (4)")
    add("--planner", type=_count, default=16, metavar="N", help="planner blocks (16)")
    add("--no-advanced-ok", action="store_true", help="'ok' instead of 'ok N P B'")
    add("--no-emergency-parser", action="store_true", help="M108, M112, M410 act when read, not when they arrive")
    add("--no-busy", action="store_true", help="no 'echo:busy: processing'")
    add("--no-auto-report", action="store_true", help="M155 is unknown")
    add("--no-prompts", action="store_true", help="no '//action:' lines")
    add("--no-ok-after-resend", action="store_true", help="no 'ok' after 'Resend:'")
    add("--repeat-error", action="store_true", help="a repeated last line is an error (older Marlin), not silence")


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be greater than 0, or 'max'")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _port_options(options: argparse.Namespace) -> PortOptions:
    return PortOptions(
        link=options.link,
        speed=options.speed,
        baud=options.baud,
        faults=load_plan(options.faults),
        seed=options.seed,
        reset_on_open=options.reset_on_open,
        replug_after_seconds=options.replug_after,
        ledger_file=options.ledger,
    )


def _settings(options: argparse.Namespace) -> MarlinSettings:
    return MarlinSettings(
        ring_size=options.ring,
        queue_size=options.queue,
        planner_size=options.planner,
        advanced_ok=not options.no_advanced_ok,
        emergency_parser=not options.no_emergency_parser,
        busy_interval_seconds=0.0 if options.no_busy else MarlinSettings().busy_interval_seconds,
        auto_report=not options.no_auto_report,
        host_prompts=not options.no_prompts,
        ok_after_resend=not options.no_ok_after_resend,
        repeats_in_silence=not options.repeat_error,
        firmware_name=options.firmware,
        extruder_count=options.extruders,
        has_bed=not options.no_bed,
        has_chamber=options.chamber,
        has_leveling=options.leveling,
        instant_motion=options.instant_motion,
        instant_heating=options.instant_heating,
        prevent_cold_extrusion=not options.allow_cold_extrusion,
    )


if __name__ == "__main__":
    sys.exit(main())
