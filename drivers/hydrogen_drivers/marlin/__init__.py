"""Marlin and its kin over a serial port."""

from __future__ import annotations

from hydrogen.devices.driver import DriverManifest

MANIFEST = DriverManifest(
    name="marlin",
    config="hydrogen_drivers.marlin.config:MarlinConfig",
    factory="hydrogen_drivers.marlin.driver:MarlinDriver",
    summary="Marlin and firmware that speaks like it, over a serial port or a pty",
)
