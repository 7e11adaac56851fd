"""Fixtures for tests in front of a virtual printer, and of a running Hydrogen with one. docs/testing-clients.md is the guide.

    def test_a_client(hydrogen_service, printed):
        hydrogen_service.put("cube.gcode", "G28\\nG1 X10\\n")
        my_client.start_print(hydrogen_service.url, hydrogen_service.key, "cube.gcode")
        ...
        printed(["G28", "G1 X10"])

``virtual_printer`` is the printer alone, for those who write a host: ``virtual_printer.link`` is opened as a serial port.
Markers choose what it is: ``@pytest.mark.persona("repetier")``, ``@pytest.mark.faults("lost-oks")`` or
``faults(drop_ok_every=20)``, ``@pytest.mark.scenario("cable-comes-off")``, and ``@pytest.mark.virtual_printer(speed=50, ...)``
for any field of ``PortOptions`` and ``MarlinSettings``.

Installed with the package, the plugin is known to pytest by itself (entry point ``pytest11``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.action import read_action
from hydrogen_simulators.endpoints.control_socket import Puppet
from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions, PseudoTerminalPrinter
from hydrogen_simulators.faults import FaultPlan, load_plan, plan_from_record
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.ledger import ExecutionLedger, is_move
from hydrogen_simulators.personas import Persona, persona_named
from hydrogen_simulators.scenario import Scenario, ScenarioPlayer, load_scenario
from hydrogen_simulators.service_process import HydrogenService

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
    """A running printer, as the test's markers say: ``virtual_printer``, ``persona``, ``faults``, ``scenario``."""
    return start_virtual_printer(**_marked_options(request.node))


@pytest.fixture
def start_hydrogen_service(tmp_path: Path) -> Iterator[Callable[..., HydrogenService]]:
    """A function that starts a service for ports by printer name; ``sections`` is further TOML. All end after the test."""
    started: list[HydrogenService] = []

    def start(ports: Mapping[str, str], sections: Mapping[str, str] | None = None) -> HydrogenService:
        service = HydrogenService(tmp_path / f"hydrogen-{len(started)}", ports, sections)
        started.append(service)
        service.start()
        return service

    yield start
    for service in started:
        service.stop()


@pytest.fixture
def hydrogen_service(
    request: pytest.FixtureRequest,
    virtual_printer: VirtualPrinter,
    start_hydrogen_service: Callable[..., HydrogenService],
) -> HydrogenService:
    """A running service whose printer ``virtual`` is the ``virtual_printer``, connected and idle.

    Time is as fast as possible unless a marker says otherwise. ``@pytest.mark.hydrogen_service(sections={...})`` adds to
    the configuration; ``await_idle=False`` hands it over before the printer is ready.
    """
    marker = request.node.get_closest_marker("hydrogen_service")
    options = dict(marker.kwargs) if marker else {}
    if "speed" not in _marked_options(request.node) and virtual_printer.story is None:
        virtual_printer.change_speed(None)
    service = start_hydrogen_service({"virtual": virtual_printer.name}, options.get("sections"))
    if options.get("await_idle", True):
        service.await_status("idle")
    return service


@pytest.fixture
def printed(virtual_printer: VirtualPrinter) -> Callable[[Path | str | Sequence[str]], None]:
    """A function that asserts that exactly the moves of a file (or of these lines) were executed, in order, once each."""

    def check(file: Path | str | Sequence[str]) -> None:
        lines = Path(file).read_text(encoding="latin-1").splitlines() if isinstance(file, str | Path) else list(file)
        commands = (line.partition(";")[0].strip(" \r\n") for line in lines)
        difference = difference_of(virtual_printer.ledger.moves, [command for command in commands if is_move(command)])
        if difference:
            pytest.fail(difference, pytrace=False)

    return check


def difference_of(executed: Sequence[str], wanted: Sequence[str]) -> str:
    """The first place where what was executed is not what was wanted, in words; empty if there is none."""
    for number, (ran, want) in enumerate(zip(executed, wanted, strict=False), 1):
        if ran != want:
            return f"move {number} of {len(wanted)} should have been {want!r}, but the printer executed {ran!r}"
    if len(executed) < len(wanted):
        following = wanted[len(executed)]
        return f"only {len(executed)} of {len(wanted)} moves were executed; the next would have been {following!r}"
    if len(executed) > len(wanted):
        following = executed[len(wanted)]
        return f"{len(executed)} moves were executed instead of {len(wanted)}; the first too many is {following!r}"
    return ""


def _marked_options(node: Any) -> dict[str, Any]:
    """What the markers of a test say of its printer; the nearest of each kind counts."""
    options: dict[str, Any] = {}
    for name in ("scenario", "persona"):
        if marker := node.get_closest_marker(name):
            options[name] = marker.args[0]
    if marker := node.get_closest_marker("faults"):
        options["faults"] = marker.args[0] if marker.args else FaultPlan(**marker.kwargs)
    if marker := node.get_closest_marker("virtual_printer"):
        options |= marker.kwargs
    return options


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for line in (
        "virtual_printer(**options): options of the virtual_printer fixture",
        "persona(name): which firmware the virtual printer is (hydrogen-sim personas)",
        "faults(name, **fields): what its wire and its board do wrong (hydrogen-sim faults)",
        "scenario(name): a story that happens to it (hydrogen-sim scenarios), or the path of a file",
        "hydrogen_service(sections=None, await_idle=True): options of the hydrogen_service fixture",
    ):
        config.addinivalue_line("markers", line)
