"""Whatever a program of the owner's can find out."""

from __future__ import annotations

from hydrogen.devices.driver import DriverManifest

MANIFEST = DriverManifest(
    name="command",
    kind="sensor",
    config="hydrogen_drivers.command.config:CommandConfig",
    factory="hydrogen_drivers.command.driver:CommandDriver",
    summary="what a program of yours prints: a number, T1:23.5, CSV, JSON, or a pattern of your own",
)
