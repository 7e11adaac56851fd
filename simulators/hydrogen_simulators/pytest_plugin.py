"""Fixtures: a virtual printer on a pseudo terminal for any test.

Use it with ``pytest_plugins = ["hydrogen_simulators.pytest_plugin"]`` in the top conftest, or import the two fixtures
into a conftest of your own. Options are keyword arguments of ``PortOptions`` and ``MarlinSettings`` alike, and
``persona``, the name of one whose settings they change:

    @pytest.mark.virtual_printer(speed=50, faults=FaultPlan(drop_ok_every=20))
    def test_something(virtual_printer): ... virtual_printer.link ...
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.action import read_action
from hydrogen_simulators.endpoints.control_socket import Puppet
from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions, PseudoTerminalPrinter
from hydrogen_simulators.faults import FaultPlan, load_plan, plan_from_record
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.ledger import ExecutionLedger
from hydrogen_simulators.personas import Persona, persona_named
from hydrogen_simulators.scenario import Scenario, ScenarioPlayer, load_scenario

STOP_SECONDS = 10.0
"""A printer's thread that has not ended after this time is a bug."""

LIFE_CHECK_SECONDS = 0.2
"""How often a request that waits looks whether the thread is still there."""

_PORT_FIELDS = frozenset(field.name for field in fields(PortOptions))


class VirtualPrinter:
    """A running printer: ``link`` (or ``name``, for TCP) is what a host opens. Its loop runs in a thread of this process."""

    def __init__(self, link: Path | None, **options: Any) -> None:
        scenario = _scenario(options.pop("scenario", None))
        if scenario is not None:
            told = {"persona": scenario.persona, "faults": scenario.faults, "speed": scenario.speed, **scenario.board}
            options = told | options
        options["faults"] = _plan(options.get("faults", FaultPlan()))
        port = {name: value for name, value in options.items() if name in _PORT_FIELDS}
        board = {name: value for name, value in options.items() if name not in _PORT_FIELDS}
        self.link = link or Path()
        settings = replace(_persona(board.pop("persona", "marlin-2")).settings, **board)
        self._endpoint = PseudoTerminalPrinter(PortOptions(link=link, **port), settings)
        self.story: ScenarioPlayer | None = None
        if scenario is not None:
            self.story = ScenarioPlayer(scenario, self._endpoint, time.monotonic)
            self._endpoint.follow(self.story)
        self._thread = threading.Thread(target=self._endpoint.run, name="virtual printer", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """What a host opens: the link, or ``host:port``."""
        return self._endpoint.name

    @property
    def endpoint(self) -> PseudoTerminalPrinter:
        """The board behind its port, for what this class has no word for."""
        return self._endpoint

    def perform(self, record: Mapping[str, Any]) -> Any:
        """Do what a scenario or the control socket can (``hydrogen-sim actions``): ``perform({"do": "knob"})``.

        Returns what the action tells; raises ActionRefused.
        """
        return Puppet(self.name, self._endpoint.do, self._endpoint).perform(read_action(record))

    @property
    def printer(self) -> VirtualMarlin:
        """The board itself; look, do not touch: it belongs to the loop's thread."""
        return self._endpoint.printer

    @property
    def ledger(self) -> ExecutionLedger:
        """What was executed so far."""
        return self._endpoint.printer.ledger

    @property
    def injected(self) -> Mapping[str, int]:
        """What the wire did to bytes so far (``FaultyWire.counts``)."""
        return dict(self._endpoint.wire.counts)

    def reset(self) -> None:
        """Press the board's reset button."""
        self._call(self._endpoint.reset)

    def say(self, line: str) -> None:
        """Make the board say a line."""
        self._call(lambda: self._endpoint.say(line))

    def mute(self) -> None:
        """Let the board say nothing more."""
        self._call(self._endpoint.mute)

    def unmute(self) -> None:
        """Let the board speak again."""
        self._call(self._endpoint.unmute)

    def halt(self, message: str = "") -> None:
        """Kill the board."""
        self.do(lambda printer, now: printer.halt(message, now))

    def pull_cable(self) -> None:
        """Close the pty, remove the link; the board keeps its power."""
        self._call(self._endpoint.pull_cable)

    def plug_in(self, link: Path | None = None) -> None:
        """Bring a fresh pty under the same link, or under another one."""
        self._call(lambda: self._endpoint.plug_in(link))
        self.link = link or self.link

    def change_weather(self, faults: FaultPlan, seed: int = 0) -> None:
        """Another plan for the wire from the next byte on."""
        self._call(lambda: self._endpoint.change_weather(faults, seed))

    def change_speed(self, speed: float | None) -> None:
        """Let printer time run at another speed from now on; None: as fast as possible."""
        self._call(lambda: self._endpoint.change_speed(speed))

    @property
    def is_open(self) -> bool:
        """True while the printer has seen a host on its port."""
        return self._endpoint.is_open

    def wait_until_closed(self) -> None:
        """Return when the printer has noticed that the host closed the port."""
        self.wait_until(lambda: not self.is_open)

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when ``is_true`` says so; it is asked between two turns of the printer's loop."""
        deadline = time.monotonic() + STOP_SECONDS
        while not is_true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the virtual printer at {self.link} did not come to what the test waits for")
            self._call(lambda: None)

    def do(self, action: Callable[[VirtualMarlin, float], None]) -> None:
        """Call ``action(printer, now)`` in the loop's thread and wait until it was done. It must not raise."""
        self._call(lambda: self._endpoint.do(lambda: action(self._endpoint.printer, self._endpoint.now)))

    def stop(self) -> None:
        """Stop the printer and remove the link; may be called twice."""
        self._endpoint.stop()
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the virtual printer at {self.link} did not stop in {STOP_SECONDS} s")

    def _call(self, request: Callable[[], object]) -> None:
        """Make a request and wait until the loop has obeyed it."""
        done = threading.Event()
        deadline = time.monotonic() + STOP_SECONDS
        request()
        self._endpoint.do(done.set)
        while not done.wait(LIFE_CHECK_SECONDS):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the virtual printer at {self.link} does not answer")


def _scenario(found: Scenario | str | None) -> Scenario | None:
    return load_scenario(found) if isinstance(found, str) else found


def _persona(found: Persona | str) -> Persona:
    return persona_named(found) if isinstance(found, str) else found


def _plan(found: FaultPlan | Mapping[str, Any] | str) -> FaultPlan:
    if isinstance(found, FaultPlan):
        return found
    return load_plan(found) if isinstance(found, str) else plan_from_record(dict(found))


@pytest.fixture
def start_virtual_printer(tmp_path: Path) -> Iterator[Callable[..., VirtualPrinter]]:
    """A function that starts a printer with options under ``tmp_path``; all are stopped after the test."""
    started: list[VirtualPrinter] = []

    def start(link: str | None = "ttyVIRTUAL", **options: Any) -> VirtualPrinter:
        printer = VirtualPrinter(tmp_path / link if link else None, **options)
        started.append(printer)
        return printer

    yield start
    for printer in started:
        printer.stop()


@pytest.fixture
def virtual_printer(
    request: pytest.FixtureRequest, start_virtual_printer: Callable[..., VirtualPrinter]
) -> VirtualPrinter:
    """A running printer; ``@pytest.mark.virtual_printer(speed=50, ...)`` gives its options."""
    marker = request.node.get_closest_marker("virtual_printer")
    return start_virtual_printer(**(marker.kwargs if marker else {}))


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "virtual_printer(**options): options of the virtual_printer fixture")
