"""What turns a print up and down while it runs: fans (M106, M107), the speed factor (M220), the flow factor (M221).

A line changes a value when the printer has acknowledged it, whoever sent it. A job's lines are acknowledged by the thousand, so
nothing is looked at then: what a line will change is read once, when it is given, and counts when somebody asks for the value
and the acknowledged place of the stream has passed the line. What the board tells by itself counts at once: the answers of a
bare M220 and M221, and every change of a fan where it reports them (facts/marlin.md, REPORT_FAN_CHANGE). A board that reports
fans is believed alone: only it knows which fan an M106 without a P means, and what somebody turned at its panel. RepRapFirmware
reads M106 in another way (Dialect.fans_by_fraction).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from hydrogen.gcode.line import command_of
from hydrogen.gcode.program.machine_state import words_of
from hydrogen.gcode.replies import TuningReported
from hydrogen.model.printer import Tuning

TUNING_COMMANDS = frozenset({b"M106", b"M107", b"M220", b"M221"})

AS_STARTED = Tuning(
    fans_percent=MappingProxyType({"0": 0.0}), speed_percent=100.0, flow_percent=MappingProxyType({"tool0": 100.0})
)
"""What a board has that has just started (facts/marlin.md: `FR:100%`)."""


def started_anew(told: Tuning) -> Tuning:
    """What a board has that was reset; `told` is what it has said since."""
    speed = AS_STARTED.speed_percent if told.speed_percent is None else told.speed_percent
    return Tuning(
        fans_percent=MappingProxyType({**AS_STARTED.fans_percent, **told.fans_percent}),
        speed_percent=speed,
        flow_percent=MappingProxyType({**AS_STARTED.flow_percent, **told.flow_percent}),
    )


FULL_FAN = 255.0
"""M106's S for a fan that runs as fast as it can, and what is meant without an S."""

PENDING_KEPT = 4096
"""Lines between two looks at them; values are absolute, so the oldest can be spared."""

_OTHER_USES = frozenset(b"ABCDIT")
"""Letters with which M106 sets something else than a speed, or a speed that only the board knows. Source: Marlin
`M106_M107.cpp`."""


class TuningTracker:
    """Follows one connection. fans_by_fraction: see Dialect; to be set once it is known who speaks."""

    def __init__(self, acknowledged_offset: Callable[[], int] = lambda: 0, *, fans_by_fraction: bool = False) -> None:
        """acknowledged_offset: up to which place of the stream the printer has acknowledged."""
        self.fans_by_fraction = fans_by_fraction
        self._acknowledged_offset = acknowledged_offset
        self._value = Tuning()
        self._pending: deque[tuple[int, TuningReported]] = deque(maxlen=PENDING_KEPT)
        self._tells_fans = False

    @property
    def value(self) -> Tuning:
        """What is known of this moment."""
        if self._pending:
            self._settle(self._acknowledged_offset())
        return self._value

    def adopt(self, value: Tuning, lines: Iterable[bytes] = ()) -> None:
        """What held before this connection, and the lines that have been acknowledged since."""
        self._value, tool = value, 0
        for body in lines:
            command = command_of(body)
            if command[:1] == b"T" and command[1:].isdigit():
                tool = int(command[1:])
            elif (change := self._change_of(command, body, tool)) is not None:
                self._apply(change)

    def give(self, command: bytes, body: bytes, tool: int, offset: int) -> None:
        """A line of the stream is given to the printer; `offset` lies behind it."""
        change = self._change_of(command, body, tool)
        if change is not None:
            self._pending.append((offset, change))

    def end_stream(self) -> None:
        """What was given has been acknowledged; another stream begins."""
        self._settle(None)

    def obey(self, body: bytes, tool: int) -> None:
        """A command that is no line of the stream has been acknowledged, behind what the stream had given before it."""
        change = self._change_of(command_of(body), body, tool)
        if change is not None:
            self._settle(self._acknowledged_offset())
            self._own(change)

    def on_report(self, report: TuningReported) -> None:
        """The board itself says so."""
        self._settle(self._acknowledged_offset())
        self._tells_fans = self._tells_fans or report.kind == "fan"
        self._apply(report)

    def _change_of(self, command: bytes, body: bytes, tool: int) -> TuningReported | None:
        change = change_of(command, body, tool)
        if change is None or change.kind != "fan" or not self.fans_by_fraction:
            return change
        if command == b"M106" and b"S" not in body:
            return None
        return replace(change, value=fan_steps(change.value or 0.0, by_fraction=True))

    def _settle(self, offset: int | None) -> None:
        while self._pending and (offset is None or self._pending[0][0] <= offset):
            self._own(self._pending.popleft()[1])

    def _own(self, change: TuningReported) -> None:
        if not (self._tells_fans and change.kind == "fan"):
            self._apply(change)

    def _apply(self, change: TuningReported) -> None:
        before, key = self._value, str(change.index)
        match change.kind:
            case "fan":
                percent = fan_percent(change.value or 0.0)
                self._value = replace(before, fans_percent=_changed(before.fans_percent, key, percent))
            case "speed":
                self._value = replace(before, speed_percent=change.value)
            case "flow":
                flow = _changed(before.flow_percent, f"tool{key}", change.value or 0.0)
                self._value = replace(before, flow_percent=flow)


def fan_steps(value: float, *, by_fraction: bool) -> float:
    """M106's S in 255ths of full speed."""
    steps = value * FULL_FAN if by_fraction and value <= 1.0 else value
    return min(max(steps, 0.0), FULL_FAN)


def fan_percent(value: float, *, by_fraction: bool = False) -> float:
    """M106's S in percent of full speed, to a tenth."""
    return round(fan_steps(value, by_fraction=by_fraction) / FULL_FAN * 100.0, 1)


def _changed(values: Mapping[str, float], key: str, value: float) -> Mapping[str, float]:
    return MappingProxyType({**values, key: value})


def change_of(command: bytes, body: bytes, tool: int) -> TuningReported | None:
    """What this line sets when it runs, with the tool that is chosen then; None for one that sets nothing of it.

    `M220 R` takes back a factor that the board has kept, where it can: then nobody knows which (Marlin `M220.cpp`).
    """
    if command not in TUNING_COMMANDS:
        return None
    words = words_of(body)
    value = words.get(b"S")
    if command in (b"M106", b"M107"):
        if command == b"M106" and any(ord(letter) in _OTHER_USES for letter in words):
            return None
        speed = 0.0 if command == b"M107" else FULL_FAN if value is None else value
        return TuningReported("fan", int(words.get(b"P") or 0), speed)
    if value is None or value <= 0:
        is_restored = command == b"M220" and b"R" in words
        return TuningReported("speed", 0, None) if is_restored else None
    if command == b"M220":
        return TuningReported("speed", 0, value)
    named = words.get(b"T")
    return TuningReported("flow", tool if named is None else int(named), value)
