"""`/api/system/commands`: the buttons of Home Assistant and of apps that begin the service anew and turn the host off."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from hydrogen.errors import NotFound
from hydrogen.octoprint.answer import server_address, told
from hydrogen.octoprint.command import FaceCommander
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.route import FaceRoute

NAMES: Mapping[str, str] = MappingProxyType(
    {"restart": "Restart Hydrogen", "shutdown": "Shutdown system", "reboot": "Reboot system"}
)
"""What clients write on the button."""

SOURCE = "core"


class SystemRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander) -> None:
        self._door = door
        self._commander = commander

    @property
    def routes(self) -> list[FaceRoute]:
        root = "/api/system/commands"
        return [
            FaceRoute(name="commands", method="GET", path=root, handler=self.list_all, scope="read"),
            FaceRoute(name="commands_of", method="GET", path=f"{root}/{{source}}", handler=self.list_one, scope="read"),
            FaceRoute(name="system_command", method="POST", path=f"{root}/{{source}}/{{action}}", handler=self.perform),
        ]

    async def list_all(self, visit: Visit) -> Response:
        """`{"core", "custom"}`: what can be done here."""
        return told({SOURCE: await self._core(visit), "custom": []})

    async def list_one(self, visit: Visit) -> Response:
        """One of the two lists."""
        source = visit.request.path_params["source"]
        if source not in (SOURCE, "custom"):
            raise NotFound("commands are core or custom")
        return told(await self._core(visit) if source == SOURCE else [])

    async def perform(self, visit: Visit) -> Response:
        """204; 404 for what is not configured, 409 while a print would be lost."""
        source, action = visit.request.path_params["source"], visit.request.path_params["action"]
        if source != SOURCE or action not in NAMES:
            raise NotFound("there is no such command")
        return await self._commander.promptly(visit, f"system.{action}")

    async def _core(self, visit: Visit) -> list[dict[str, Any]]:
        actions = (await self._commander.carry_out(visit, "system.actions"))["actions"]
        base = server_address(visit.request, visit.face, self._door.web.proxies)
        return [
            {
                "action": action,
                "name": NAMES[action],
                "source": SOURCE,
                "confirm": f"{NAMES[action]}?",
                "resource": f"{base}/api/system/commands/{SOURCE}/{action}",
            }
            for action in actions
        ]
