"""What a printer is in after the lines it was given: places, modes, targets. The words, and what each command does to them.

Only what a print that was cut off needs to be taken up again is followed. What a firmware does by itself (a probe, a nozzle
clean) leaves the position unknown until the file names it again. Rules are Marlin's (facts/marlin.md): G90 and G91 set the
extruder's mode too, M82 and M83 override it; G28 undoes the shift of G92; `M84 S` sets a time and frees nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hydrogen.gcode.line import command_of
from hydrogen.gcode.object_mark import mark_after

MM_PER_INCH = 25.4

AXES = "xyz"

NUMBER = rb"-?(?:\d+\.?\d*|\.\d+)"

_words = re.compile(rb"([A-Z]) *([-+]?(?:\d+\.?\d*|\.\d+))?").findall

_HEATERS: Mapping[bytes, str] = MappingProxyType(
    {b"M104": "tool", b"M109": "tool", b"M140": "bed", b"M190": "bed", b"M141": "chamber", b"M191": "chamber"}
)


def _nothing() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """What is known behind some line of a file.

    x_mm, y_mm, z_mm, e_mm: in the file's coordinates; None while unknown. shift_mm: by axis, what G92 added to the machine's
    own coordinates; an axis that is missing is shifted by an unknown amount. homed: the axes that G28 found and M84 has not
    freed, of `xyz`. is_relative, is_extruder_relative, is_inches: G91, M83, G20. fans: by index, 0 to 255. targets_celsius:
    by heater. retracted_mm: how far the filament is drawn back behind the farthest place it was pushed to;
    is_firmware_retracted: the same by G10. layer_z_mm: where plastic was laid last, highest_z_mm: the highest such place.
    is_levelled: a mesh was made or turned on (G29, M420 S1); None while nothing was said of it. settings: lines that set what
    a board forgets (M204, M900 …), merged by command. object_mark: the line that began the object whose lines come now, in the
    words of the firmware (M486 S, EXCLUDE_OBJECT_START); empty: none.
    """

    x_mm: float | None = None
    y_mm: float | None = None
    z_mm: float | None = None
    e_mm: float | None = None
    shift_mm: Mapping[str, float] = field(default_factory=_nothing)
    homed: str = ""
    is_relative: bool = False
    is_extruder_relative: bool = False
    is_inches: bool = False
    feedrate_mm_per_minute: float | None = None
    speed_percent: float = 100.0
    flow_percent: Mapping[str, float] = field(default_factory=_nothing)
    tool: int = 0
    fans: Mapping[str, float] = field(default_factory=_nothing)
    targets_celsius: Mapping[str, float] = field(default_factory=_nothing)
    retracted_mm: float = 0.0
    is_firmware_retracted: bool = False
    layer_z_mm: float | None = None
    highest_z_mm: float | None = None
    is_levelled: bool | None = None
    settings: tuple[str, ...] = ()
    object_mark: str = ""


def words_of(body: bytes) -> dict[bytes, float | None]:
    """The words behind the command's own (`G1 X2` → X: 2). Of two words with one letter the last counts, as in Marlin."""
    found = _words(body)[1:]
    return {letter: float(value) if value else None for letter, value in found}


