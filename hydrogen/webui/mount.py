"""Where the dashboard is joined to the HTTP port. Nothing of it is loaded before the port's libraries are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydrogen.webui.assets import BUILT

if TYPE_CHECKING:
    from hydrogen.web.door import Door
    from hydrogen.web.endpoint import Endpoint
    from hydrogen.web.house import WebHouse


def mount_dashboard(_door: Door, house: WebHouse) -> list[Endpoint]:
    """`/` and what it loads; the page is told where the WebSocket is bound."""
    from hydrogen.webui.pages import Pages

    return Pages(BUILT, lambda: house.figures.port).endpoints
