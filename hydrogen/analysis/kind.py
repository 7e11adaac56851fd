"""What files are held against: a printer as it is configured, and as it has told of itself since."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hydrogen.analysis.shelf import limits_key
from hydrogen.gcode.dialect import DIALECTS
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.model.printer import PrinterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A printer's limits, and what is known of it at this moment."""

    limits: MotionLimits = field(default_factory=MotionLimits)
    machine: MachineProfile = field(default_factory=MachineProfile)

    @property
    def key(self) -> str:
        """Printers with one key have their analyses in common."""
        return limits_key(self.limits)


def kind_from(limits: MotionLimits | None, machine: MachineProfile, state: PrinterState | None) -> Kind:
    """state: of the printer, if there is any; its firmware and its port tell more than the configuration."""
    if state is None:
        return Kind(limits=limits, machine=machine)
    machine = replace(machine, baud=state.baud)
    if (firmware := state.firmware) is not None:
        dialect = DIALECTS.get(firmware.dialect)
        machine = replace(
            machine,
            extruders=firmware.extruder_count,
            dialect=firmware.dialect,
            capabilities=firmware.capabilities,
            carries_window=dialect is not None and dialect.may_open_window,
        )
    return Kind(limits=limits, machine=machine)
