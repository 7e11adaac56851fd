"""The tables of a printer that say what it is: how large, how hot, how fast. Only files are judged by them, nothing is sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from hydrogen.config_display import Presets, WebcamSection
from hydrogen.config_power import PowerSection
from hydrogen.config_section import PrinterSection, Section, Texts
from hydrogen.gcode.program.motion import MotionLimits, limits_from_report
from hydrogen.gcode.program.preflight import MachineProfile

Millimetres = Annotated[float, Field(gt=0, le=10_000)]
Speed = Annotated[float, Field(gt=0, le=10_000)]
Acceleration = Annotated[float, Field(gt=0, le=1_000_000)]
Celsius = Annotated[float, Field(gt=0, le=1000)]


class MachineSection(Section):
    """What a file must fit: judged before a print, in `file.info`. What is not set is not judged."""

    size_x_mm: Millimetres | None = Field(
        default=None,
        description="How far X goes, in mm. Without all three sizes nobody says whether a file fits the printer.",
    )
    size_y_mm: Millimetres | None = Field(default=None, description="How far Y goes.")
    size_z_mm: Millimetres | None = Field(default=None, description="How high the nozzle goes.")
    origin: Literal["corner", "centre"] = Field(
        default="corner",
        description="Where X 0 and Y 0 are: at a corner of the bed, as on most printers, or at its centre, as on deltas.",
    )
    overhang_mm: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0,
        description="How far beyond these sizes the nozzle may go at the sides of X and Y: where many printers purge (4 on an "
        "MK3S, whose start code lays its line at Y -3).",
    )
    nozzle_celsius: Celsius | None = Field(
        default=None,
        description="The hottest that the nozzle may be asked to get. Not set by default: a hotend lined with PTFE wants 240, "
        "others 300, and the firmware's own limit is not told.",
    )
    bed_celsius: Celsius | None = Field(default=None, description="The same for the bed.")
    chamber_celsius: Celsius | None = Field(default=None, description="The same for the chamber.")
    models: Texts = Field(
        default=(),
        description="Names that slicers have for this printer (`MK3S`, `Creality Ender-3*`; `*` stands for anything). A file "
        "that was sliced for another one is told of.",
    )

    def profile(self, name: str) -> MachineProfile:
        """What the configuration knows of the printer."""
        low: tuple[float, ...] = ()
        high: tuple[float, ...] = ()
        if self.size_x_mm is not None and self.size_y_mm is not None and self.size_z_mm is not None:
            shift = 0.5 if self.origin == "centre" else 0.0
            more = self.overhang_mm
            low = (-self.size_x_mm * shift - more, -self.size_y_mm * shift - more, 0.0)
            high = (self.size_x_mm * (1.0 - shift) + more, self.size_y_mm * (1.0 - shift) + more, self.size_z_mm)
        told = {"nozzle": self.nozzle_celsius, "bed": self.bed_celsius, "chamber": self.chamber_celsius}
        celsius = {heater: limit for heater, limit in told.items() if limit is not None}
        return MachineProfile(name=name, low_mm=low, high_mm=high, celsius=celsius, models=self.models)


class MotionSection(Section):
    """How fast it moves, for print times: M201, M203, M204 and M205. Without this table the printer is asked (M503), where its
    firmware tells; one that does not, and every key that is left out here, counts as Marlin's example configuration. A file's
    own M201 to M205 count in their place from where they stand."""

    report: Annotated[str, Field(max_length=20_000)] = Field(
        default="",
        description="The printer's answer to M503, as it stands in the terminal: easier than the keys below, and "
        "in their place.",
    )
    feedrate_x: Speed = Field(default=300.0, description="Fastest speed of X, in mm/s: M203 X.")
    feedrate_y: Speed = Field(default=300.0, description="M203 Y.")
    feedrate_z: Speed = Field(default=5.0, description="M203 Z.")
    feedrate_e: Speed = Field(default=25.0, description="M203 E.")
    acceleration: Acceleration = Field(default=3000.0, description="While printing, in mm/s^2: M204 P.")
    travel_acceleration: Acceleration = Field(default=3000.0, description="While travelling: M204 T.")
    retract_acceleration: Acceleration = Field(default=3000.0, description="Of the filament alone: M204 R.")
    axis_acceleration: Acceleration = Field(default=3000.0, description="The lower one of X and Y: M201.")
    jerk: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=10.0,
        description="How much the speed of X or Y may jump at a corner, in mm/s: M205 X. 0: every move begins and ends at "
        "rest, which is slower than any planner.",
    )
    jerk_e: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=5.0, description="The same for the filament: M205 E."
    )
    junction_deviation: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.0,
        description="Marlin's other rule for corners, in mm: M205 J. Above 0 it counts in the place of both jerks.",
    )

    @field_validator("report")
    @classmethod
    def _tells_limits(cls, report: str) -> str:
        if report.strip() and limits_from_report(report.encode().splitlines()) is None:
            raise ValueError("an answer to M503, with lines of M201, M203, M204 or M205")
        return report

    def limits(self) -> MotionLimits | None:
        """As the motion model takes them; None: nothing is configured."""
        if not self.model_fields_set:
            return None
        reported = limits_from_report(self.report.encode().splitlines())
        if reported is not None:
            return reported
        made = MotionLimits(**self.model_dump(exclude={"report"}))
        made.bound()
        return made


class PrinterTable(PrinterSection):
    """One printer, with what switches its power and what files are judged by."""

    power: PowerSection = Field(
        default_factory=PowerSection,
        description="A table, `[printers.NAME.power]`: what switches the power.",
    )

    machine: MachineSection = Field(
        default_factory=MachineSection,
        description="A table, `[printers.NAME.machine]`: what a file must fit.",
    )
    motion: MotionSection = Field(
        default_factory=MotionSection,
        description="A table, `[printers.NAME.motion]`: how fast it moves.",
    )
    webcam: WebcamSection | None = Field(
        default=None,
        description="A table, `[printers.NAME.webcam]`: its own camera, in the place of the one of `[webcam]`.",
    )
    temperature_presets: Presets | None = Field(
        default=None,
        description="Tables, `[printers.NAME.temperature_presets.PRESET]`: its own, in the place of all of "
        "`[temperature_presets]`.",
    )
