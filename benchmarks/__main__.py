"""`python -m benchmarks [NAME ...]`: measure, and show the figures as a table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from benchmarks import (
    analysis,
    chaos,
    dashboard,
    emergency,
    fanout,
    idle,
    latency,
    link_cost,
    octoprint,
    printers,
    pty_speed,
    push,
    scrape,
    share,
    siege,
    simulator,
    stall,
    start_time,
    underrun,
    upload,
    whole_print,
)
from benchmarks.figure import Benchmark, BenchmarkFailed, Figure, Plan, Sample, figures_from_samples, table_of
from hydrogen.errors import HydrogenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """seconds, long_seconds: one repeat; whatever hangs is ended then. repeats: how often, unless it is said."""

    measure: Benchmark
    seconds: int = 60
    long_seconds: int = 180
    repeats: int = 3


BENCHMARKS: MappingProxyType[str, Trial] = MappingProxyType(
    {
        "link": Trial(measure=link_cost.measure),
        "pty": Trial(measure=pty_speed.measure),
        "print": Trial(measure=whole_print.measure),
        "start": Trial(measure=start_time.measure),
        "idle": Trial(measure=idle.measure, seconds=180, long_seconds=720, repeats=1),
        "fanout": Trial(measure=fanout.measure),
        "latency": Trial(measure=latency.measure),
        "siege": Trial(measure=siege.measure, seconds=240, long_seconds=1200, repeats=1),
        "push": Trial(measure=push.measure, seconds=90, long_seconds=300, repeats=1),
        "metrics": Trial(measure=scrape.measure),
        "octoprint": Trial(measure=octoprint.measure),
        "share": Trial(measure=share.measure, seconds=180, long_seconds=300, repeats=1),
        "stall": Trial(measure=stall.measure, seconds=180, long_seconds=600, repeats=1),
        "upload": Trial(measure=upload.measure, seconds=300, long_seconds=480, repeats=1),
        "underrun": Trial(measure=underrun.measure, seconds=120, long_seconds=1800, repeats=1),
        "chaos": Trial(measure=chaos.measure, seconds=600, long_seconds=3600, repeats=1),
        "analysis": Trial(measure=analysis.measure, seconds=300, long_seconds=600, repeats=1),
        "simulator": Trial(measure=simulator.measure, seconds=180, long_seconds=300, repeats=1),
        "printers": Trial(measure=printers.measure, seconds=600, long_seconds=1200, repeats=1),
        "dashboard": Trial(measure=dashboard.measure, seconds=240, long_seconds=1800, repeats=1),
        "emergency": Trial(measure=emergency.measure, seconds=120, long_seconds=300, repeats=1),
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0, or 1 when a benchmark could not run or something else was executed than the file."""
    options = _parse(arguments)
    plan = Plan(is_long=options.long, strikes=options.strikes, seed=options.seed, gcode=tuple(options.gcode))
    signal.signal(signal.SIGALRM, _time_is_up)
    figures: list[Figure] = []
    complaints: list[str] = []
    for name in options.names or BENCHMARKS:
        try:
            figures += _measured(name, plan, options.repeat)
        except (BenchmarkFailed, HydrogenError, OSError) as error:
            complaints.append(f"{name}: {error}")
    _clear_progress()
    print(table_of(figures))
    for complaint in complaints:
        print(f"FAILED {complaint}", file=sys.stderr)
    if options.json is not None:
        options.json.write_text(json.dumps(_report(figures, complaints), indent=1) + "\n")
    return 1 if complaints else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures Hydrogen on this machine: loopback, ptys and temporary folders only.",
        epilog="Goals are the project's; on a busy or slow machine compare ratios, and compare with the same machine.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--repeat", type=_positive, help="how often each is measured (default 3, slow ones 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all values to FILE")
    parser.add_argument("--long", action="store_true", help="also what takes long: 1,000 clients, 10 minutes")
    parser.add_argument("--strikes", type=_positive, metavar="N", help="chaos: how many (20; with --long 200)")
    parser.add_argument("--seed", type=int, metavar="N", help="chaos: which strikes, and when")
    parser.add_argument(
        "--gcode", type=Path, action="append", default=[], metavar="FILE", help="analysis: this file too (.gz unpacked)"
    )
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}: {', '.join(BENCHMARKS)}")
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _measured(name: str, plan: Plan, repeats: int | None) -> list[Figure]:
    trial = BENCHMARKS[name]
    repeats = repeats or trial.repeats
    samples: list[Sample] = []
    for repeat in range(1, repeats + 1):
        _show_progress(f"{name} {repeat}/{repeats}")
        signal.alarm(trial.long_seconds if plan.is_long or plan.strikes else trial.seconds)
        try:
            samples += trial.measure(plan)
        finally:
            signal.alarm(0)
    return figures_from_samples(name, samples)


def _time_is_up(_number: int, _frame: object) -> None:
    raise BenchmarkFailed("hangs")


def _report(figures: Sequence[Figure], complaints: Sequence[str]) -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
        "figures": [figure.as_json() for figure in figures],
        "failed": list(complaints),
    }


def _show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _clear_progress() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
