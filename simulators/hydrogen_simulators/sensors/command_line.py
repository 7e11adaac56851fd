"""``hydrogen-sim thermometer`` and ``hydrogen-sim onewire``."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from hydrogen_simulators.endpoints.one_wire_tree import OneWireTree
from hydrogen_simulators.endpoints.thermometer_port import ThermometerPort
from hydrogen_simulators.sensors.one_wire import SensorFault, check_identity
from hydrogen_simulators.sensors.thermometer import FORMS, Swing, ThermometerPlan


def run_thermometer(arguments: Sequence[str]) -> int:
    """Say temperatures on a port until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="hydrogen-sim thermometer",
        description="A thermometer on a pseudo terminal; 'ready LINK' when it is there.",
    )
    parser.add_argument("--link", type=Path, required=True, help="name of the port")
    parser.add_argument("--form", choices=tuple(FORMS), default="bare", help="what a line looks like (bare)")
    parser.add_argument("--celsius", type=float, action="append", metavar="N", help="one for each sensor (21)")
    parser.add_argument("--swing", type=float, default=0.0, metavar="K", help="it swings by so many degrees (0)")
    parser.add_argument("--period", type=float, default=600.0, metavar="SECONDS", help="of a swing (600)")
    parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="from line to line (1)")
    parser.add_argument("--garbage-every", type=int, default=0, metavar="N", help="every n-th line is garbage")
    parser.add_argument("--silent-after", type=int, default=0, metavar="N", help="nothing more after n lines")
    options = parser.parse_args(list(arguments))
    swings = tuple(
        Swing(celsius=celsius, amplitude=options.swing, period_seconds=options.period)
        for celsius in options.celsius or (21.0,)
    )
    plan = ThermometerPlan(
        form=options.form,
        swings=swings,
        every_seconds=options.every,
        garbage_every=options.garbage_every,
        silent_after=options.silent_after,
    )
    port = ThermometerPort(options.link, plan)
    _until_signal(port.stop)
    print(f"ready {options.link}", flush=True)
    port.run()
    return 0


def run_one_wire(arguments: Sequence[str]) -> int:
    """Keep a tree of sensors until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="hydrogen-sim onewire",
        description="A folder like /sys/bus/w1/devices; 'ready FOLDER' when it is there, removed at the end.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="where it is made")
    parser.add_argument(
        "--sensor",
        type=_sensor,
        action="append",
        required=True,
        metavar="ID=CELSIUS[:FAULT]",
        help=f"like 28-000005e2fdc3=23.5; faults: {', '.join(fault.value for fault in SensorFault if fault.value)}",
    )
    options = parser.parse_args(list(arguments))
    tree = OneWireTree(options.folder)
    for identity, celsius, fault in options.sensor:
        tree.show(identity, celsius, fault)
    end = threading.Event()
    _until_signal(end.set)
    print(f"ready {options.folder}", flush=True)
    end.wait()
    tree.remove()
    return 0


def _until_signal(stop: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: stop())
    signal.signal(signal.SIGINT, lambda number, frame: stop())


def _sensor(text: str) -> tuple[str, float, SensorFault]:
    identity, _, rest = text.partition("=")
    celsius, _, fault = rest.partition(":")
    try:
        return check_identity(identity), float(celsius), SensorFault(fault)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
