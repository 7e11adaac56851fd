"""Drivers by entry point: ours enter through the same door as anybody else's.

A driver package announces a `DriverManifest` in the entry-point group `hydrogen.drivers`. The manifest is read without
importing the driver itself; its `config` model is loaded by the service to check the printer's table, its `factory` only
by the spooler.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from hydrogen.devices.driver import DriverManifest
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
        """What may stand after `driver =`."""
        return tuple(sorted(self._found))

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
        """The pydantic model class that checks the printer's table. Raises as `manifest` does."""
        reference = self.manifest(name).config
        module, _, attribute = reference.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ServerFault(f"driver {name!r}: {reference} cannot be loaded: {error}", driver=name) from error
