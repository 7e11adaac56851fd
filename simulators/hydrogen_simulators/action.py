"""What can be done to a virtual printer by hand, by the control socket and by a scenario: one vocabulary for all.

An action is a record, ``{"do": "say", "text": "//action:pause"}``: ``do`` names it, the other fields are its own. It is
checked when it is read, long before it is done, so that a slip in a scenario is told when the simulator starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from hydrogen_simulators.faults import FaultPlan, load_plan, plan_from_record
from hydrogen_simulators.firmware.heater import HeaterFailure
from hydrogen_simulators.firmware.marlin import VirtualMarlin


class ActionRefused(ValueError):
    """There is no such action, or it cannot be done like this; the message says what can."""


class Stage(Protocol):
    """A printer and its port, as far as actions need them; ``PseudoTerminalPrinter`` is one. Only for its loop's thread."""

    @property
    def printer(self) -> VirtualMarlin: ...
    @property
    def now(self) -> float: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def name(self) -> str: ...
    def unplug_now(self) -> None: ...
    def plug_in_now(self, link: Path | None = None) -> None: ...
    def change_weather_now(self, faults: FaultPlan, seed: int) -> None: ...
    def change_speed_now(self, speed: float | None) -> None: ...
    def facts(self) -> dict[str, object]: ...


Deed = Callable[[Stage], object]
"""An action that was checked: does it, and returns what is told about it (None: only that it was done)."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of action. ``fields`` tells for each field its type, and its value when left out (``...``: it must not be)."""

    sentence: str
    act: Callable[[Stage, Values], object]
    fields: Mapping[str, tuple[type | tuple[type, ...], object]] = field(default_factory=lambda: MappingProxyType({}))


_NUMBER = (int, float)
_HEATER: tuple[type, object] = (str, "E0")


def _set_temperature(stage: Stage, values: Values) -> None:
    stage.printer.set_temperature(values["heater"], float(values["celsius"]), stage.now)


def _set_target(stage: Stage, values: Values) -> None:
    stage.printer.set_target(values["heater"], float(values["celsius"]), stage.now)


def _fail_heater(stage: Stage, values: Values) -> None:
    stage.printer.fail_heater(values["heater"], HeaterFailure(values["how"]), stage.now)


def _filament(stage: Stage, values: Values) -> None:
    stage.printer.put_filament(values["present"], stage.now)


def _plug_in(stage: Stage, values: Values) -> None:
    stage.plug_in_now(Path(values["link"]) if values["link"] else None)


def _weather(stage: Stage, values: Values) -> None:
    stage.change_weather_now(_plan(values["faults"]), values["seed"])


def _plan(found: str | dict[str, Any]) -> FaultPlan:
    return load_plan(found) if isinstance(found, str) else plan_from_record(found)


def _speed(stage: Stage, values: Values) -> None:
    stage.change_speed_now(None if values["speed"] == "max" else float(values["speed"]))


def _state(stage: Stage, values: Values) -> dict[str, object]:
    printer = stage.printer
    heaters = {
        name: {"actual": round(reading.actual_celsius, 2), "target": reading.target_celsius, "power": reading.power}
        for name, reading in printer.temperatures.items()
    }
    return {
        "port": stage.name,
        "is_open": stage.is_open,
        "seconds": round(stage.now, 3),
        "heaters": heaters,
        "has_filament": printer.machine.has_filament,
        "is_muted": printer.is_muted,
        "is_printing_card": printer.is_printing_card,
        **stage.facts(),
    }


