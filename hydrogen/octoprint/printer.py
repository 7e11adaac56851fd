"""`/api/printer`: temperatures, state, and everything that is done to the printer by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.responses import Response

from hydrogen.errors import Conflict, InvalidMessage, NotFound
from hydrogen.model.printer import PrinterState
from hydrogen.octoprint.answer import NotOperational, done, told
from hydrogen.octoprint.command import Body, FaceCommander, command_of
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.octoprint.translate import history_body, is_operational, state_body, temperature_body

JOG_FEEDRATES: Mapping[str, float] = {"x": 6000.0, "y": 6000.0, "z": 200.0}
"""mm per minute of a jog that names no speed; the slowest axis of a move decides. OctoPrint's defaults (printer profile)."""

EXTRUDE_FEEDRATE = 300.0
"""The same for filament."""

HISTORY_LIMIT = 300
"""Moments of the past for a client that names no limit, as OctoPrint."""

MOST_LINES = 100
"""Of one `printer/command`."""

Target = Annotated[float, Field(ge=0, le=1000)]
Length = Annotated[float, Field(ge=-1000, le=1000)]
Speed = Annotated[float, Field(gt=0, le=60_000)]


class ToolBody(Body):
    command: Literal["select", "target", "offset", "extrude", "flowrate"]
    tool: str | None = None
    targets: dict[str, Target] | None = None
    offsets: dict[str, float] | None = None
    amount: Length | None = None
    speed: Speed | None = None
    factor: float | None = None


class HeaterBody(Body):
    command: Literal["target", "offset"]
    target: Target | None = None
    offset: float | None = None


class HeadBody(Body):
    command: Literal["jog", "home", "feedrate"]
    x: Length | None = None
    y: Length | None = None
    z: Length | None = None
    absolute: bool = False
    speed: Speed | bool | None = None
    axes: list[str] | None = None
    factor: float | None = None


class PrinterRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander) -> None:
        self._faces = door.faces
        self._commander = commander

    @property
    def routes(self) -> list[FaceRoute]:
        looking = [
            FaceRoute(name=name, method="GET", path=path, handler=handler, scope="read")
            for name, path, handler in (
                ("printer", "/api/printer", self.show),
                ("tool", "/api/printer/tool", self.show_tools),
                ("bed", "/api/printer/bed", self.show_bed),
                ("chamber", "/api/printer/chamber", self.show_chamber),
                ("sd", "/api/printer/sd", self.show_card),
                ("error", "/api/printer/error", self.show_error),
                ("custom_controls", "/api/printer/command/custom", self.custom_controls),
            )
        ]
        doing = [
            FaceRoute(name=f"{name}_command", method="POST", path=path, handler=handler)
            for name, path, handler in (
                ("tool", "/api/printer/tool", self.tool_command),
                ("bed", "/api/printer/bed", self.bed_command),
                ("chamber", "/api/printer/chamber", self.chamber_command),
                ("printhead", "/api/printer/printhead", self.head_command),
                ("sd", "/api/printer/sd", self.card_command),
                ("gcode", "/api/printer/command", self.gcode),
            )
        ]
        return [*looking, *doing]

    # ------------------------------------------------------------------------------------------------------- looking

    async def show(self, visit: Visit) -> Response:
        """`{"temperature", "sd", "state"}` without what `?exclude=` names; 409 unless operational. `?history=true` adds the
        temperatures' past, `?limit=` moments of it."""
        printer = self._operational(visit)
        excluded = set(visit.request.query_params.get("exclude", "").split(","))
        body: dict[str, Any] = {}
        if "temperature" not in excluded:
            body["temperature"] = {**temperature_body(printer), **await self._history(visit)}
        if "sd" not in excluded:
            body["sd"] = {"ready": False}
        if "state" not in excluded:
            body["state"] = state_body(printer)
        return told(body)

    async def show_tools(self, visit: Visit) -> Response:
        """The tools' temperatures."""
        return await self._some(visit, "tool")

    async def show_bed(self, visit: Visit) -> Response:
        """The bed's; 409 for a printer without one."""
        return await self._some(visit, "bed")

    async def show_chamber(self, visit: Visit) -> Response:
        """The chamber's; 409 for a printer without one."""
        return await self._some(visit, "chamber")

    async def show_card(self, visit: Visit) -> Response:
        """The printer's own card is not used by this host."""
        self._operational(visit)
        return told({"ready": False})

    async def show_error(self, visit: Visit) -> Response:
        """The last error that still explains the state; `{}` where there is none."""
        error = self._faces.printer(visit.face).error
        return told({} if error is None else {"error": error.message, "reason": error.code})

    async def custom_controls(self, _visit: Visit) -> Response:
        """There are none."""
        return told({"controls": []})

    # --------------------------------------------------------------------------------------------------------- doing

    async def tool_command(self, visit: Visit) -> Response:
        """select, target, extrude, flowrate. An offset other than 0 is refused: nothing adds it to a job's targets."""
        body = await self._commander.read(visit, ToolBody)
        self._operational(visit)
        match body.command:
            case "target":
                return await self._set_targets(visit, body.targets or {}, kind="tool")
            case "offset":
                return _no_offset(*(body.offsets or {}).values())
            case "select":
                return await self._commander.promptly(visit, "printer.select_tool", {"tool": _tool_number(body.tool)})
            case "extrude":
                if body.amount is None:
                    raise InvalidMessage("how much? `amount` is missing", field="amount")
                params: dict[str, Any] = {
                    "length_mm": body.amount,
                    "feedrate_mm_per_minute": body.speed or EXTRUDE_FEEDRATE,
                }
                return await self._commander.promptly(visit, "printer.extrude", params)
            case "flowrate":
                params = {"percent": _percent(body.factor, 75, 125)}
                return await self._commander.promptly(visit, "printer.set_flow", params)

    async def bed_command(self, visit: Visit) -> Response:
        """target; an offset as for tools."""
        return await self._heater_command(visit, "bed")

    async def chamber_command(self, visit: Visit) -> Response:
        """The same."""
        return await self._heater_command(visit, "chamber")

    async def head_command(self, visit: Visit) -> Response:
        """jog, home: 409 while printing; feedrate at any time."""
        body = await self._commander.read(visit, HeadBody)
        self._operational(visit)
        if body.command == "feedrate":
            params: dict[str, Any] = {"percent": _percent(body.factor, 50, 200)}
            return await self._commander.promptly(visit, "printer.set_feedrate", params)
        if body.command == "home":
            axes = "".join(axis for axis in "xyz" if axis in [one.lower() for one in body.axes or ()])
            if not axes or len(axes) != len(body.axes or ()):
                raise InvalidMessage("axes: each of x, y, z at most once, one at least", field="axes")
            return await self._commander.promptly(visit, "printer.home", {"axes": axes})
        places = {axis: value for axis in "xyz" if (value := getattr(body, axis)) is not None}
        if not places:
            raise InvalidMessage("a jog names one of x, y, z at least", field="x")
        if not body.absolute and not any(places.values()):
            return done()  # some name all three, whatever is wanted
        speed = body.speed if body.speed and not isinstance(body.speed, bool) else _slowest(places)
        params = {f"{axis}_mm": value for axis, value in places.items()} | {"feedrate_mm_per_minute": float(speed)}
        return await self._commander.promptly(visit, "printer.move" if body.absolute else "printer.jog", params)

    async def card_command(self, visit: Visit) -> Response:
        """409: the printer's own card is not used by this host."""
        command_of(await self._commander.body(visit), ("init", "refresh", "release"))
        raise Conflict("the printer's SD card is not used here")

    async def gcode(self, visit: Visit) -> Response:
        """`command` or `commands`: lines that are sent as they are, also between those of a job."""
        body = await self._commander.body(visit)
        self._operational(visit)
        if "script" in body:
            raise NotFound("there are no scripts here")
        lines = body.get("commands", [body["command"]] if "command" in body else None)
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise InvalidMessage("`command` (a text) or `commands` (a list of texts) is needed", field="commands")
        sent = [line.strip() for text in lines for line in text.splitlines() if line.strip()]
        if not sent:
            return done()
        return await self._commander.promptly(visit, "printer.send_gcode", {"lines": sent[: MOST_LINES + 1]})

    # ----------------------------------------------------------------------------------------------------- privately

    def _operational(self, visit: Visit) -> PrinterState:
        printer = self._faces.printer(visit.face)
        if not is_operational(printer):
            raise NotOperational("Printer is not operational")
        return printer

    async def _some(self, visit: Visit, kind: str) -> Response:
        printer = self._operational(visit)
        heaters = _heaters_of(printer, kind)
        if not heaters and kind != "tool":
            raise Conflict(f"Printer does not have a heated {kind}")
        return told({**temperature_body(printer, heaters), **await self._history(visit, heaters)})

    async def _history(self, visit: Visit, heaters: frozenset[str] | None = None) -> dict[str, Any]:
        query = visit.request.query_params
        if query.get("history", "").lower() not in ("true", "yes", "y", "1", "t"):
            return {}
        told_limit = query.get("limit", "")
        is_number = told_limit.isascii() and told_limit.isdecimal() and len(told_limit) < 10
        limit = int(told_limit) if is_number else HISTORY_LIMIT
        past = await self._commander.carry_out(visit, "temperature.history")
        return {"history": history_body(past["heaters"], limit=limit or None, heaters=heaters)}

    async def _heater_command(self, visit: Visit, heater: str) -> Response:
        body = await self._commander.read(visit, HeaterBody)
        printer = self._operational(visit)
        if not _heaters_of(printer, heater):
            raise Conflict(f"Printer does not have a heated {heater}")
        if body.command == "offset":
            return _no_offset(body.offset)
        if body.target is None:
            raise InvalidMessage("how hot? `target` is missing", field="target")
        return await self._set_targets(visit, {heater: body.target}, kind=heater)

    async def _set_targets(self, visit: Visit, targets: Mapping[str, float], *, kind: str) -> Response:
        if not targets or not all(name.startswith(kind) for name in targets):
            raise InvalidMessage(f"targets: {kind}0, {kind}1 … with degrees Celsius", field="targets")
        answer = done()
        for heater, target in targets.items():
            params = {"heater": heater, "target_celsius": target}
            answer = await self._commander.promptly(visit, "printer.set_temperature", params)
        return answer


def _heaters_of(printer: PrinterState, kind: str) -> frozenset[str]:
    return frozenset(name for name in printer.heaters if name.startswith(kind))


def _no_offset(*offsets: float | None) -> Response:
    if any(offsets):
        raise InvalidMessage("temperature offsets are not applied here: set the target", field="offset")
    return done()


def _tool_number(tool: str | None) -> int:
    digits = (tool or "").removeprefix("tool")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 2:
        raise InvalidMessage("which tool? tool0, tool1 …", field="tool")
    return int(digits)


def _percent(factor: float | None, low: int, high: int) -> int:
    """A factor of 0.75 is one of 75 %. Raises InvalidMessage."""
    if factor is None or isinstance(factor, bool):
        raise InvalidMessage("`factor` is missing", field="factor")
    percent = round(factor * 100) if factor <= high / 100 else round(factor)
    if not low <= percent <= high:
        raise InvalidMessage(f"factor must be from {low} to {high} percent", field="factor", limit=high)
    return percent


def _slowest(places: Mapping[str, float]) -> float:
    return min(JOG_FEEDRATES[axis] for axis in places)
