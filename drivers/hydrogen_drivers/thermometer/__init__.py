"""Thermometers on a serial port that say a line of figures now and then."""

from __future__ import annotations

from hydrogen.devices.driver import DriverManifest

MANIFEST = DriverManifest(
    name="thermometer",
    kind="sensor",
    config="hydrogen_drivers.thermometer.config:ThermometerConfig",
    factory="hydrogen_drivers.thermometer.driver:ThermometerDriver",
    summary="a thermometer on a serial port or a pty: bare numbers, T1:23.5, CSV, JSON, or a pattern of your own",
)
