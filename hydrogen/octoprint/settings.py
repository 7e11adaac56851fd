"""`/api/settings`: what clients look up there, from what is true here. Nothing can be changed by it."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

from starlette.responses import Response

from hydrogen.errors import Conflict
from hydrogen.octoprint.answer import told
from hydrogen.octoprint.door import Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.system.identity import load_identity


class SettingsRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._identity: str | None = None

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="settings", method="GET", path="/api/settings", handler=self.show, scope="read"),
            FaceRoute(name="change_settings", method="POST", path="/api/settings", handler=self.change, scope="admin"),
        ]

    async def show(self, visit: Visit) -> Response:
        """Home Assistant knows a server again by `plugins.discovery.upnpUuid`; each printer has its own."""
        if self._identity is None:
            self._identity = await asyncio.to_thread(load_identity, self._data_dir)
        return told(settings_body(visit.face.printer, face_uuid(self._identity, visit)))

    async def change(self, _visit: Visit) -> Response:
        """409: settings are those of the configuration."""
        raise Conflict("settings are made in the configuration (hydrogen.toml)")


def face_uuid(identity: str, visit: Visit) -> str:
    """The house's own at the root, as mDNS tells it; one that is derived from it for a printer's own address."""
    return str(uuid.uuid5(uuid.UUID(identity), visit.face.printer)) if visit.face.prefix else identity


def settings_body(printer: str, identity: str) -> dict[str, Any]:
    """The parts that clients read. printer: its name."""
    return {
        "api": {"allowCrossOrigin": False, "key": None},
        "appearance": {"name": printer, "color": "default", "colorTransparent": False, "defaultLanguage": "_default"},
        "feature": {
            "sdSupport": False,
            "temperatureGraph": True,
            "keyboardControl": True,
            "modelSizeDetection": True,
            "gcodeViewer": False,
            "printStartConfirmation": False,
            "printCancelConfirmation": True,
            "uploadOverwriteConfirmation": False,
        },
        "folder": {},
        "gcodeAnalysis": {"runAt": "always"},
        "plugins": {"discovery": {"upnpUuid": identity, "publicHost": None, "publicPort": None, "pathPrefix": None}},
        "scripts": {"gcode": {}},
        "serial": {"autoconnect": True},
        "server": {"allowFraming": False, "commands": {}},
        "slicing": {"defaultSlicer": None},
        "system": {"actions": [], "events": None},
        "temperature": {"cutoff": 30, "profiles": [], "sendAutomatically": False},
        "terminalFilters": [],
        "webcam": {
            "webcamEnabled": False,
            "streamUrl": "",
            "snapshotUrl": "",
            "snapshotSslValidation": True,
            "bitrate": "10000k",
            "flipH": False,
            "flipV": False,
            "rotate90": False,
            "streamRatio": "16:9",
            "streamTimeout": 5,
            "timelapseEnabled": False,
        },
    }
