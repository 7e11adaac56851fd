"""A story that happens to a printer: when this, do that. Small TOML files; ``hydrogen-sim scenarios`` lists those shipped.

    title = "The cable comes off for three seconds"
    story = "OctoPrint/OctoPrint #1876"
    good = "the print goes on where it stopped"

    [printer]                  # optional: persona, faults, speed, and any field of MarlinSettings
    persona = "marlin-2"

    [[step]]
    when.move = 120            # what the step waits for: exactly one of the triggers below
    do = "pull_cable"          # an action (action.py) with its fields

    [[step]]
    when.real_seconds = 3
    do = "plug_in"

Steps follow one another: the second one waits from the moment in which the first one was done.

Triggers: ``move`` the N-th executed move since power on; ``moves`` N moves later; ``command`` a command that begins with this
text was executed; ``begins`` one begins to run (a dwell, a heat-up: it is still running then); ``seconds`` printer seconds,
``real_seconds`` real ones later; ``hotend``, ``bed`` the sensor shows so many degrees or more; ``cools_to`` the hotend shows so
many or less; ``open`` true: a host has opened the port.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hydrogen_simulators.action import ActionRefused, Deed, Stage, read_action
from hydrogen_simulators.faults import FaultPlan, load_plan, plan_from_record
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import persona_named

SHIPPED = Path(__file__).parent / "scenarios"
"""The folder of the scenarios that come with the package."""

LOOK_SECONDS = 0.25
"""Printer time between two looks at a sensor, or at the port."""

TRIGGERS: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "move": int,
        "moves": int,
        "command": str,
        "begins": str,
        "seconds": (int, float),
        "real_seconds": (int, float),
        "hotend": (int, float),
        "bed": (int, float),
        "cools_to": (int, float),
        "open": bool,
    }
)
"""What a step may wait for, and the type of its value."""

WORDS = ("title", "story", "good")
"""The texts of a scenario: what happens, where it was told, what a good host makes of it."""

_SIMPLE = (bool, int, float, str)


class ScenarioRefused(ValueError):
    """There is no such scenario, or its file is wrong; the message says what is known, or where the slip is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Wait for ``trigger`` to reach ``value``, then do it."""

    trigger: str
    value: Any
    deed: Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story that was read and checked. ``board`` are fields of ``MarlinSettings``."""

    name: str
    title: str
    story: str = ""
    good: str = ""
    persona: str = "marlin-2"
    faults: FaultPlan = field(default_factory=FaultPlan)
    speed: float | None = None
    board: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    steps: tuple[Step, ...] = ()


def scenario_names() -> list[str]:
    """The names of the scenarios that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_scenario(name_or_file: str) -> Scenario:
    """The shipped scenario of that name, or the one in a file.

    Raises:
        ScenarioRefused: there is none, or the file is no scenario.
    """
    path = SHIPPED / f"{name_or_file}.toml"
    if name_or_file not in scenario_names():
        path = Path(name_or_file)
    if not path.is_file():
        raise ScenarioRefused(f"no scenario {name_or_file!r}: give a file, or one of {', '.join(scenario_names())}")
    try:
        return scenario_from_record(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ScenarioRefused(f"{path}: {error}") from error


def scenario_from_record(name: str, record: Mapping[str, Any]) -> Scenario:
    """Check what a scenario's file holds; raises ValueError or TypeError that says what is wrong."""
    for key in record:
        if key not in (*WORDS, "printer", "step"):
            raise ValueError(f"unknown key {key!r}; known are {', '.join(WORDS)}, printer, step")
    if not record.get("title"):
        raise ValueError("a scenario needs a title")
    steps = record.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise TypeError("steps are written as [[step]]")
    return Scenario(
        name=name,
        title=str(record["title"]),
        story=str(record.get("story", "")),
        good=str(record.get("good", "")),
        **_printer(record.get("printer", {})),
        steps=tuple(_step(number, step) for number, step in enumerate(steps, 1)),
    )


