"""What is known of a file once it was read whole: one record, kept by the file's hash and shown to clients as it stands.

Lines count from 1, offsets are bytes from the start of the file, lengths are mm, times seconds. What a file does not tell
is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ANALYSIS_VERSION = 2
"""Of the records' meaning. A file that was analysed under another version is analysed again."""

LOWEST_BYTES, STEPS_PER_OCTAVE = 100.0, 4
"""The steps of LineDemand.histogram: where the first begins, in bytes/s, and how many double it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicerNotes:
    """What the slicer wrote into the file's head and tail; each None where it did not.

    filament_*: one value a tool, where the slicer tells them apart; else one for all.
    """

    name: str | None = None
    version: str | None = None
    printer: str | None = None
    seconds: float | None = None
    layers: int | None = None
    layer_height_mm: float | None = None
    first_layer_height_mm: float | None = None
    filament_mm: tuple[float, ...] = ()
    filament_cm3: tuple[float, ...] = ()
    filament_g: tuple[float, ...] = ()
    filament_types: tuple[str, ...] = ()
    nozzle_mm: float | None = None
    nozzle_celsius: tuple[float, ...] = ()
    bed_celsius: tuple[float, ...] = ()
    bed_mm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailNote:
    """A picture of the file: width and height in pixels; form: how the file holds it (png, jpg, qoi)."""

    width: int
    height: int
    form: str
    media: str = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far moves go, in the machine's coordinates: x, y, z at the low and high ends, and a line that gets there."""

    low_mm: tuple[float, ...]
    high_mm: tuple[float, ...]
    low_lines: tuple[int, ...]
    high_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """filament_mm: the farthest that its filament was pushed, so that retractions are not counted twice."""

    tool: int
    filament_mm: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectUse:
    """One of several things that the file prints. low_mm, high_mm: x, y, z of what is laid; empty if nothing is. kind: of the
    marks that tell it apart: `mesh` and `label` are comments, `m486` and `exclude` commands of the firmware's own."""

    name: str
    id: str
    seconds: float
    filament_mm: float
    low_mm: tuple[float, ...] = ()
    high_mm: tuple[float, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatTarget:
    """The highest target of a heater, and the line that sets it."""

    celsius: float
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUse:
    """How often a command stands in the file, and its first line."""

    command: str
    count: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DensePlace:
    """So many moves in a row, whose lines must come in so short a time. bytes: with number and checksum."""

    line: int
    layer: int
    seconds: float
    lines: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDemand:
    """How fast lines must come so that the printer never waits for them.

    densest_lines, densest_bytes: where most lines, and most bytes, are needed in a second. histogram: for steps of a quarter of
    an octave from 100 bytes/s on (LOWEST_BYTES, STEPS_PER_OCTAVE), the seconds of the print that need so much; the last step
    holds all above.
    """

    mean_lines_per_second: float = 0.0
    densest_lines: DensePlace | None = None
    densest_bytes: DensePlace | None = None
    histogram: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsendable:
    """The first line that cannot be sent, as FileProblem has it."""

    line: int | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnalysis:
    """All of it.

    seconds: by the motion model under `limits` (names of MotionLimits), without heating and homing. layer_source: `marks`
    of the slicer, or `height`, the steps of Z where plastic is laid. laid, travelled: None where nothing is. lines_total:
    those that carry a command. first_laid, first_home, first_heat: the first line that lays plastic, homes, heats a nozzle.
    notes: what could not be read, in sentences.
    """

    version: int = ANALYSIS_VERSION
    sha256: str = ""
    size_bytes: int = 0
    lines_all: int = 0
    lines_total: int = 0
    slicer: SlicerNotes = field(default_factory=SlicerNotes)
    thumbnails: tuple[ThumbnailNote, ...] = ()
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    dwell_seconds: float = 0.0
    heat_waits: int = 0
    moves: int = 0
    layers: int = 0
    layer_source: str = "height"
    layer_height_mm: float | None = None
    tools: tuple[ToolUse, ...] = ()
    objects: tuple[ObjectUse, ...] = ()
    laid: Reach | None = None
    travelled: Reach | None = None
    targets: Mapping[str, HeatTarget] = field(default_factory=lambda: MappingProxyType({}))
    commands: tuple[CommandUse, ...] = ()
    demand: LineDemand = field(default_factory=LineDemand)
    first_laid: int | None = None
    first_home: int | None = None
    first_heat: int | None = None
    problem: Unsendable | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerIndex:
    """The layers as columns, one value each; what a viewer needs to draw one layer from the file's bytes offset .. end.

    line: the first one. z, height: of the plastic; height from the layer below. x, y, z_start, e, feedrate (mm/min), tool:
    where the printer stands before the first line, as the file counts. modes: 1 relative, 2 relative extruder, 4 inches,
    added up.
    """

    offset: tuple[int, ...] = ()
    end: tuple[int, ...] = ()
    line: tuple[int, ...] = ()
    z: tuple[float, ...] = ()
    height: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    filament_mm: tuple[float, ...] = ()
    moves: tuple[int, ...] = ()
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    z_start: tuple[float, ...] = ()
    e: tuple[float, ...] = ()
    feedrate: tuple[float, ...] = ()
    tool: tuple[int, ...] = ()
    modes: tuple[int, ...] = ()
