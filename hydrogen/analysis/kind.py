"""What files are held against: a printer as it is configured, and as it has told of itself since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hydrogen.analysis.shelf import limits_key
from hydrogen.gcode.dialect import DIALECTS
from hydrogen.gcode.program.motion import MotionLimits, limits_from_words
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


class Kinds:
    """The printers' kinds as they are now. The limits that a printer told of are remembered while it is off."""

    def __init__(
        self,
        configured: Mapping[str, tuple[MotionLimits | None, MachineProfile]],
        states: Callable[[], Mapping[str, PrinterState]],
    ) -> None:
        """configured: by printer; limits None: nobody configured them."""
        self._configured = configured
        self._states = states
        self._told: dict[str, MotionLimits] = {}

    def __call__(self) -> dict[str, Kind]:
        states = self._states()
        return {
            name: kind_from(limits or self._told_by(name, states.get(name)), machine, states.get(name))
            for name, (limits, machine) in self._configured.items()
        }

    def _told_by(self, name: str, state: PrinterState | None) -> MotionLimits:
        if state is not None and state.firmware is not None:
            told = limits_from_words(state.firmware.limits)
            if told is not None:
                self._told[name] = told
        return self._told.get(name) or MotionLimits()


def kind_from(limits: MotionLimits, machine: MachineProfile, state: PrinterState | None) -> Kind:
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
