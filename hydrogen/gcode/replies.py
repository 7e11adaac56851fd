"""What a printer says, line by line: one grammar for all firmwares, `parse_reply`.

Theory of operation: the first byte picks a parser from a table, that parser decides by anchored patterns, and what
nobody claims is `Text`. Nothing here knows what was asked; whether a reply is believed is the link's business. A damaged
line must become something harmless, so the patterns are strict where a wrong value would hurt (line numbers) and lax
where only people read. Texts were taken from a running Marlin and a running Klipper (`facts`), the rest from the sources
named beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from hydrogen.gcode.firmware_errors import code_of, code_of_note, fatal_code_of, is_fatal, names_file
from hydrogen.gcode.temperature_report import TemperatureReport, parse_temperature_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """`ok`. With ADVANCED_OK it tells the line's number and what is free; M105's `ok` carries the temperatures.

    text: what followed the `ok`, stripped; Klipper answers `M115` there (`parse_firmware(text)`).
    """

    number: int | None = None
    planner_free: int | None = None
    slots_free: int | None = None
    temperatures: TemperatureReport | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ResendRequested:
    """`Resend: 5`. The number as it was said, negative ones too; None when it cannot be read."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Busy:
    """`echo:busy: processing`: the printer lives and works. `what` is `processing`, `paused for user` …"""

    what: str


@dataclass(frozen=True, slots=True)
class Idle:
    """`wait`: the firmware has nothing to do, and says so again and again (Repetier; Marlin with NO_TIMEOUTS).

    Every line it got is done. With a line unacknowledged it means that the line, or its `ok`, was lost; it is no progress.
    """


@dataclass(frozen=True, slots=True)
class Skipped:
    """`skip 13`: a line passed over because an earlier one is still asked for (Repetier). The `ok` behind it is that line's,
    and acknowledges nothing."""

    number: int


@dataclass(frozen=True, slots=True)
class Started:
    """`start`: the board has just come up. Klipper's `// Klipper state: Disconnect` is the same: it restarts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNumberError:
    """Why a line was rejected; most firmwares say `Resend:` next. `last_line` is the last one the firmware accepted."""

    kind: Literal["checksum", "number", "no_checksum", "other"]
    last_line: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareError:
    """A complaint of the firmware, without its mark (`Error:`, `!!` …).

    code: one of `firmware_errors.FATAL_CODES` or `PASSING_CODES`.
    is_fatal: the print is over with this line; a cause comes before `Printer halted. kill() called!`.
    """

    text: str
    code: str
    is_fatal: bool


@dataclass(frozen=True, slots=True)
class TemperatureReported:
    """Temperatures without an `ok`: an auto report, or one line of a blocking heat-up."""

    report: TemperatureReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionReported:
    """`X:0.00 Y:0.00 Z:5.00 E:0.00 Count …`: the planned end point in mm, without the steppers' count."""

    x: float | None
    y: float | None
    z: float | None
    e: float | None


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """`//action:prompt_begin Title`: the firmware asks its host for something."""

    action: str
    text: str


@dataclass(frozen=True, slots=True)
class CapabilityReported:
    """`Cap:EEPROM:1`."""

    name: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareReported:
    """The answer to `M115`. `fields` holds every `KEY:value`, blanks and colons in the values kept."""

    name: str
    machine_type: str = ""
    extruder_count: int = 1
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """The firmware does not know the command; an `ok` follows. `text` is what it quoted."""

    text: str


@dataclass(frozen=True, slots=True)
class TuningReported:
    """`M106 P0 S128` (a fan was set, 0 to 255), `FR:100%` (M220's answer), `echo:E0 Flow: 100%` (M221's): Marlin
    `temperature.cpp`, `M220.cpp`, `M221.cpp`. index: the fan's, the extruder's; value: None is one that is not known."""

    kind: Literal["fan", "speed", "flow"]
    index: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Text:
    """Everything else."""

    text: str


Reply = (
    Acknowledged
    | ResendRequested
    | Busy
    | Idle
    | Skipped
    | Started
    | LineNumberError
    | FirmwareError
    | TemperatureReported
    | PositionReported
    | ActionRequested
    | CapabilityReported
    | FirmwareReported
    | UnknownCommand
    | TuningReported
    | Text
)

