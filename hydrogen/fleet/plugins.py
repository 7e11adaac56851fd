"""Drivers by entry point: ours enter through the same door as anybody else's.

A driver package announces a `DriverManifest` in the entry-point group `hydrogen.drivers`. The manifest is read without
importing the driver itself; its `config` model is loaded by the service to check the driver's table. The `factory` of a
printer's driver is loaded by the spooler only, that of a sensor's driver by the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hydrogen.devices.driver import DriverManifest
from hydrogen.devices.sensor import SensorDriver
from hydrogen.errors import NotFound, ServerFault

ENTRY_POINT_GROUP = "hydrogen.drivers"
"""Where driver packages announce themselves; part of the contract with them."""


class PluginShelf:
    """The drivers that are installed, found once."""

    def __init__(self, found: dict[str, EntryPoint] | None = None) -> None:
        """found: entry points by name; None looks at what is installed."""
        if found is None:
            found = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
        self._found = found

    @property
    def names(self) -> tuple[str, ...]:
        """All that are installed, whatever they drive."""
        return tuple(sorted(self._found))

    def names_of(self, kind: str) -> tuple[str, ...]:
        """What may stand after `driver =` in a table of this kind; a driver that cannot be loaded is listed, to be told of."""
        return tuple(name for name in self.names if self._kind_of(name) in (kind, None))

    def manifest(self, name: str) -> DriverManifest:
        """Raises NotFound for a driver that is not installed, ServerFault for one that breaks its contract."""
        point = self._found.get(name)
        if point is None:
            raise NotFound(f"there is no driver {name!r}", driver=name, known=list(self.names))
        try:
            manifest = point.load()
        except (ImportError, AttributeError) as error:
            raise ServerFault(f"driver {name!r} ({point.value}) cannot be loaded: {error}", driver=name) from error
        if not isinstance(manifest, DriverManifest):
            raise ServerFault(f"driver {name!r}: {point.value} is no DriverManifest", driver=name)
        return manifest

    def config_model(self, name: str) -> Any:
        """The pydantic model class that checks the driver's table. Raises as `manifest` does."""
        return self._load(name, self.manifest(name).config)

    def sensor_driver(self, name: str, settings: Mapping[str, Any]) -> SensorDriver:
        """A driver of the kind `sensor` for these settings, which its config model made. Raises as `manifest` does."""
        driver: SensorDriver = self._load(name, self.manifest(name).factory)(settings)
        return driver

    def _load(self, name: str, reference: str) -> Any:
        module, _, attribute = reference.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ServerFault(f"driver {name!r}: {reference} cannot be loaded: {error}", driver=name) from error

    def _kind_of(self, name: str) -> str | None:
        try:
            return self.manifest(name).kind
        except ServerFault:
            return None
