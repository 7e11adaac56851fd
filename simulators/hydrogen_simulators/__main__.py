"""``hydrogen-sim``: virtual printers and sensors from the command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from hydrogen_simulators.action import ACTIONS
from hydrogen_simulators.command_line import PrinterPlan, parser, printer_plans
from hydrogen_simulators.endpoints.control_socket import ControlRefused, ControlSocket, Puppet, ask
from hydrogen_simulators.endpoints.port import LinkRefused
from hydrogen_simulators.endpoints.pseudo_terminal import PseudoTerminalPrinter
from hydrogen_simulators.faults import NAMED_PLANS, UnknownFaultPlan
from hydrogen_simulators.ledger import ExecutionLedger
from hydrogen_simulators.personas import PERSONAS
from hydrogen_simulators.scenario import SHIPPED, ScenarioPlayer, load_scenario, scenario_names
from hydrogen_simulators.sensors.command_line import run_one_wire, run_thermometer

EXIT_USAGE = 2
"""What argparse returns for a wrong command line; ours are the same kind."""

EXIT_REFUSED = 1
"""A running simulator did not do what it was told."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console script; returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        match arguments[:1]:
            case ["faults"]:
                return _list_faults(sys.stdout)
            case ["personas"]:
                return _list_personas(sys.stdout)
            case ["scenarios"]:
                return _list_scenarios(sys.stdout, arguments[1:])
            case ["actions"]:
                return _list_actions(sys.stdout)
            case ["do"]:
                return _do(arguments[1:])
            case ["thermometer"]:
                return run_thermometer(arguments[1:])
            case ["onewire"]:
                return run_one_wire(arguments[1:])
        grammar = parser()
        options = grammar.parse_args(arguments)
        if not (options.link or options.tcp):
            grammar.error("say where: --link PATH, or --tcp HOST:PORT")
        return _run(printer_plans(options), options.control, has_lifeline=options.lifeline)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has seen enough (``hydrogen-sim scenarios | head``)
        return 0
    except (UnknownFaultPlan, LinkRefused, OSError, ValueError) as error:
        print(f"hydrogen-sim: {error}", file=sys.stderr)
        return EXIT_USAGE


def _run(plans: Sequence[PrinterPlan], control: Path | None, *, has_lifeline: bool) -> int:
    """Announce the ports and run until a signal comes; each printer but the first in a thread of its own."""
    with contextlib.ExitStack() as stack:
        printers = [stack.enter_context(_printer(plan)) for plan in plans]
        if control is not None:
            puppets = [Puppet(printer.name, printer.do, printer) for printer in printers]
            stack.enter_context(contextlib.closing(ControlSocket(control, puppets)))
        _obey_signals(printers)
        if has_lifeline:
            threading.Thread(target=_hold_lifeline, args=(printers,), name="lifeline", daemon=True).start()
        for printer in printers:
            print(f"ready {printer.name}", flush=True)
        threads = [threading.Thread(target=printer.run, name=printer.name) for printer in printers[1:]]
        for thread in threads:
            thread.start()
        printers[0].run()
        for printer in printers:
            printer.stop()
        for thread in threads:
            thread.join()
    return 0


@contextlib.contextmanager
def _printer(plan: PrinterPlan) -> Iterator[PseudoTerminalPrinter]:
    with _execution_log(plan.exec_log) as log:
        on_line = None if log is None else lambda line: print(line, file=log)
        printer = PseudoTerminalPrinter(plan.port, plan.settings, ExecutionLedger(keep_lines=False, on_line=on_line))
        if plan.scenario is not None:
            printer.follow(ScenarioPlayer(plan.scenario, printer, time.monotonic))
        try:
            yield printer
        finally:
            printer.close()


def _hold_lifeline(printers: Sequence[PseudoTerminalPrinter]) -> None:
    """End with whoever holds the other end of standard input, however that one ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    for printer in printers:
        printer.stop()


def _obey_signals(printers: Sequence[PseudoTerminalPrinter]) -> None:
    def stop(number: int, frame: object) -> None:
        for printer in printers:
            printer.stop()

    def write(number: int, frame: object) -> None:
        for printer in printers:
            printer.write_ledger()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGUSR2, write)


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


def _list_scenarios(out: TextIO, names: Sequence[str]) -> int:
    if names:
        scenario = load_scenario(names[0])
        print((SHIPPED / f"{scenario.name}.toml").read_text(encoding="utf-8"), end="", file=out)
        return 0
    width = max(map(len, scenario_names()))
    for name in scenario_names():
        scenario = load_scenario(name)
        print(f"{name:{width}}  {scenario.title}", file=out)
        print(f"{'':{width}}  a good host: {scenario.good}", file=out)
    print(
        "\nUse one with --scenario NAME, or write a file of your own: hydrogen-sim scenarios NAME shows how.", file=out
    )
    return 0


def _list_actions(out: TextIO) -> int:
    width = max(map(len, ACTIONS))
    for name, kind in ACTIONS.items():
        needed = " ".join(f"{key}=..." if rule[1] is ... else f"[{key}={rule[1]}]" for key, rule in kind.fields.items())
        print(f"{name:{width}}  {kind.sentence}{f'  ({needed})' if needed else ''}", file=out)
    print('\nhydrogen-sim do SOCKET say text="//action:pause", or a JSON line on the socket of --control:', file=out)
    print('{"do": "say", "text": "//action:pause"}, with "printer" (name or number) where several run.', file=out)
    return 0


def _do(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or not all("=" in field for field in arguments[2:]):
        raise ValueError("usage: hydrogen-sim do SOCKET ACTION [FIELD=VALUE ...]; see: hydrogen-sim actions")
    fields = {key: _value(text) for key, _, text in (field.partition("=") for field in arguments[2:])}
    try:
        answer = ask(Path(arguments[0]), {"do": arguments[1], **fields})
    except ControlRefused as error:
        print(f"hydrogen-sim: {error}", file=sys.stderr)
        return EXIT_REFUSED
    if not answer.get("ok"):
        print(f"hydrogen-sim: {answer.get('error', 'no answer')}", file=sys.stderr)
        return EXIT_REFUSED
    if "result" in answer:
        print(json.dumps(answer["result"], indent=1))
    return 0


def _value(text: str) -> object:
    """What stands behind the sign: a number or true or false where it looks like one, else the text."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


@contextlib.contextmanager
def _execution_log(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", buffering=1, encoding="latin-1", errors="replace") as log:
        yield log


if __name__ == "__main__":
    sys.exit(main())