_OK = Acknowledged()
_STARTED = Started()
_IDLE = Idle()

_NOISE = b"\x00\xff \t\r\n"
"""What a line's first bytes can be besides text: blanks, and what a UART reads while a board resets."""

_advanced_head = re.compile(rb"ok(?=.[NPB]-?\d)(?: N(-?\d{1,10}))?(?: P(\d{1,5}))?(?: B(\d{1,5}))?(?=[ \t])").match
_advanced_ok = re.compile(rb"ok(?: N(-?\d{1,10}))?(?: P(\d{1,5}))?(?: B(\d{1,5}))?[ \t\r]*").fullmatch
_numbered_ok = re.compile(r"(?:N:)?(\d{1,10})").fullmatch
_resend = re.compile(
    r"(?i:resend:|rs\b)[ \t]*N?:?[ \t]*(-?\d{1,10})?[ \t]*(?:Expected checksum \d{1,3}[ \t]*)?"
).fullmatch
_begins_resend = re.compile(r"(?i:resend:|rs[ \t]+N?-?\d)").match
_skip = re.compile(r"skip (\d{1,10})").fullmatch
_request = re.compile(r"RequestPause:[ \t]*(.*)").fullmatch
_busy = re.compile(r"(?:echo:)?[ \t]*busy:[ \t]*(.*)").fullmatch
_action = re.compile(r"//[ \t]*action:[ \t]*(\S+)[ \t]*(.*)").fullmatch
_capability = re.compile(r"Cap:(\w+):([01])[ \t]*").fullmatch
_unknown_command = re.compile(r'(?:echo:|//)?[ \t]*Unknown command:[ \t]*"?(.*?)"?').fullmatch
_bad_command = re.compile(r"(?i:error:)?[ \t]*Bad command:[ \t]*(.*)").fullmatch
_error = re.compile(r"(?i:error:)[ \t]*(.*)").fullmatch
_end = re.compile(r"(?i:fatal|alarm):[ \t]*(.*)").fullmatch
_number_rejected = re.compile(r"//last:(\d{1,10}) curr:").match
_last_line = re.compile(r"Last Line:[ \t]*(-?\d{1,10})[ \t]*$").search
_expected_line = re.compile(r"expected line (\d{1,9})\b").match
_AXIS = r":[ \t]*(-?\d+\.?\d*)"
_GAP = r"[ \t,]*"
_position = re.compile(rf"(?:C:[ \t]*)?X{_AXIS}{_GAP}Y{_AXIS}(?:{_GAP}Z{_AXIS})?(?:{_GAP}E{_AXIS})?(?![\w.:])").match
_fan = re.compile(r"M106 P(\d) S(\d{1,3})").fullmatch
_speed = re.compile(r"FR:(\d{1,4})%").fullmatch
_flow = re.compile(r"(?:echo:)?E(\d) Flow: (\d{1,4})%").fullmatch
_firmware_key = re.compile(r"(?:^|(?<=[ \t]))([A-Z][A-Z0-9_]{2,}):")

_REJECTIONS: tuple[tuple[str, Literal["checksum", "number", "no_checksum", "other"]], ...] = (
    ("checksum mismatch", "checksum"),
    ("wrong checksum", "checksum"),
    ("line number is not last line number+1", "number"),
    ("expected line", "number"),
    ("no checksum with line number", "no_checksum"),
    ("missing checksum", "no_checksum"),
    ("no line number with checksum", "other"),
    ("format error", "other"),
)
"""How a rejected line is explained. Source: Marlin `language.h` (`STR_ERR_…`), Repetier `gcode.cpp` (the short forms)."""


def parse_reply(line: bytes) -> Reply:
    """What `line` (one line of the printer, without its line end) says. Never raises; unknown lines are `Text`."""
    if line == b"ok":
        return _OK
    parser = _PARSERS.get(line[:1])
    if parser is not None:
        return parser(line)
    stripped = line.strip(_NOISE)
    return _PARSERS.get(stripped[:1], _parse_plain_note)(stripped)


