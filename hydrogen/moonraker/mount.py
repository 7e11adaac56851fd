"""Where the room is joined to the HTTP port. Nothing of it is loaded before the port's libraries are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hydrogen.web.door import Door
    from hydrogen.web.endpoint import Endpoint
    from hydrogen.web.house import WebHouse


def mount_moonraker(door: Door, house: WebHouse) -> list[Endpoint]:
    """Every path of Moonraker's that is answered here, at the root and for each printer below `/printers/<name>`."""
    from hydrogen.moonraker.routes import MoonrakerRoutes

    return MoonrakerRoutes(door, house).endpoints
