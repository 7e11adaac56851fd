"""Is a file right for a printer? What its analysis says, held against what is known of the printer. Pure.

What is not known of the printer is not judged, and that is said too: no finding and nothing unjudged is a promise, the rest
none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hydrogen.gcode.program.analysis import LOWEST_BYTES, STEPS_PER_OCTAVE, FileAnalysis, Reach

EDGE_MM = 0.05
"""So far over an edge is rounding."""

BED_DIFFERS_MM = 2.0
"""Slicer profiles leave out a millimetre or so that a clip or a bed's edge takes."""

OK_BYTES = 3
"""`ok` and its line end."""

TURNAROUND_SECONDS = 0.00016
"""From a line's end to the next one's beginning with one line in flight, beyond the bytes of `ok`: what makes 0.83 of a link at
250000 baud and 0.88 at 115200 of it, as measured with lines of some 35 bytes."""

WINDOW_SHARE = 0.99
"""Of a link's bytes with several lines in flight."""

BITS_PER_BYTE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineProfile:
    """What is known of a printer; None and empty: it is not.

    low_mm, high_mm: the ends of x, y, z that the nozzle may go to. models: names that its slicer profiles go by; * stands
    for anything. dialect: of docs/dialects.md. carries_window: several lines may be in flight.
    """

    name: str = ""
    low_mm: tuple[float, ...] = ()
    high_mm: tuple[float, ...] = ()
    celsius: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    models: tuple[str, ...] = ()
    extruders: int | None = None
    dialect: str = ""
    capabilities: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    baud: int | None = None
    carries_window: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong, or may be. severity: `error` (the print will fail or do harm), `warning`, `info`. code:
    stable.
    """

    code: str
    severity: str
    message: str
    remedy: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """not_judged: in sentences, what nothing can be said of, and what would have to be known."""

    printer: str = ""
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[str, ...] = ()


def judge(analysis: FileAnalysis, machine: MachineProfile) -> Preflight:
    """Errors first, then by line."""
    found = [
        *_unsendable(analysis),
        *_reach(analysis, machine),
        *_heat(analysis, machine),
        *_order(analysis),
        *_commands(analysis, machine),
        *_wrong_printer(analysis, machine),
        *_rate(analysis, machine),
    ]
    ranks = {"error": 0, "warning": 1, "info": 2}
    found.sort(key=lambda finding: (ranks[finding.severity], finding.line or 0))
    return Preflight(printer=machine.name, findings=tuple(found), not_judged=tuple(_not_judged(analysis, machine)))


def _unsendable(analysis: FileAnalysis) -> Iterator[Finding]:
    if (problem := analysis.problem) is not None:
        yield Finding(
            code="unsendable",
            severity="error",
            line=problem.line,
            message=problem.message,
            remedy="the file is refused as it is: slice again, or mend the line",
        )


# ------------------------------------------------------------------------------------------------------------- space


def _reach(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[Finding]:
    """Travel over an edge is told only where no plastic is laid over it."""
    laid = dict(_outside(analysis.laid, machine, "laid_outside", "error", "plastic is laid"))
    severity = (
        "error" if machine.dialect == "klipper" else "warning"
    )  # Klipper stops the print, Marlin cuts the move short
    travelled = dict(_outside(analysis.travelled, machine, "travel_outside", severity, "the nozzle travels"))
    yield from {**travelled, **laid}.values()


def _outside(
    reach: Reach | None, machine: MachineProfile, code: str, severity: str, what: str
) -> Iterator[tuple[str, Finding]]:
    """By the edge that is passed."""
    if reach is None or len(machine.low_mm) != 3 or len(machine.high_mm) != 3:
        return
    for axis, name in enumerate("XYZ"):
        low, high = machine.low_mm[axis], machine.high_mm[axis]
        ends = (
            (reach.low_mm[axis], low, reach.low_lines[axis], reach.low_mm[axis] < low - EDGE_MM),
            (reach.high_mm[axis], high, reach.high_lines[axis], reach.high_mm[axis] > high + EDGE_MM),
        )
        for side, (place, edge, line, is_out) in enumerate(ends):
            if is_out:
                finding = Finding(
                    code=code,
                    severity=severity,
                    line=line,
                    message=f"{what} at {name} {place:g}, and {name} ends at {edge:g}",
                    remedy="move or scale the part, or slice for this printer",
                )
                yield f"{name}{side}", finding


# -------------------------------------------------------------------------------------------------------------- heat


def _heat(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[Finding]:
    for heater, target in analysis.targets.items():
        most = machine.celsius.get(heater)
        if most is not None and target.celsius > most:
            yield Finding(
                code="too_hot",
                severity="error",
                line=target.line,
                message=f"the {heater} is set to {target.celsius:g} °C, and may have {most:g}",
                remedy="choose another material profile",
            )


def _order(analysis: FileAnalysis) -> Iterator[Finding]:
    """Plastic before heat or homing, unless a macro before it may have seen to both."""
    first = analysis.first_laid
    if first is None:
        if analysis.problem is None:
            yield Finding(
                code="lays_nothing",
                severity="info",
                message="the file lays no plastic",
                remedy="nothing, if that is what it is for",
            )
        return
    has_macro = any(use.line < first and not _is_plain(use.command) for use in analysis.commands)
    for code, line, what in (
        ("cold", analysis.first_heat, "heats the nozzle"),
        ("unhomed", analysis.first_home, "homes"),
    ):
        if not has_macro and (line is None or line > first):
            yield Finding(
                code=code,
                severity="warning",
                line=first,
                message=f"plastic is laid before the file {what}",
                remedy="add the slicer's start code, or do it by hand before",
            )


# ---------------------------------------------------------------------------------------------------------- commands

_is_plain = re.compile(r"[GMT]\d+").fullmatch


def _numbers(spans: str) -> frozenset[int]:
    """`0-6 38` are 0 to 6, and 38."""
    ends = [span.partition("-") for span in spans.split()]
    return frozenset(number for first, _, last in ends for number in range(int(first), int(last or first) + 1))


_MARLIN_G = _numbers("0-6 10-12 17-21 26-35 38 42 53-61 76 80 90-92 425")
_MARLIN_M = _numbers(
    "0-1 3-5 7-11 16-36 42-43 48 73 75-78 80-87 92-93 99-129 140-145 149-150 154-156 163-166 190-193 200-211 217-221 226 "
    "240 250 255-256 260-261 280-282 290 300-306 350-351 355 360-364 380-381 400-425 430 486 493 500-511 524 540 550-555 569 "
    "575 592-593 600-605 665-666 672 701-710 808-820 851-852 860-871 876 900 906-920 928 951 993-999 1001-1004 7219"
)
"""Marlin 2.1 gcode.cpp, process_parsed_command: what some build knows. T is always known."""

_CAPABILITY_OF: Mapping[str, str] = MappingProxyType(
    {
        "G2": "ARCS",
        "G3": "ARCS",
        "G29": "AUTOLEVEL",
        "M141": "CHAMBER_TEMPERATURE",
        "M191": "CHAMBER_TEMPERATURE",
        "M290": "BABYSTEPPING",
    }
)
"""Marlin M115.cpp: the line of its answer that says whether a build knows the command."""


def _commands(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[Finding]:
    for use in analysis.commands:
        capability = _CAPABILITY_OF.get(use.command)
        if capability is not None and machine.capabilities.get(capability) is False:
            yield Finding(
                code="lacks_capability",
                severity="warning",
                line=use.line,
                message=f"{use.command} is used {_often(use.count)}, and the firmware says that it lacks {capability}",
                remedy="turn it off in the slicer's profile",
            )
        elif machine.dialect.startswith("marlin") and not _is_known(use.command):
            yield Finding(
                code="unknown_command",
                severity="warning",
                line=use.line,
                message=f"{use.command[:40]} is used {_often(use.count)}, and Marlin does not know it",
                remedy="slice for Marlin: the printer answers with a complaint and goes on without it",
            )


def _often(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _is_known(command: str) -> bool:
    if not _is_plain(command):
        return False
    known = {"G": _MARLIN_G, "M": _MARLIN_M}.get(command[0])
    return known is None or int(command[1:]) in known


# ----------------------------------------------------------------------------------------------------------- printer


def _wrong_printer(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[Finding]:
    slicer = analysis.slicer
    remedy = "slice for this printer, or choose another one"
    if slicer.printer and machine.models and not any(_fits(slicer.printer, model) for model in machine.models):
        message = f"it was sliced for {slicer.printer!r}, and this printer is {machine.models[0]!r}"
        yield Finding(code="wrong_printer", severity="warning", message=message, remedy=remedy)
    if len(slicer.bed_mm) == 2 and len(machine.high_mm) == 3:
        sizes = [machine.high_mm[axis] - machine.low_mm[axis] for axis in range(2)]
        if any(told > size + BED_DIFFERS_MM for told, size in zip(slicer.bed_mm, sizes, strict=True)):
            told = " x ".join(f"{size:g}" for size in slicer.bed_mm)
            size = " x ".join(f"{size:g}" for size in sizes)
            message = f"it was sliced for a bed of {told} mm, and this one has {size}"
            yield Finding(code="wrong_bed", severity="warning", message=message, remedy=remedy)
    used = [tool.tool for tool in analysis.tools if tool.filament_mm > 0.0]
    if machine.extruders is not None and used and max(used) >= machine.extruders:
        line = next((use.line for use in analysis.commands if use.command == f"T{max(used)}"), None)
        message = f"tool {max(used)} is used, and the firmware says that there are {machine.extruders}, counted from 0"
        yield Finding(code="too_many_tools", severity="error", line=line, message=message, remedy=remedy)


def _fits(told: str, model: str) -> bool:
    pattern = ".*".join(map(re.escape, model.lower().split("*")))
    return re.fullmatch(pattern, told.lower()) is not None


# -------------------------------------------------------------------------------------------------------------- rate


def bytes_per_second(machine: MachineProfile, line_bytes: float) -> float | None:
    """What the link carries of lines of that length, framed; None where there is no baud rate."""
    if not machine.baud or line_bytes <= 0.0:
        return None
    wire = machine.baud / BITS_PER_BYTE
    if machine.carries_window:
        return wire * WINDOW_SHARE
    return line_bytes / ((line_bytes + OK_BYTES) / wire + TURNAROUND_SECONDS)


def _rate(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[Finding]:
    worst = analysis.demand.densest_bytes
    if worst is None:
        return
    carried = bytes_per_second(machine, worst.bytes / worst.lines)
    if carried is None or worst.bytes / worst.seconds <= carried:
        return
    needed_lines = worst.lines / worst.seconds
    carried_lines = carried * worst.lines / worst.bytes
    short = seconds_above(analysis, carried)
    share = f", {short / analysis.seconds:.1%} of the print" if analysis.seconds > 0.0 else ""
    yield Finding(
        code="line_rate",
        severity="warning",
        line=worst.line,
        message=f"needs {needed_lines:.0f} lines/s at layer {worst.layer}, the link carries {carried_lines:.0f}: the "
        f"printer will wait for lines, and stutter, for {short:.0f} s{share}",
        remedy="raise the resolution (the length of the shortest moves) in the slicer, turn on arcs, print slower, or "
        "use a faster link",
    )


def seconds_above(analysis: FileAnalysis, carried: float) -> float:
    """How long the print needs more than so many bytes a second; each step of the histogram by its middle."""
    total = 0.0
    for step, seconds in enumerate(analysis.demand.histogram):
        if LOWEST_BYTES * 2.0 ** ((step + 0.5) / STEPS_PER_OCTAVE) >= carried:
            total += seconds
    return total


def _not_judged(analysis: FileAnalysis, machine: MachineProfile) -> Iterator[str]:
    where = f"[printers.{machine.name or 'NAME'}.machine]"
    if len(machine.high_mm) != 3:
        yield f"whether all moves are inside the printer: its size is not known ({where} size_x_mm, size_y_mm, size_z_mm)"
    unknown = [heater for heater in analysis.targets if heater not in machine.celsius]
    if unknown:
        yield f"whether it gets too hot ({', '.join(unknown)}): the limits are not known ({where} nozzle_celsius ...)"
    if not machine.models and analysis.slicer.printer:
        yield f"whether it was sliced for this printer: its model is not known ({where} models)"
    if not machine.dialect.startswith("marlin"):
        yield "whether the firmware knows all commands: " + (
            f"there is no list for {machine.dialect}" if machine.dialect else "it has not told its name yet"
        )
    if not machine.baud:
        yield "whether the link is fast enough: it has no baud rate, or has not been found yet"