def parse_firmware(text: str) -> FirmwareReported | None:
    """The identification in `text`, a line or what followed an `ok` (Klipper); None when there is no FIRMWARE_NAME."""
    if "FIRMWARE_NAME:" not in text:
        return None
    parts = _firmware_key.split(text)
    fields = {key: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=True)}
    count = fields.get("EXTRUDER_COUNT", "")
    return FirmwareReported(
        name=fields.get("FIRMWARE_NAME", ""),
        machine_type=fields.get("MACHINE_TYPE", ""),
        extruder_count=int(count) if count.isdecimal() and len(count) <= 2 else 1,
        fields=MappingProxyType(fields),
    )


def parse_position(text: str) -> PositionReported | None:
    """The position in `text`, a line or what followed an `ok`; None when it does not begin with one."""
    found = _position(text)
    if found is None:
        return None
    x, y, z, e = (None if axis is None else float(axis) for axis in found.groups())
    return PositionReported(x=x, y=y, z=z, e=e)


def _decode(line: bytes) -> str:
    """Without trailing blanks; UTF-8 (localised firmwares), or Latin-1: a damaged line stays readable, nothing raises."""
    line = line.rstrip()
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _number(digits: bytes | None) -> int | None:
    return None if digits is None else int(digits)


def _parse_ok(line: bytes) -> Reply:
    advanced = _advanced_ok(line)
    if advanced is not None:
        number, planner, slots = advanced.groups()
        return Acknowledged(number=_number(number), planner_free=_number(planner), slots_free=_number(slots))
    text = _decode(line)
    if not text.startswith(("ok ", "ok\t")):
        return _parse_note(text)
    head = _advanced_head(line)
    if head is not None:  # with more behind it: M105 of a firmware that numbers that `ok` too
        rest = text[head.end() :].strip()
        return Acknowledged(
            number=_number(head[1]),
            planner_free=_number(head[2]),
            slots_free=_number(head[3]),
            temperatures=parse_temperature_report(rest),
            text=rest,
        )
    rest = text[3:].strip()
    numbered = _numbered_ok(rest)
    if numbered is not None:  # Repetier, `ok 13`; Anycubic, `ok N:13`
        return Acknowledged(number=int(numbered[1]), text=rest)
    code = code_of_note(rest)
    if code is not None and is_fatal(code):  # Smoothieware after M112
        return FirmwareError(text=rest, code=code, is_fatal=True)
    return Acknowledged(temperatures=parse_temperature_report(rest), text=rest)


def _parse_resend(line: bytes) -> Reply:
    text = _decode(line)
    if _begins_resend(text) is None:
        paused = _request(text)
        return _parse_note(text) if paused is None else ActionRequested("pause", paused[1])
    found = _resend(text)
    return ResendRequested(None if found is None or found[1] is None else int(found[1]))


def _parse_start(line: bytes) -> Reply:
    text = _decode(line)
    skipped = _skip(text)
    if skipped is not None:
        return Skipped(int(skipped[1]))
    return _STARTED if text == "start" else _parse_note(text)


def _parse_wait(line: bytes) -> Reply:
    text = _decode(line)
    return _IDLE if text == "wait" else _parse_note(text)


def _parse_temperatures(line: bytes) -> Reply:
    text = _decode(line)
    report = parse_temperature_report(text)
    return _parse_note(text) if report is None else TemperatureReported(report)


def _parse_capability(line: bytes) -> Reply:
    found = _capability(_decode(line))
    return _parse_temperatures(line) if found is None else CapabilityReported(found[1], found[2] == "1")


def _parse_position(line: bytes) -> Reply:
    text = _decode(line)
    return parse_position(text) or _parse_note(text)


def _parse_firmware(line: bytes) -> Reply:
    text = _decode(line)
    return (parse_firmware(text) if text.startswith("FIRMWARE_NAME:") else _parse_tuning(text)) or _parse_note(text)


def _parse_fan(line: bytes) -> Reply:
    text = _decode(line)
    return _parse_tuning(text) or _parse_note(text)