@dataclass(slots=True)
class Machine:
    """The state while it is followed. `obey` takes prepared lines one by one; machine_scanner.py does it in blocks.

    pushed, farthest: filament in mm since the start, and the most it ever was.
    """

    place: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(AXES))
    shift: dict[str, float] = field(default_factory=lambda: dict.fromkeys(AXES, 0.0))
    e: float | None = None
    pushed: float = 0.0
    farthest: float = 0.0
    homed: set[str] = field(default_factory=set)
    is_relative: bool = False
    is_extruder_relative: bool = False
    is_inches: bool = False
    feedrate: float | None = None
    speed_percent: float = 100.0
    flow: dict[str, float] = field(default_factory=dict)
    tool: int = 0
    fans: dict[str, float] = field(default_factory=dict)
    targets: dict[str, float] = field(default_factory=dict)
    is_firmware_retracted: bool = False
    layer_z: float | None = None
    highest_z: float | None = None
    is_levelled: bool | None = None
    settings: dict[bytes, dict[bytes, float | None]] = field(default_factory=dict)
    object_mark: str = ""

    def obey(self, body: bytes, command: bytes | None = None) -> None:
        """A prepared line (`line.prepare`); `command` is its `command_of`, where the caller knows it."""
        command = command_of(body) if command is None else command
        act = ACTS.get(command)
        if act is not None:
            act(self, command, body)
        elif command[:1] == b"T" and command[1:].isdigit():
            self.tool = int(command[1:])
            self.farthest = self.pushed

    def snapshot(self) -> MachineState:
        """The state of this moment."""
        return MachineState(
            x_mm=self.place["x"],
            y_mm=self.place["y"],
            z_mm=self.place["z"],
            e_mm=self.e,
            shift_mm=MappingProxyType(dict(self.shift)),
            homed="".join(axis for axis in AXES if axis in self.homed),
            is_relative=self.is_relative,
            is_extruder_relative=self.is_extruder_relative,
            is_inches=self.is_inches,
            feedrate_mm_per_minute=self.feedrate,
            speed_percent=self.speed_percent,
            flow_percent=MappingProxyType(dict(self.flow)),
            tool=self.tool,
            fans=MappingProxyType(dict(self.fans)),
            targets_celsius=MappingProxyType(dict(self.targets)),
            retracted_mm=round(self.farthest - self.pushed, 5),
            is_firmware_retracted=self.is_firmware_retracted,
            layer_z_mm=self.layer_z,
            highest_z_mm=self.highest_z,
            is_levelled=self.is_levelled,
            settings=tuple(_setting_line(command, words) for command, words in self.settings.items()),
            object_mark=self.object_mark,
        )

    def lay_at(self, z: float | None) -> None:
        """Plastic was laid at `z`."""
        if z is not None:
            self.layer_z = z
            self.highest_z = z if self.highest_z is None else max(self.highest_z, z)

    def push_to(self, e: float) -> float:
        """The extruder is told to stand at `e`; returns how far that is, 0 from an unknown place."""
        pushed = 0.0 if self.e is None else e - self.e
        self.e = e
        self.push(pushed)
        return pushed

    def push(self, length: float) -> None:
        """`length` mm of filament, negative back."""
        self.pushed += length
        self.farthest = max(self.farthest, self.pushed)

    def lose_place(self) -> None:
        """The firmware moved by itself."""
        self.place = dict.fromkeys(AXES)


def _setting_line(command: bytes, words: Mapping[bytes, float | None]) -> str:
    texts = [f"{letter.decode()}{'' if value is None else f'{value:g}'}" for letter, value in words.items()]
    return " ".join([command.decode(), *texts])


# ------------------------------------------------------------------------------------------------- what commands do


