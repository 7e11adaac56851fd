"""Operations on a printer: connection, heat, motion, raw G-code, and the two that make it safe."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import permutations
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from hydrogen.errors import HydrogenError, InvalidMessage, NotFound, Unavailable
from hydrogen.model.ids import is_heater_name
from hydrogen.operations.operation import Call, NoParams, Operation, Params, PrinterFleet
from hydrogen.spooler.request import (
    AnswerPrompt,
    ConnectPrinter,
    CoolDown,
    DisconnectPrinter,
    EmergencyStop,
    Extrude,
    Home,
    Jog,
    MoveTo,
    Request,
    SendGcode,
    SetTemperature,
)

HIGHEST_CELSIUS: tuple[tuple[str, float], ...] = (("tool", 320.0), ("bed", 140.0), ("chamber", 90.0))
"""By the beginning of the heater's name: above what all-metal hotends, heated beds and chambers of such printers are made
for, and below what melts them. The firmware's own limit is the stricter one; this one catches a slip of the keyboard."""

Line = Annotated[str, Field(min_length=1, max_length=96, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""96 is Marlin's MAX_CMD_SIZE (Configuration_adv.h): what is longer is cut by the firmware."""

Distance = Annotated[float, Field(ge=-1000, le=1000)]
"""mm; more than any axis of a desktop printer."""

Feedrate = Annotated[float, Field(gt=0, le=60_000)]
"""mm per minute; 1 m/s is beyond every desktop printer."""


AXES = tuple("".join(axes) for count in range(4) for axes in permutations("xyz", count))
"""Each axis at most once, in any order; the empty text is all of them."""


class SendGcodeParams(Params):
    lines: Annotated[list[Line], Field(min_length=1, max_length=100)]


class SetTemperatureParams(Params):
    heater: Annotated[str, Field(min_length=1, max_length=32)]
    target_celsius: Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": HIGHEST_CELSIUS[0][1]})]


class HomeParams(Params):
    axes: Annotated[str, Field(pattern=r"^[xyz]{0,3}$", json_schema_extra={"enum": list(AXES)})] = ""

    @field_validator("axes")
    @classmethod
    def _name_each_axis_once(cls, axes: str) -> str:
        if len(set(axes)) != len(axes):
            raise ValueError("each axis at most once")
        return axes


class JogParams(Params):
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [axis], "properties": {axis: {"type": "number"}}} for axis in ("x_mm", "y_mm", "z_mm")
            ]
        }
    )

    x_mm: Distance | None = None
    y_mm: Distance | None = None
    z_mm: Distance | None = None
    feedrate_mm_per_minute: Feedrate = 3000.0

    @model_validator(mode="after")
    def _move_somewhere(self) -> JogParams:
        if self.x_mm is None and self.y_mm is None and self.z_mm is None:
            raise ValueError("at least one of x_mm, y_mm, z_mm is needed")
        return self


class MoveParams(JogParams):
    pass


class FactorParams(Params):
    percent: Annotated[int, Field(ge=10, le=500)]


class FanParams(Params):
    percent: Annotated[int, Field(ge=0, le=100)]
    fan: Annotated[int, Field(ge=0, le=9)] = 0


class ToolParams(Params):
    tool: Annotated[int, Field(ge=0, le=15)]


class ExtrudeParams(Params):
    length_mm: Annotated[float, Field(ge=-500, le=500)]
    feedrate_mm_per_minute: Annotated[float, Field(gt=0, le=6000)] = 200.0
    tool: Annotated[int, Field(ge=0, le=15)] | None = None


class AnswerPromptParams(Params):
    button: Annotated[int, Field(ge=0, le=15)] | Annotated[str, Field(max_length=60)] | None = None


class PrinterOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, fleet: PrinterFleet) -> None:
        self._fleet = fleet

    async def connect(self, call: Call) -> Mapping[str, Any]:
        """Open the port and shake hands. Answered once the printer takes commands; does nothing if it does already."""
        return await self._ask(call, ConnectPrinter(actor=call.actor, idempotency_key=call.repeat_key))

    async def disconnect(self, call: Call) -> Mapping[str, Any]:
        """Heaters off, port closed. `conflict` while a job runs."""
        return await self._ask(call, DisconnectPrinter(actor=call.actor, idempotency_key=call.repeat_key))

    async def send_gcode(self, call: Call) -> Mapping[str, Any]:
        """Send lines in order, between those of a job. Answered once all are acknowledged: `{"replies": [...]}`."""
        lines = tuple(call.params.lines)
        return await self._ask(call, SendGcode(lines=lines, actor=call.actor, idempotency_key=call.repeat_key))

    async def set_temperature(self, call: Call) -> Mapping[str, Any]:
        """Set a heater's target in degrees Celsius; 0 is off. The new target is true when the printer reports it."""
        heater, target = call.params.heater, float(call.params.target_celsius)
        check_target(heater, target)
        request = SetTemperature(
            heater=heater, target_celsius=target, actor=call.actor, idempotency_key=call.repeat_key
        )
        return await self._ask(call, request)

    async def home(self, call: Call) -> Mapping[str, Any]:
        """Home the axes named (`"xy"`), or all. `conflict` while printing."""
        return await self._ask(call, Home(axes=call.params.axes, actor=call.actor, idempotency_key=call.repeat_key))

    async def jog(self, call: Call) -> Mapping[str, Any]:
        """Move by distances in mm, relative to where the head is. `conflict` while printing."""
        return await self._ask(call, Jog(**_way_of(call)))

    async def move(self, call: Call) -> Mapping[str, Any]:
        """Move to a place in mm, as the printer counts. `conflict` while printing."""
        return await self._ask(call, MoveTo(**_way_of(call)))

    async def set_feedrate(self, call: Call) -> Mapping[str, Any]:
        """All moves at so many percent of their feedrate, also those of a job; 100 is as the file says."""
        return await self._say(call, f"M220 S{call.params.percent}")

    async def set_flow(self, call: Call) -> Mapping[str, Any]:
        """Push so many percent of the filament that is asked for, also by a job; 100 is as the file says."""
        return await self._say(call, f"M221 S{call.params.percent}")

    async def set_fan(self, call: Call) -> Mapping[str, Any]:
        """Run a fan at so many percent; 0 is off. The part-cooling fan is 0."""
        wanted = call.params
        number = f" P{wanted.fan}" if wanted.fan else ""
        power = round(wanted.percent * 255 / 100)
        return await self._say(call, f"M106{number} S{power}" if power else f"M107{number}")

    async def select_tool(self, call: Call) -> Mapping[str, Any]:
        """Make this tool the one that moves and extrudes from now on."""
        return await self._say(call, f"T{call.params.tool}")

    async def extrude(self, call: Call) -> Mapping[str, Any]:
        """Push filament by a length in mm; negative retracts. `conflict` while printing."""
        wanted = call.params
        request = Extrude(
            length_mm=wanted.length_mm,
            feedrate_mm_per_minute=wanted.feedrate_mm_per_minute,
            tool=wanted.tool,
            actor=call.actor,
            idempotency_key=call.repeat_key,
        )
        return await self._ask(call, request)

    async def answer_prompt(self, call: Call) -> Mapping[str, Any]:
        """Press a button of the printer's prompt: its name, or its number from 0; neither where there is no choice.

        `{"button", "emergency": [{line, seen, confirmed}]}`; the prompt closes, and the printer says what it waits for next.
        """
        button = "" if call.params.button is None else str(call.params.button)
        return await self._ask(call, AnswerPrompt(button=button, actor=call.actor, idempotency_key=call.repeat_key))

    async def cool_down(self, call: Call) -> Mapping[str, Any]:
        """All heaters off, ahead of every other command, in every state that has a connection."""
        return await self._ask(call, CoolDown(actor=call.actor))

    async def emergency_stop(self, call: Call) -> Mapping[str, Any]:
        """Kill the printer now, past every queue; without `printer`, all printers that the caller may control.

        Answered once the bytes are at the port: `{"stopped": [names], "emergency": {name: [{line, seen, confirmed}]}}`, and
        `failed` with an error object for each printer that could not be reached.
        """
        targets = self._targets_of(call)
        outcomes = await asyncio.gather(*(self._stop(name, call.actor) for name in targets))
        done = dict(zip(targets, outcomes, strict=True))
        failed = {name: outcome for name, outcome in done.items() if isinstance(outcome, HydrogenError)}
        if len(failed) == len(targets):
            raise next(iter(failed.values()))
        answers = {name: outcome for name, outcome in done.items() if not isinstance(outcome, HydrogenError)}
        result: dict[str, Any] = {"stopped": list(answers)}
        words = {name: answer["emergency"] for name, answer in answers.items() if "emergency" in answer}
        if words:
            result["emergency"] = words
        if failed:
            result["failed"] = {name: error.as_wire() for name, error in failed.items()}
        return result

    def _targets_of(self, call: Call) -> tuple[str, ...]:
        if call.printer is not None:
            return (call.printer,)
        targets = tuple(name for name in self._fleet.names if call.principal.may_reach(name))
        if not targets:
            raise Unavailable("there is no printer to stop")
        return targets

    async def _stop(self, printer: str, actor: str) -> Mapping[str, Any] | HydrogenError:
        try:
            return await self._fleet.request(printer, EmergencyStop(actor=actor))
        except HydrogenError as error:
            return error

    async def _say(self, call: Call, line: str) -> Mapping[str, Any]:
        await self._ask(call, SendGcode(lines=(line,), actor=call.actor, idempotency_key=call.repeat_key))
        return {}

    async def _ask(self, call: Call, request: Request) -> Mapping[str, Any]:
        return await self._fleet.request(call.target, request)


