"""A printer as configured, and as it has told of itself."""

from __future__ import annotations

from types import MappingProxyType

from hydrogen.analysis.kind import Kind, Kinds, kind_from
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.model.printer import Firmware, PrinterState


def test_what_the_printer_tells_counts() -> None:
    firmware = Firmware(dialect="marlin", extruder_count=2, capabilities=MappingProxyType({"ARCS": True}))
    state = PrinterState(baud=115200, firmware=firmware)
    machine = kind_from(MotionLimits(), MachineProfile(name="a"), state).machine
    assert (machine.name, machine.baud, machine.extruders, machine.dialect) == ("a", 115200, 2, "marlin")
    assert machine.carries_window and machine.capabilities["ARCS"]


def test_an_unknown_printer_is_as_configured() -> None:
    profile = MachineProfile(name="a", models=("X",))
    assert kind_from(MotionLimits(), profile, None).machine == profile
    assert kind_from(MotionLimits(), profile, PrinterState()).machine == profile


def test_printers_with_the_same_limits_are_one_kind() -> None:
    assert Kind(machine=MachineProfile(name="a")).key == Kind(machine=MachineProfile(name="b")).key
    assert Kind().key != Kind(limits=MotionLimits(acceleration=500.0)).key


def test_the_limits_that_a_printer_told_are_remembered_while_it_is_off() -> None:
    told = Firmware(limits=MappingProxyType({"M204": MappingProxyType({"P": 500.0})}))
    states = {"a": PrinterState(firmware=told), "b": PrinterState(firmware=told)}
    own = MotionLimits(acceleration=900.0)
    kinds = Kinds(
        {"a": (None, MachineProfile()), "b": (own, MachineProfile()), "c": (None, MachineProfile())}, lambda: states
    )
    assert (kinds()["a"].limits.acceleration, kinds()["b"].limits, kinds()["c"].limits) == (500.0, own, MotionLimits())
    states["a"] = PrinterState()
    assert kinds()["a"].limits.acceleration == 500.0
    states["a"] = PrinterState(firmware=Firmware(limits=MappingProxyType({"M204": MappingProxyType({"P": 700.0})})))
    assert kinds()["a"].limits.acceleration == 700.0