def _move(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    scale = MM_PER_INCH if machine.is_inches else 1.0
    for axis in AXES:
        value = words.get(axis.upper().encode())
        if value is not None:
            before = machine.place[axis]
            value *= scale
            machine.place[axis] = (None if before is None else before + value) if machine.is_relative else value
    feedrate = words.get(b"F")
    if feedrate is not None and feedrate > 0:
        machine.feedrate = feedrate * scale
    pushed = _extrude(machine, words.get(b"E"), scale)
    if pushed > 0 and not words.keys().isdisjoint(_LAYS):
        machine.lay_at(machine.place["z"])


_LAYS = frozenset({b"X", b"Y", b"I", b"J"})
"""A move that pushes filament and has one of these lays it down; else it only primes."""


def _extrude(machine: Machine, value: float | None, scale: float) -> float:
    if value is None:
        return 0.0
    value *= scale
    if not machine.is_extruder_relative:
        return machine.push_to(value)
    if machine.e is not None:
        machine.e += value
    machine.push(value)
    return value


def _home(machine: Machine, command: bytes, body: bytes) -> None:
    """Where the end stops are is the machine's business; homing X or Y may lift Z as well (Marlin `Z_HOMING_HEIGHT`)."""
    named = {letter.decode().lower() for letter in words_of(body) if letter in (b"X", b"Y", b"Z")} or set(AXES)
    for axis in named:
        machine.shift[axis] = 0.0
        machine.homed.add(axis)
        machine.place[axis] = None
    machine.place["z"] = None


def _set_position(machine: Machine, command: bytes, body: bytes) -> None:
    if body[3:4] == b".":
        machine.lose_place()
        machine.shift.clear()
        return
    scale = MM_PER_INCH if machine.is_inches else 1.0
    for letter, value in words_of(body).items():
        axis = letter.decode().lower()
        if axis == "e":
            machine.e = (value or 0.0) * scale
        elif axis in AXES:
            _shift(machine, axis, (value or 0.0) * scale)


def _shift(machine: Machine, axis: str, to: float) -> None:
    at = machine.place[axis]
    if at is None or axis not in machine.shift:
        machine.shift.pop(axis, None)
    else:
        machine.shift[axis] += to - at
    machine.place[axis] = to


def _lose_place(machine: Machine, command: bytes, body: bytes) -> None:
    machine.lose_place()


def _change_workspace(machine: Machine, command: bytes, body: bytes) -> None:
    machine.lose_place()
    machine.shift.clear()


def _level(machine: Machine, command: bytes, body: bytes) -> None:
    machine.lose_place()
    machine.is_levelled = True


def _switch_levelling(machine: Machine, command: bytes, body: bytes) -> None:
    switch = words_of(body).get(b"S")
    if switch is not None:
        machine.is_levelled = switch > 0


def _set_mode(machine: Machine, command: bytes, body: bytes) -> None:
    if command in (b"G90", b"G91"):
        machine.is_relative = machine.is_extruder_relative = command == b"G91"
    elif command in (b"M82", b"M83"):
        machine.is_extruder_relative = command == b"M83"
    else:
        machine.is_inches = command == b"G20"


def _retract(machine: Machine, command: bytes, body: bytes) -> None:
    """G10 with P or L sets offsets (RepRapFirmware), and moves nothing."""
    if words_of(body).keys().isdisjoint({b"P", b"L"}):
        machine.is_firmware_retracted = command == b"G10"


def _free_motors(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    named = {letter.decode().lower() for letter in words if letter in (b"X", b"Y", b"Z", b"E")}
    if b"S" not in words or named:
        machine.homed -= named or set(AXES)


def _set_target(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    target = words.get(b"S")
    target = words.get(b"R") if target is None else target
    if target is None:
        return
    heater = _HEATERS[command]
    if heater == "tool":
        named = words.get(b"T")
        heater = f"tool{machine.tool if named is None else int(named)}"
    machine.targets[heater] = target


def _set_fan(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    speed = words.get(b"S")
    speed = 0.0 if command == b"M107" else 255.0 if speed is None else speed
    machine.fans[str(int(words.get(b"P") or 0))] = min(max(speed, 0.0), 255.0)


def _set_percent(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    percent = words.get(b"S")
    if percent is None or percent <= 0:
        return
    if command == b"M220":
        machine.speed_percent = percent
    else:
        named = words.get(b"T")
        machine.flow[f"tool{machine.tool if named is None else int(named)}"] = percent


def _keep_setting(machine: Machine, command: bytes, body: bytes) -> None:
    words = words_of(body)
    kept = machine.settings.setdefault(command, {})
    if command == b"M204" and b"S" in words:
        kept.clear()
    kept.update(words)


def _mark_object(machine: Machine, command: bytes, body: bytes) -> None:
    machine.object_mark = mark_after(machine.object_mark, command, body)


Act = Callable[[Machine, bytes, bytes], None]

MOTION_ACTS: Mapping[bytes, Act] = MappingProxyType(
    {
        **dict.fromkeys((b"G0", b"G1", b"G2", b"G3", b"G5"), _move),
        **dict.fromkeys((b"G12", b"G27", b"G30", b"G33", b"G34", b"G35", b"G38", b"G425", b"M48"), _lose_place),
        **dict.fromkeys((b"G53", b"G54", b"G55", b"G56", b"G57", b"G58", b"G59"), _change_workspace),
        **dict.fromkeys((b"G20", b"G21", b"G90", b"G91", b"M82", b"M83"), _set_mode),
        b"G28": _home,
        b"G29": _level,
        b"G92": _set_position,
    }
)
"""Acts that stand in an order with the moves around them."""

OTHER_ACTS: Mapping[bytes, Act] = MappingProxyType(
    {
        **dict.fromkeys(_HEATERS, _set_target),
        **dict.fromkeys((b"M106", b"M107"), _set_fan),
        **dict.fromkeys((b"M220", b"M221"), _set_percent),
        **dict.fromkeys((b"M18", b"M84"), _free_motors),
        **dict.fromkeys((b"G10", b"G11"), _retract),
        **dict.fromkeys(
            (b"M201", b"M203", b"M204", b"M205", b"M207", b"M208", b"M209", b"M593", b"M900"), _keep_setting
        ),
        b"M420": _switch_levelling,
        **dict.fromkeys((b"M486", b"EXCLUDE_OBJECT_START", b"EXCLUDE_OBJECT_END"), _mark_object),
    }
)
"""Acts that no move has a part in. What is in neither table changes nothing that is followed: M73, M117, M600 …"""

ACTS: Mapping[bytes, Act] = MappingProxyType({**MOTION_ACTS, **OTHER_ACTS})
