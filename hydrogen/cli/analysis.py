"""`hydrogen analyse FILE`: what a file does, for people. Works without a service; the analyser runs as a process of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hydrogen.cli.exit_code import ExitCode
from hydrogen.config import configured_printers, load_configuration
from hydrogen.errors import FileUnreadable, HostError, InvalidMessage, NotFound, error_from_wire
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.gcode.program.analysis import FileAnalysis, Reach
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile, Preflight, judge
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain


def analyse_command(options: argparse.Namespace) -> ExitCode:
    """Exit code 2 for a file that would fail on the printer."""
    printer = _printer(options.config, options.printer)
    limits = (printer.limits if printer is not None else None) or MotionLimits()
    machine = printer.machine if printer is not None else MachineProfile()
    records = _records(options.file, limits)
    analysis = value_from_plain(FileAnalysis, records["analysis"])
    verdict = judge(analysis, machine)
    if options.json:
        print(encode_json({**records, "preflight": plain(verdict)}).decode())
    else:
        for line in (*report_lines(options.file.name, analysis), *verdict_lines(verdict)):
            print(line)
    return ExitCode.USAGE if any(finding.severity == "error" for finding in verdict.findings) else ExitCode.DONE


def _printer(config: Path | None, name: str | None) -> ConfiguredPrinter | None:
    """The printer that is meant; None for a usual Marlin. Raises ConfigurationInvalid, NotFound, InvalidMessage."""
    if config is None:
        if name is not None:
            raise InvalidMessage("--printer needs --config, which describes it", field="printer")
        return None
    printers = configured_printers(load_configuration(config))
    if name is None and len(printers) == 1:
        return printers[0]
    for printer in printers:
        if printer.name == name:
            return printer
    known = ", ".join(printer.name for printer in printers)
    raise NotFound(f"name one of the printers of {config} by --printer: {known}", printers=known)


def _records(file: Path, limits: MotionLimits) -> dict[str, Any]:
    """What the analyser says. Raises what it raised, HostError if it dies."""
    if not file.is_file():
        raise FileUnreadable(f"there is no file {file}", file=file.name)
    command = [sys.executable, "-m", "hydrogen.analyser_process", "--file", str(file)]
    ran = subprocess.run([*command, "--limits", json.dumps(asdict(limits))], stdout=subprocess.PIPE, check=False)
    if not ran.stdout:
        raise HostError(f"the analyser ended with code {ran.returncode}")
    answer: dict[str, Any] = decode_json(ran.stdout)
    if "error" in answer:
        raise error_from_wire(answer["error"])
    return answer


# --------------------------------------------------------------------------------------------------------- rendering


def report_lines(name: str, analysis: FileAnalysis) -> Iterator[str]:
    """The file in some ten lines. What comes from it is shown without control characters."""
    slicer = analysis.slicer
    made = f", by {shown(slicer.name)} {shown(slicer.version or '')}".rstrip() if slicer.name else ""
    yield f"{shown(name)}: {analysis.size_bytes / 1024:,.0f} KiB, {analysis.lines_total:,} commands{made}"
    told = f" (the slicer says {duration(slicer.seconds)})" if slicer.seconds else ""
    yield f"  time       {duration(analysis.seconds)}{told}, without heating and homing"
    height = f" of {analysis.layer_height_mm:g} mm" if analysis.layer_height_mm else ""
    yield f"  layers     {analysis.layers:,}{height}"
    for tool in analysis.tools:
        yield f"  filament   T{tool.tool}: {tool.filament_mm / 1000:.2f} m"
    for title, reach in (("plastic", analysis.laid), ("travel", analysis.travelled)):
        if reach is not None:
            yield f"  {title:<11}{_reach(reach)}"
    for thing in analysis.objects[:20]:
        yield f"  object     {shown(thing.name)}: {duration(thing.seconds)}, {thing.filament_mm / 1000:.2f} m"
    for heater, target in analysis.targets.items():
        yield f"  {heater:<11}{target.celsius:g} °C"
    demand = analysis.demand
    if demand.densest_lines is not None:
        most = demand.densest_lines.lines / demand.densest_lines.seconds
        place = f"layer {demand.densest_lines.layer}, line {demand.densest_lines.line:,}"
        yield f"  lines      {demand.mean_lines_per_second:.0f} a second, at most {most:.0f} ({place})"
    for thumbnail in analysis.thumbnails:
        yield f"  picture    {thumbnail.width} x {thumbnail.height}, {thumbnail.form}"
    for note in analysis.notes:
        yield f"  note       {shown(note)}"


def verdict_lines(verdict: Preflight) -> Iterator[str]:
    """What is wrong, and what nobody can say."""
    yield f"pre-flight{f' for {verdict.printer}' if verdict.printer else ''}:"
    for finding in verdict.findings:
        line = f", line {finding.line:,}" if finding.line is not None else ""
        yield f"  {finding.severity}{line}: {shown(finding.message)}. {finding.remedy.capitalize()}."
    if not verdict.findings:
        yield "  nothing wrong was found"
    for sentence in verdict.not_judged:
        yield f"  not judged: {shown(sentence)}"


def shown(text: str) -> str:
    """Text from a file, harmless in a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def duration(seconds: float) -> str:
    """`1 d 2 h 3 min`, `3 min 20 s`, `59 s`: rounded to whole seconds first."""
    whole = round(seconds)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next((index for index, (amount, _) in enumerate(parts) if amount), 3)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 3])


def _reach(reach: Reach) -> str:
    ends = zip("XYZ", reach.low_mm, reach.high_mm, strict=True)
    return ", ".join(f"{axis} {low:g} to {high:g}" for axis, low, high in ends)
