"""DS18B20 and its kin on a 1-Wire bus, by the kernel's files."""

from __future__ import annotations

from hydrogen.devices.driver import DriverManifest

MANIFEST = DriverManifest(
    name="onewire",
    kind="sensor",
    config="hydrogen_drivers.onewire.config:OneWireConfig",
    factory="hydrogen_drivers.onewire.driver:OneWireDriver",
    summary="DS18B20, DS18S20, DS1822 and their kin on a 1-Wire bus (/sys/bus/w1/devices)",
)