def _printer(record: object) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise TypeError("printer must be a table")
    board = dict(record)
    found: dict[str, Any] = {"persona": board.pop("persona", "marlin-2"), "faults": _faults(board.pop("faults", {}))}
    speed = board.pop("speed", "max")
    if speed != "max" and not (isinstance(speed, int | float) and not isinstance(speed, bool) and speed > 0):
        raise ValueError(f"speed must be a number greater than 0, or 'max', found {speed!r}")
    settings = persona_named(found["persona"]).settings
    known = {each.name for each in fields(MarlinSettings)}
    for key, value in board.items():
        if key == "card" and isinstance(value, dict):
            board[key] = {name: str(text).encode("latin-1", "replace") for name, text in value.items()}
        elif key not in known or not isinstance(value, _SIMPLE):
            raise ValueError(
                f"[printer] has no {key!r}; known are persona, faults, speed, and fields of MarlinSettings"
            )
        elif type(value) is not type(getattr(settings, key)) and not isinstance(getattr(settings, key), float):
            raise TypeError(f"[printer] {key} must be of type {type(getattr(settings, key)).__name__}, found {value!r}")
    return found | {"speed": None if speed == "max" else float(speed), "board": MappingProxyType(board)}


def _faults(found: object) -> FaultPlan:
    if isinstance(found, str):
        return load_plan(found)
    return plan_from_record(found)


def _step(number: int, record: Mapping[str, Any]) -> Step:
    when = record.get("when")
    if not isinstance(when, dict) or len(when) != 1 or next(iter(when)) not in TRIGGERS:
        raise ValueError(f"step {number}: 'when' has exactly one of {', '.join(TRIGGERS)}")
    trigger, value = next(iter(when.items()))
    wanted = TRIGGERS[trigger]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise TypeError(f"step {number}: when.{trigger} has a wrong type: {value!r}")
    try:
        deed = read_action({key: each for key, each in record.items() if key != "when"})
    except (TypeError, ValueError) as error:
        raise ValueError(f"step {number}: {error}") from error
    return Step(trigger=trigger, value=value, deed=deed)


class ScenarioPlayer:
    """Lets a scenario happen to one printer, in the thread of its loop. ``real_time`` reads a monotonic clock.

    ``done`` counts the steps that were done, ``complaint`` is what the last one that could not be done said.
    """

    def __init__(self, scenario: Scenario, stage: Stage, real_time: Callable[[], float]) -> None:
        self.scenario = scenario
        self.done = 0
        self.complaint = ""
        self._stage = stage
        self._real_time = real_time
        self._since = 0.0
        self._real_since = real_time()
        self._moves_since = 0
        stage.printer.watch_commands(self._on_begun, self._on_executed)

    @property
    def is_over(self) -> bool:
        """True when every step was done."""
        return self.done >= len(self.scenario.steps)

    def look(self, now: float) -> None:
        """Do the steps whose time, temperature or host has come."""
        while (step := self._next) is not None and self._is_due(step, now):
            self._perform(step, now)

    def next_deadline(self) -> float | None:
        """When to look again."""
        step = self._next
        if step is None or step.trigger in ("move", "moves", "command", "begins"):
            return None
        if step.trigger == "seconds":
            return self._since + float(step.value)
        return self._stage.now + LOOK_SECONDS

    @property
    def _next(self) -> Step | None:
        steps = self.scenario.steps
        return steps[self.done] if self.done < len(steps) else None

    def _is_due(self, step: Step, now: float) -> bool:
        match step.trigger:
            case "seconds":
                return now >= self._since + float(step.value)
            case "real_seconds":
                return self._real_time() - self._real_since >= float(step.value)
            case "open":
                return self._stage.is_open is step.value
            case "hotend" | "bed" | "cools_to":
                return self._is_hot_enough(step)
            case "move":
                return self._stage.printer.ledger.move_count >= int(step.value)
            case "moves":
                return self._stage.printer.ledger.move_count - self._moves_since >= int(step.value)
            case _:
                return False

    def _is_hot_enough(self, step: Step) -> bool:
        reading = self._stage.printer.temperatures.get("bed" if step.trigger == "bed" else "E0")
        if reading is None:
            return False
        if step.trigger == "cools_to":
            return reading.actual_celsius <= float(step.value)
        return reading.actual_celsius >= float(step.value)

    def _on_begun(self, command: str, now: float) -> None:
        step = self._next
        if step is not None and step.trigger == "begins" and command.startswith(step.value):
            self._perform(step, now)

    def _on_executed(self, command: str, now: float) -> None:
        step = self._next
        while step is not None:
            is_hit = step.trigger == "command" and command.startswith(step.value)
            if not (is_hit or (step.trigger in ("move", "moves") and self._is_due(step, now))):
                return
            self._perform(step, now)
            step = self._next if self._next is not None and self._next.trigger != "command" else None

    def _perform(self, step: Step, now: float) -> None:
        self.done += 1
        self._since, self._real_since = now, self._real_time()
        self._moves_since = self._stage.printer.ledger.move_count
        try:
            step.deed(self._stage)
        except ActionRefused as error:
            self.complaint = str(error)
