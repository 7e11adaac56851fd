"""`/api/printerprofiles`: one for each face, the printer as it is. What nobody has told is null, not a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from hydrogen.errors import Conflict, NotFound
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.model.printer import PrinterState
from hydrogen.octoprint.answer import server_address, told
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.route import FaceRoute

PROFILE = "_default"
"""The id of the only one, as in a fresh OctoPrint."""

AXIS_SPEEDS: Mapping[str, int] = MappingProxyType({"x": 6000, "y": 6000, "z": 200, "e": 300})
"""mm per minute at which clients jog; OctoPrint's defaults, because no firmware tells what is good for a hand's move."""


class ProfileRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, machine_of: Callable[[str], MachineProfile | None]) -> None:
        """machine_of: what is known of a printer's size, by its name."""
        self._door = door
        self._machine_of = machine_of

    @property
    def routes(self) -> list[FaceRoute]:
        one = "/api/printerprofiles/{profile}"
        return [
            FaceRoute(name="profiles", method="GET", path="/api/printerprofiles", handler=self.list, scope="read"),
            FaceRoute(name="profile", method="GET", path=one, handler=self.show, scope="read"),
            FaceRoute(
                name="add_profile", method="POST", path="/api/printerprofiles", handler=self.change, scope="admin"
            ),
            FaceRoute(name="change_profile", method="PATCH", path=one, handler=self.change, scope="admin"),
            FaceRoute(name="delete_profile", method="DELETE", path=one, handler=self.change, scope="admin"),
        ]

    async def list(self, visit: Visit) -> Response:
        """`{"profiles": {ID: {...}}}`."""
        return told({"profiles": {PROFILE: self._told(visit)}})

    async def show(self, visit: Visit) -> Response:
        """The profile; 404 for any other id."""
        if visit.request.path_params["profile"] != PROFILE:
            raise NotFound(f"there is no such profile: there is {PROFILE}")
        return told(self._told(visit))

    async def change(self, _visit: Visit) -> Response:
        """409: a printer is described by the configuration and by what its firmware says."""
        raise Conflict("printers are described in the configuration (hydrogen.toml)")

    def _told(self, visit: Visit) -> dict[str, Any]:
        printer = self._door.faces.printer(visit.face)
        base = server_address(visit.request, visit.face, self._door.web.proxies)
        size = size_of(self._machine_of(visit.face.printer))
        return profile_body(visit.face.printer, printer, base=base, size=size)


def profile_name(printer: str) -> str:
    """What people call it."""
    return printer or "Hydrogen"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildVolume:
    """In mm; None where nobody has configured it (`[printers.NAME.machine]`)."""

    width: float | None = None
    depth: float | None = None
    height: float | None = None
    origin: str = "lowerleft"


UNKNOWN_SIZE = BuildVolume()


def size_of(machine: MachineProfile | None) -> BuildVolume:
    """How large it is. Where the origin is a corner, what hangs over lies at both ends alike and is taken off."""
    if machine is None or len(machine.low_mm) < 3 or len(machine.high_mm) < 3:
        return UNKNOWN_SIZE
    (low_x, low_y, low_z), (high_x, high_y, high_z) = machine.low_mm[:3], machine.high_mm[:3]
    if abs(low_x + high_x) < 1e-6:
        return BuildVolume(width=high_x - low_x, depth=high_y - low_y, height=high_z - low_z, origin="center")
    return BuildVolume(width=high_x + low_x, depth=high_y + low_y, height=high_z - low_z)


def profile_body(name: str, printer: PrinterState, *, base: str, size: BuildVolume = UNKNOWN_SIZE) -> dict[str, Any]:
    """The profile of a printer. base: the server's address. A heater that the firmware has never reported is not there."""
    firmware = printer.firmware
    tools = [heater for heater in printer.heaters if heater.startswith("tool")]
    return {
        "id": PROFILE,
        "name": profile_name(name),
        "model": firmware.machine_type if firmware is not None else "",
        "color": "default",
        "current": True,
        "default": True,
        "resource": f"{base}/api/printerprofiles/{PROFILE}",
        "volume": {
            "formFactor": "rectangular",
            "origin": size.origin,
            "width": size.width,
            "depth": size.depth,
            "height": size.height,
            "custom_box": False,
        },
        "heatedBed": "bed" in printer.heaters,
        "heatedChamber": "chamber" in printer.heaters,
        "axes": {axis: {"speed": speed, "inverted": False} for axis, speed in AXIS_SPEEDS.items()},
        "extruder": {
            "count": max(1, len(tools), firmware.extruder_count if firmware is not None else 1),
            "offsets": [[0.0, 0.0]],
            "nozzleDiameter": None,
            "sharedNozzle": False,
            "defaultExtrusionLength": 5,
        },
    }
