"""`/api/version` and `/api/server`: what slicers ask before an upload, and what apps ask first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from hydrogen.octoprint.answer import told
from hydrogen.octoprint.door import Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.web.system import OCTOPRINT_API, OCTOPRINT_VERSION

CAPABILITIES: Mapping[str, bool] = MappingProxyType({"upload-by-put": True})
"""PrusaSlicer's host type PrusaLink then uploads by PUT (prusalink.py), which can be told not to write over a file."""


class VersionRoutes:
    """Nothing of the printer is told, so any key will do."""

    def __init__(self, version: str) -> None:
        """version: of Hydrogen."""
        self._text = f"OctoPrint {OCTOPRINT_VERSION} (Hydrogen {version})"

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="version", method="GET", path="/api/version", handler=self.version),
            FaceRoute(name="server", method="GET", path="/api/server", handler=self.server),
        ]

    async def version(self, _visit: Visit) -> Response:
        """`text` must begin with `OctoPrint`, or slicers refuse the host. `capabilities` is for the host type PrusaLink."""
        return told(
            {"api": OCTOPRINT_API, "server": OCTOPRINT_VERSION, "text": self._text, "capabilities": dict(CAPABILITIES)}
        )

    async def server(self, _visit: Visit) -> Response:
        """`safemode` null: it is not in safe mode, there is none."""
        return told({"version": OCTOPRINT_VERSION, "safemode": None})
