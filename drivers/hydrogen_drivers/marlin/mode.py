"""What our own lines have told the printer: positioning modes, unit, feedrate, tool, homed axes, the targets of its heaters."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from hydrogen.devices.driver import MESSAGE_CHARACTERS, TargetAsked
from hydrogen.gcode.line import command_of
from hydrogen.gcode.link.outgoing import LineSource
from hydrogen.gcode.object_exclusion import WATCHED_COMMANDS, ExclusionTracker
from hydrogen.gcode.object_mark import OBJECT_COMMANDS, mark_after
from hydrogen.gcode.program.machine_state import MM_PER_INCH, MachineState
from hydrogen.gcode.tuning import TUNING_COMMANDS, TuningTracker

_feedrate = re.compile(rb"F *(\d+\.?\d*|\.\d+)").search
_height = re.compile(rb"Z *(\d+\.?\d*|\.\d+)").search
_target = re.compile(rb"[SR] *(-?\d+\.?\d*|-?\.\d+)").search
_most = re.compile(rb"B *(\d+\.?\d*|\.\d+)").search
_tool = re.compile(rb"T *(\d+)").search
_axes = re.compile(rb"[XYZ]").findall
_ALL_AXES = frozenset({b"X", b"Y", b"Z"})

_HEATERS: Mapping[bytes, str] = MappingProxyType(
    {b"M104": "tool", b"M109": "tool", b"M140": "bed", b"M190": "bed", b"M141": "chamber", b"M191": "chamber"}
)
"""Commands that set a target, and the heater they mean. M109 and its kin take `S` (wait while heating) or `R` (also while
cooling); without either they set nothing (facts/marlin.md)."""

_plain = re.compile(rb"[GM]\d+(?:\.\d+)?").fullmatch

_MAY_HEAT = frozenset(
    {
        *(b"G10", b"G26", b"G29", b"G80", b"M24", b"M32", b"M98", b"M303", b"M306", b"M568"),
        *(b"M600", b"M701", b"M702"),
    }
)
"""Commands that may set targets by themselves: tool temperatures and macros of RepRapFirmware (G10, M98, M568), a mesh that is
printed (G26) or a preheat before probing (G29, Prusa's G80), a print from the card (M24, M32), autotuning (M303, M306), another
filament (M600, M701, M702). A tool change and whatever is neither G nor M (Klipper's macros) may as well."""

TARGETS_KEPT = 64
"""Lines about heat between two looks at them; looks come with each temperature report."""


class ModeTracker:
    """Follows what is sent, commands and job alike; itself a LineSource in front of the job's.

    In Marlin G90 and G91 set the extruder's mode too, M82 and M83 override it (GcodeSuite::set_relative_mode).
    highest_mm: the highest Z that the source's absolute moves have gone to; where objects are printed one after the other, the
    others are so high. homed: the axes whose coordinates are the machine's own: a G28 has gone for them, and since then neither
    were their motors let go (M18, M84) nor their coordinates shifted (G92). targets_celsius: by heater, what the last line
    that set it asked for; a heater that nobody asked about is missing. motors_rest_by: the last line that set how long idle
    motors stay powered; empty: none did. message: the text of the last M117. object_mark: the line that began the object whose
    lines come now; empty: none.
    """

    __slots__ = (
        "_asked",
        "_fed",
        "_inner",
        "_objects",
        "_on_homing",
        "_tuning",
        "highest_mm",
        "homed",
        "is_extruder_relative",
        "is_inch",
        "is_relative",
        "message",
        "motors_rest_by",
        "object_mark",
        "targets_celsius",
        "tool",
    )

    def __init__(
        self,
        on_homing: Callable[[str], None] | None = None,
        tuning: TuningTracker | None = None,
        objects: ExclusionTracker | None = None,
    ) -> None:
        """on_homing: told the axes (of `xyz`) of each G28; must return at once and never raise. tuning and objects: told what
        lines of the source do to fans, speed and flow, and to objects that are left out."""
        self._on_homing = on_homing
        self._tuning = tuning or TuningTracker()
        self._objects = objects or ExclusionTracker()
        self.is_relative = False
        self.is_extruder_relative = False
        self.highest_mm = 0.0
        self.is_inch = False
        self.homed: frozenset[bytes] = frozenset()
        self.tool = 0
        self.motors_rest_by = b""
        self.message = ""
        self.object_mark = ""
        self.targets_celsius: dict[str, float] = {}
        self._asked: deque[TargetAsked] = deque(maxlen=TARGETS_KEPT)
        self._fed = b""
        self._inner: LineSource | None = None

    def follow(self, source: LineSource, *, is_part: bool = False) -> ModeTracker:
        """Stand in front of `source`. is_part: what came before it has been adopted."""
        self._inner = source
        self._tuning.end_stream()
        self._objects.begin_stream()
        if not is_part:
            self.highest_mm = 0.0
        return self

    def take(self) -> tuple[bytes, int] | None:
        """The source's next line, looked at on its way. Hot: most lines are moves without a feedrate or a height."""
        taken = self._inner.take() if self._inner is not None else None
        if taken is not None:
            body = taken[0]
            if body[:2] not in _MOVES or body[2:3].isdigit():
                self.note(body, taken[1])
            else:
                if b"F" in body:
                    self._fed = body
                if b"Z" in body:
                    self._note_height(body)
        return taken

    @property
    def is_homed(self) -> bool:
        """Are the coordinates of all axes those of the machine?"""
        return self.homed == _ALL_AXES

    @property
    def feedrate_mm_per_minute(self) -> float | None:
        """That of the last move that named one, in inches after G20; None before there was any."""
        found = _feedrate(self._fed)
        return None if found is None else float(found[1])

    def adopt(self, state: MachineState) -> None:
        """What was sent before this connection."""
        self.is_relative, self.is_extruder_relative = state.is_relative, state.is_extruder_relative
        self.is_inch, self.tool = state.is_inches, state.tool
        self.object_mark = state.object_mark
        self.highest_mm = state.highest_z_mm or 0.0
        self.homed = frozenset(axis.upper().encode() for axis in state.homed if state.shift_mm.get(axis) == 0.0)
        self.targets_celsius = dict(state.targets_celsius)
        self._asked.extend(TargetAsked(heater, celsius) for heater, celsius in state.targets_celsius.items())
        feedrate = state.feedrate_mm_per_minute
        if feedrate is not None:
            self._fed = b"F%.4f" % (feedrate / MM_PER_INCH if state.is_inches else feedrate)

    def take_heat_lines(self) -> Sequence[TargetAsked]:
        """See PrinterConnection."""
        asked = tuple(self._asked)
        self._asked.clear()
        return asked

    def note(self, body: bytes, offset: int = -1) -> None:
        """This line is sent; `offset` lies behind it in the source, -1 for a command."""
        command = command_of(body)
        if command in WATCHED_COMMANDS and offset >= 0:
            self._objects.give(command, body, self.object_mark, offset)
        if command == b"G90":
            self.is_relative = self.is_extruder_relative = False
        elif command == b"G91":
            self.is_relative = self.is_extruder_relative = True
        elif command == b"M82":
            self.is_extruder_relative = False
        elif command == b"M83":
            self.is_extruder_relative = True
        elif command in _HEATERS:
            self._note_target(_HEATERS[command], body)
        elif command in _FED and b"F" in body:
            self._fed = body
        elif command in OBJECT_COMMANDS:
            self.object_mark = mark_after(self.object_mark, command, body)
        elif command in _MAY_HEAT or (command and not _plain(command)):
            self._note_macro(command)
        else:
            self._note_rare(command, body, offset)

    def _note_macro(self, command: bytes) -> None:
        if command[:1] == b"T" and command[1:].isdigit():
            self.tool = int(command[1:])
        self._asked.append(TargetAsked(None))

    def acknowledge(self, command: str, replies: Sequence[str] = ()) -> None:
        """The printer has acknowledged a command, with these answers."""
        self._tuning.obey(command.encode(), self.tool)
        self._objects.obey(command.encode(), self.object_mark, replies)

    def _note_rare(self, command: bytes, body: bytes, offset: int) -> None:
        if command in TUNING_COMMANDS:
            if offset >= 0:
                self._tuning.give(command, body, self.tool, offset)
        elif command == b"G28":
            axes = frozenset(_axes(body)) or _ALL_AXES
            self.homed |= axes
            if self._on_homing is not None:
                self._on_homing(b"".join(sorted(axes)).decode().lower())
        elif command in (b"M18", b"M84") and b"S" in body:  # it only sets how soon they go off by themselves
            self.motors_rest_by = body
        elif command in (b"M18", b"M84"):
            named = frozenset(_axes(body))
            self.homed -= named if named or b"E" in body else self.homed
        elif command == b"G92":
            self.homed -= frozenset(_axes(body))
        elif command in (b"G20", b"G21"):
            self.is_inch = command == b"G20"
        elif command == b"M117":
            self.message = _shown(body)

    def _note_height(self, body: bytes) -> None:
        height = _height(body)
        if height is not None and not self.is_relative:
            self.highest_mm = max(self.highest_mm, float(height[1]) * (25.4 if self.is_inch else 1.0))

    def _note_target(self, heater: str, body: bytes) -> None:
        target = _target(body)
        if target is None:
            if b"I" in body:  # a material's preset
                self._asked.append(TargetAsked(None))
            return
        if heater == "tool":
            named = _tool(body)
            heater = f"tool{int(named[1]) if named is not None else self.tool}"
        self.targets_celsius[heater] = float(target[1])
        self._asked.append(TargetAsked(heater, float(target[1])))
        most = _most(body)
        if most is not None:  # AUTOTEMP: the firmware goes up to B by itself, again and again
            self._asked.append(TargetAsked(heater, float(most[1])))


def _shown(body: bytes) -> str:
    """The text of an M117, as it can be shown anywhere."""
    text = body.partition(b"M117")[2].decode("utf-8", "replace").strip()[:MESSAGE_CHARACTERS]
    return text if text.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in text)


_MOVES = frozenset({b"G0", b"G1", b"G2", b"G3"})
"""The first two bytes of nearly every line. G10, G28 and their kin share them, and have a digit behind."""

_FED = frozenset({b"G0", b"G1", b"G2", b"G3", b"G5"})