def check_target(heater: str, target_celsius: float) -> None:
    """Raises NotFound for what is no heater, InvalidMessage with the limit for what no such heater stands."""
    highest = next((celsius for prefix, celsius in HIGHEST_CELSIUS if heater.startswith(prefix)), None)
    if highest is None or not is_heater_name(heater):
        raise NotFound(f"unknown heater {heater!r}: tool0, tool1 …, bed, chamber", heater=heater)
    limit = 0.0 if target_celsius < 0 else highest
    if not 0 <= target_celsius <= highest:
        raise InvalidMessage(
            f"printer.set_temperature: target_celsius: {heater} takes 0 to {highest:g} °C",
            field="target_celsius",
            reason=f"must be from 0 to {highest:g}",
            limit=limit,
        )


def _way_of(call: Call) -> dict[str, Any]:
    """The fields that a jog and a move have in common."""
    wanted = call.params
    return {
        "x_mm": wanted.x_mm,
        "y_mm": wanted.y_mm,
        "z_mm": wanted.z_mm,
        "feedrate_mm_per_minute": wanted.feedrate_mm_per_minute,
        "actor": call.actor,
        "idempotency_key": call.repeat_key,
    }


def printer_operations(fleet: PrinterFleet) -> list[Operation]:
    """All operations of this module, bound to `fleet`."""
    does = PrinterOperations(fleet)

    def declare(name: str, params: type[Params], summary: str, handler: Any, *, is_urgent: bool = False) -> Operation:
        return Operation(
            name=f"printer.{name}",
            params=params,
            scope="emergency" if is_urgent else "control",
            summary=summary,
            handler=handler,
            needs_printer=name != "emergency_stop",
            is_urgent=is_urgent,
        )

    return [
        declare("connect", NoParams, "Open the port", does.connect),
        declare("disconnect", NoParams, "Close the port", does.disconnect),
        declare("send_gcode", SendGcodeParams, "Send G-code", does.send_gcode),
        declare("set_temperature", SetTemperatureParams, "Set a heater's target", does.set_temperature),
        declare("home", HomeParams, "Home the axes", does.home),
        declare("jog", JogParams, "Move the head", does.jog),
        declare("move", MoveParams, "Move the head to a place", does.move),
        declare("set_feedrate", FactorParams, "Turn the speed up or down", does.set_feedrate),
        declare("set_flow", FactorParams, "Turn the flow up or down", does.set_flow),
        declare("set_fan", FanParams, "Run a fan", does.set_fan),
        declare("select_tool", ToolParams, "Select a tool", does.select_tool),
        declare("extrude", ExtrudeParams, "Push or pull filament", does.extrude),
        declare("answer_prompt", AnswerPromptParams, "Answer the printer's prompt", does.answer_prompt),
        declare("cool_down", NoParams, "All heaters off", does.cool_down, is_urgent=True),
        declare("emergency_stop", NoParams, "Stop the printer at once", does.emergency_stop, is_urgent=True),
    ]