def _parse_tuning(text: str) -> TuningReported | None:
    if (fan := _fan(text)) is not None:
        return TuningReported("fan", int(fan[1]), float(fan[2]))
    if (speed := _speed(text)) is not None:
        return TuningReported("speed", 0, float(speed[1]))
    flow = _flow(text)
    return None if flow is None else TuningReported("flow", int(flow[1]), float(flow[2]))


def _parse_error(line: bytes) -> Reply:
    """`Error:…`, and `echo:…`: their first letter is the same."""
    text = _decode(line)
    if text.endswith("%") and (flow := _parse_tuning(text)) is not None:
        return flow
    found = _error(text)
    if found is None or _bad_command(text) is not None:
        return _parse_note(text)
    complaint = found[1]
    lowered = complaint.lower()
    for words, kind in _REJECTIONS:
        if lowered.startswith(words):
            return LineNumberError(kind=kind, last_line=_last_accepted(complaint), text=complaint)
    last_line = _last_accepted(complaint)
    if last_line is not None:
        return LineNumberError(kind="other", last_line=last_line, text=complaint)
    return _complaint(text, complaint)


def _last_accepted(complaint: str) -> int | None:
    told = _last_line(complaint)
    if told is not None:
        return int(told[1])
    expected = _expected_line(complaint)
    return None if expected is None else int(expected[1]) - 1


def _complaint(line: str, complaint: str, *, is_end: bool = False) -> Reply:
    """A marked complaint; `is_end`: by the mark alone it is the end. A file of M20's list ends nothing."""
    code = fatal_code_of(complaint) if is_end else code_of(complaint)
    if is_fatal(code) and names_file(complaint):
        return Text(line)
    return FirmwareError(text=complaint or line, code=code, is_fatal=is_fatal(code))


def _parse_bang(line: bytes) -> Reply:
    """`!! …` of Klipper is an ordinary error, an `ok` follows; fatal only when it names a shutdown or its cause. A lone `!!`
    is a halted Smoothieware's answer to every line (`GcodeDispatch.cpp`); Klipper never says it without a text."""
    text = _decode(line)
    if not text.startswith("!!"):
        return Text(text)
    complaint = text[2:].strip()
    return _complaint(text, complaint, is_end=not complaint)


def _parse_slashes(line: bytes) -> Reply:
    text = _decode(line)
    action = _action(text)
    if action is not None:
        return ActionRequested(action[1], action[2])
    rejected = _number_rejected(text)
    if rejected is not None:
        return LineNumberError(kind="number", last_line=int(rejected[1]), text=text[2:])
    if text.startswith("//####checkSum error"):
        return LineNumberError(kind="checksum", last_line=None, text=text[2:])
    return _STARTED if text == "// Klipper state: Disconnect" else _parse_note(text)


def _parse_plain_note(line: bytes) -> Reply:
    return _parse_note(_decode(line))


def _parse_note(text: str) -> Reply:
    """`echo:`, `//`, `busy:`, `fatal:` and bare lines: whatever no other parser claims."""
    busy = _busy(text)
    if busy is not None:
        return Busy(busy[1].strip())
    unknown = _unknown_command(text) or _bad_command(text)
    if unknown is not None:
        return UnknownCommand(unknown[1])
    ended = _end(text)
    if ended is not None:
        return _complaint(text, ended[1], is_end=True)
    code = code_of_note(text)
    if code is None or names_file(text):
        return Text(text)
    return FirmwareError(text=_bare(text), code=code, is_fatal=is_fatal(code))


def _bare(note: str) -> str:
    """Without what stands in front of a note."""
    return note.removeprefix("echo:").removeprefix("//").lstrip(": \t")


_PARSERS: Mapping[bytes, Callable[[bytes], Reply]] = MappingProxyType(
    {
        b"o": _parse_ok,
        b"R": _parse_resend,
        b"r": _parse_resend,
        b"s": _parse_start,
        b"w": _parse_wait,
        b"T": _parse_temperatures,
        b"B": _parse_temperatures,
        b"C": _parse_capability,
        b"X": _parse_position,
        b"F": _parse_firmware,
        b"M": _parse_fan,
        b"E": _parse_error,
        b"e": _parse_error,
        b"!": _parse_bang,
        b"/": _parse_slashes,
        b"b": _parse_plain_note,
        b"P": _parse_plain_note,
    }
)
