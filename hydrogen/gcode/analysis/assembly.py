"""From what the pass has summed up to the records that are kept (program/analysis.py)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields
from types import MappingProxyType

import numpy as np

from hydrogen.gcode.analysis import sections as column
from hydrogen.gcode.analysis.demand import Block
from hydrogen.gcode.analysis.full_pass import Extent, FullPass
from hydrogen.gcode.analysis.page import Ints, Reals
from hydrogen.gcode.analysis.sections import is_laid, rounded
from hydrogen.gcode.program.analysis import (
    CommandUse,
    DensePlace,
    FileAnalysis,
    HeatTarget,
    LayerIndex,
    LineDemand,
    ObjectUse,
    Reach,
    SlicerNotes,
    ToolUse,
    Unsendable,
)
from hydrogen.gcode.program.metadata import JobOutline, layer_style
from hydrogen.gcode.program.motion import MotionLimits

LEAST_SHARE = 1e-9


def limits_as_numbers(limits: MotionLimits) -> dict[str, float]:
    """Name and value, as the record has them."""
    return {field.name: float(getattr(limits, field.name)) for field in fields(limits)}


def layer_index(full: FullPass, outline: JobOutline) -> LayerIndex:
    """The layers of a file that was passed to its end."""
    firsts = _layer_firsts(full)
    if not len(firsts):
        return LayerIndex()
    table = full.sections
    offsets = [int(offset) for offset in table.column(column.OFFSET)[firsts]]
    ends = [*offsets[1:], max(outline.commands_end, offsets[-1])]
    z, height = _heights(table.highs(column.HIGH_Z, firsts), table.column(column.Z)[firsts])

    def start(which: int) -> Reals:
        return table.column(which)[firsts]

    return LayerIndex(
        offset=tuple(offsets),
        end=tuple(ends),
        line=tuple(map(int, start(column.LINE))),
        z=z,
        height=height,
        seconds=rounded(table.sums(column.SECONDS, firsts)),
        filament_mm=rounded(table.sums(column.FILAMENT, firsts)),
        moves=tuple(map(int, table.sums(column.MOVES, firsts))),
        x=rounded(start(column.X)),
        y=rounded(start(column.Y)),
        z_start=rounded(start(column.Z)),
        e=rounded(start(column.E), 5),
        feedrate=rounded(start(column.FEEDRATE)),
        tool=tuple(map(int, start(column.TOOL))),
        modes=tuple(map(int, start(column.MODES))),
    )


def _layer_firsts(full: FullPass) -> Ints:
    """The sections at which layers begin."""
    style = layer_style({name: len(found) for name, found in full.marks.items()})
    return np.unique(np.array(full.marks[style] or full.heights, np.int64))


def _heights(tops: Reals, places: Reals) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Of each layer: how high its plastic is, and by how much above the one below."""
    z: list[float] = []
    height: list[float] = []
    for top, place in zip(map(float, tops), map(float, places), strict=True):
        here = top if is_laid(top) else (z[-1] if z else place)
        below = z[-1] if z else 0.0
        height.append(round(here - below if here > below else max(here, 0.0) if here < below else 0.0, 3))
        z.append(round(here, 3))
    return tuple(z), tuple(height)


def file_analysis(
    full: FullPass, outline: JobOutline, layers: LayerIndex, *, limits: MotionLimits, slicer: SlicerNotes
) -> FileAnalysis:
    """The record, without what belongs to the bytes of the file (digest, size, thumbnails)."""
    problem = outline.problem
    notes = ("the file has too many layers, objects or tool changes: what comes last is told as one",)
    return FileAnalysis(
        lines_all=full.lines,
        lines_total=outline.lines_total,
        slicer=slicer,
        limits=MappingProxyType(limits_as_numbers(limits)),
        seconds=round(full.seconds, 3),
        dwell_seconds=round(full.modal.dwell_seconds, 3),
        heat_waits=full.modal.heat_waits,
        moves=full.moves,
        layers=len(layers.offset),
        layer_source="marks" if any(full.marks.values()) else "height",
        layer_height_mm=_usual(layers.height),
        tools=_tools(full),
        objects=_objects(full),
        laid=_reach(full.laid),
        travelled=_reach(full.travelled),
        targets=MappingProxyType(
            {
                name: HeatTarget(celsius=told.celsius, line=told.line)
                for name, told in sorted(full.modal.targets.items())
            }
        ),
        commands=tuple(
            CommandUse(command=name, count=count, line=line)
            for name, (count, line) in sorted(full.commands.items(), key=lambda use: -use[1][0])
        ),
        demand=_demand(full, layers.offset),
        first_laid=full.first_laid,
        first_home=full.modal.first_home,
        first_heat=full.modal.first_heat,
        problem=None
        if problem is None
        else Unsendable(line=problem.line, reason=problem.reason, message=problem.message),
        notes=notes if full.sections.is_full else (),
    )


def _usual(heights: Sequence[float]) -> float | None:
    """The upper median of the steps from layer to layer."""
    steps = sorted(height for height in heights if height > 0.001)
    return steps[len(steps) // 2] if steps else None


def _tools(full: FullPass) -> tuple[ToolUse, ...]:
    seconds = full.sections.column(column.SECONDS)
    uses = []
    for tool in sorted(full.farthest):
        time = float(seconds[full.sections.where(column.TOOL, tool)].sum())
        uses.append(ToolUse(tool=tool, filament_mm=round(full.farthest[tool], 3), seconds=round(time, 3)))
    return tuple(uses)


def _objects(full: FullPass) -> tuple[ObjectUse, ...]:
    table = full.sections
    uses = []
    for number, named in enumerate(full.objects.objects):
        mine = table.where(column.OBJECT, number)
        low, high = table.reach(mine)
        uses.append(
            ObjectUse(
                name=named.name,
                id=named.id,
                seconds=round(float(table.column(column.SECONDS)[mine].sum()), 3),
                filament_mm=round(float(table.column(column.FILAMENT)[mine].sum()), 3),
                low_mm=low,
                high_mm=high,
                kind=full.objects.kind,
            )
        )
    return tuple(uses)


def _reach(extent: Extent) -> Reach | None:
    if extent.low[0] > extent.high[0]:
        return None
    return Reach(
        low_mm=rounded(extent.low),
        high_mm=rounded(extent.high),
        low_lines=tuple(map(int, extent.low_lines)),
        high_lines=tuple(map(int, extent.high_lines)),
    )


def _demand(full: FullPass, offsets: Sequence[int]) -> LineDemand:
    meter = full.demand
    steps = [round(float(seconds), 3) for seconds in meter.histogram]
    while steps and not steps[-1]:
        steps.pop()
    return LineDemand(
        mean_lines_per_second=round(full.moves / full.seconds, 3) if full.seconds > LEAST_SHARE else 0.0,
        densest_lines=_dense(meter.most_lines, offsets),
        densest_bytes=_dense(meter.most_bytes, offsets),
        histogram=tuple(steps),
    )


def _dense(block: Block | None, offsets: Sequence[int]) -> DensePlace | None:
    if block is None:
        return None
    layer = bisect_right(offsets, block.offset)
    return DensePlace(
        line=block.line, layer=layer, seconds=round(block.seconds, 6), lines=block.lines, bytes=block.bytes
    )
