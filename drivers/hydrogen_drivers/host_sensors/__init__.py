"""The host's own sensors: processor, disks, fans, what a motherboard or a hat has."""

from __future__ import annotations

from hydrogen.devices.driver import DriverManifest

MANIFEST = DriverManifest(
    name="host_sensors",
    kind="sensor",
    config="hydrogen_drivers.host_sensors.config:HostSensorsConfig",
    factory="hydrogen_drivers.host_sensors.driver:HostSensorsDriver",
    summary="the host's own sensors (hwmon, thermal zones): processor, disks, fans, humidity sensors with a kernel driver",
)
