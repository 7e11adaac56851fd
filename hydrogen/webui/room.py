"""The dashboard's door to the composition root: what it adds to the HTTP port, for which starlette is loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hydrogen.webui.assets import BUILT

if TYPE_CHECKING:
    from hydrogen.web.endpoint import Endpoint


class Dashboard:
    """websocket_port: the bound one, 0 while there is none. folder: of the built dashboard."""

    def __init__(self, websocket_port: Callable[[], int], folder: Path = BUILT) -> None:
        self._websocket_port = websocket_port
        self._folder = folder

    def endpoints(self) -> Sequence[Endpoint]:
        """To be called where starlette may be loaded."""
        from hydrogen.webui.pages import Pages

        return Pages(self._folder, self._websocket_port).endpoints