ACTIONS: Mapping[str, Kind] = MappingProxyType(
    {
        "state": Kind(sentence="tell heaters, position, counters, what the wire did", act=_state),
        "ledger": Kind(sentence="tell the ledger", act=lambda stage, values: stage.printer.ledger.as_dict()),
        "pull_cable": Kind(
            sentence="unplug it; the board keeps its power", act=lambda stage, values: stage.unplug_now()
        ),
        "plug_in": Kind(
            sentence="plug it in again, under the same name or another",
            act=_plug_in,
            fields=MappingProxyType({"link": (str, "")}),
        ),
        "reset": Kind(
            sentence="press the board's reset button", act=lambda stage, values: stage.printer.reset(stage.now)
        ),
        "say": Kind(
            sentence="let the board say a line of its own accord",
            act=lambda stage, values: stage.printer.say(values["text"]),
            fields=MappingProxyType({"text": (str, ...)}),
        ),
        "mute": Kind(
            sentence="let it say nothing more, as with a broken wire", act=lambda stage, values: stage.printer.mute()
        ),
        "unmute": Kind(sentence="let it speak again", act=lambda stage, values: stage.printer.unmute()),
        "halt": Kind(
            sentence="kill the board, as its protections do",
            act=lambda stage, values: stage.printer.halt(values["text"], stage.now),
            fields=MappingProxyType({"text": (str, "")}),
        ),
        "kill_button": Kind(
            sentence="press the kill button at the board", act=lambda stage, values: stage.printer.press_kill(stage.now)
        ),
        "knob": Kind(
            sentence="press the printer's knob: what waits for a person goes on",
            act=lambda stage, values: stage.printer.press_knob(stage.now),
        ),
        "panel": Kind(
            sentence="choose something at the printer's panel: the board runs this command",
            act=lambda stage, values: stage.printer.choose_at_panel(values["command"], stage.now),
            fields=MappingProxyType({"command": (str, ...)}),
        ),
        "set_temperature": Kind(
            sentence="let a sensor show this from now on; heat and cold go on from there",
            act=_set_temperature,
            fields=MappingProxyType({"heater": _HEATER, "celsius": (_NUMBER, ...)}),
        ),
        "set_target": Kind(
            sentence="turn a heater at the printer's panel",
            act=_set_target,
            fields=MappingProxyType({"heater": _HEATER, "celsius": (_NUMBER, ...)}),
        ),
        "fail_heater": Kind(
            sentence="break a heater: 'cold' (no power arrives) or 'stuck on'",
            act=_fail_heater,
            fields=MappingProxyType({"heater": _HEATER, "how": (str, "cold")}),
        ),
        "filament": Kind(
            sentence="take the filament out of its sensor, or put it in",
            act=_filament,
            fields=MappingProxyType({"present": (bool, ...)}),
        ),
        "break_end_stop": Kind(
            sentence="let homing never find its switch", act=lambda stage, values: stage.printer.break_end_stop()
        ),
        "print_card": Kind(
            sentence="print a file of the memory card, as its owner does at the panel",
            act=lambda stage, values: stage.printer.start_card_print(values["file"], stage.now),
            fields=MappingProxyType({"file": (str, ...)}),
        ),
        "weather": Kind(
            sentence="other faults on the wire from now on (name, file, or a plan's fields)",
            act=_weather,
            fields=MappingProxyType({"faults": ((str, dict), ...), "seed": (int, 0)}),
        ),
        "speed": Kind(
            sentence="let printer time run at another speed, 'max' is as fast as possible",
            act=_speed,
            fields=MappingProxyType({"speed": ((int, float, str), ...)}),
        ),
    }
)
"""Every action by name."""


def read_action(record: Mapping[str, Any]) -> Deed:
    """Check the record of an action.

    Raises:
        ActionRefused: unknown action or field, a field missing, or a value that it cannot have.
    """
    name = record.get("do")
    kind = ACTIONS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ActionRefused(f"no action {name!r}: 'do' is one of {', '.join(ACTIONS)}")
    given = {key: value for key, value in record.items() if key != "do"}
    for key in given:
        if key not in kind.fields:
            known = ", ".join(kind.fields) or "none"
            raise ActionRefused(f"{name} has no field {key!r}; its fields: {known}")
    values = {key: _checked(str(name), key, given, *rule) for key, rule in kind.fields.items()}
    _check_meaning(str(name), values)

    def deed(stage: Stage) -> object:
        try:
            return kind.act(stage, values)
        except (KeyError, ValueError) as error:
            raise ActionRefused(f"{name}: {error.args[0] if error.args else error}") from error

    return deed


def _checked(name: str, key: str, given: Values, wanted: type | tuple[type, ...], default: object) -> object:
    if key not in given:
        if default is ...:
            raise ActionRefused(f"{name} needs the field {key!r}")
        return default
    value = given[key]
    is_wrong_bool = isinstance(value, bool) and wanted is not bool
    if is_wrong_bool or not isinstance(value, wanted):
        kinds = wanted if isinstance(wanted, tuple) else (wanted,)
        raise ActionRefused(f"{name}: {key} must be {' or '.join(k.__name__ for k in kinds)}, found {value!r}")
    return value


def _check_meaning(name: str, values: Values) -> None:
    """What a type does not tell: names that must be known before the simulator starts."""
    if name == "fail_heater" and values["how"] not in {failure.value for failure in HeaterFailure}:
        raise ActionRefused(f"fail_heater: how must be 'cold' or 'stuck on', found {values['how']!r}")
    if name == "speed" and values["speed"] != "max" and not _is_positive(values["speed"]):
        raise ActionRefused(f"speed: must be a number greater than 0, or 'max', found {values['speed']!r}")
    if name == "weather":
        _plan(values["faults"])


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
