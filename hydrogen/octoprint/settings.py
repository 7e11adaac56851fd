"""`/api/settings`: what clients look up there, from what is true here. Nothing can be changed by it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import RedirectResponse, Response

from hydrogen.errors import Conflict, NotFound
from hydrogen.fleet.printer import PrinterDisplay, TemperaturePreset, Webcam
from hydrogen.octoprint.answer import told
from hydrogen.octoprint.door import Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.system.identity import load_identity

NOTHING = PrinterDisplay()

WEBCAM = "classic"
"""The name of the only camera, as in a fresh OctoPrint."""

TURNS = ("flipH", "flipV", "rotate90")
SHOWN = (
    *("snapshotSslValidation", "snapshotTimeout", "streamRatio", "streamTimeout"),
    *("streamWebrtcIceServers", "cacheBuster"),
)
"""How clients are to show a camera's picture."""


class SettingsRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, data_dir: Path, displays: Mapping[str, PrinterDisplay]) -> None:
        """displays: of the printers, by their names."""
        self._data_dir = data_dir
        self._displays = displays
        self._identity: str | None = None

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="settings", method="GET", path="/api/settings", handler=self.show, scope="read"),
            FaceRoute(name="webcam", method="GET", path="/webcam/", handler=self.webcam, scope="read"),
            FaceRoute(name="change_settings", method="POST", path="/api/settings", handler=self.change, scope="admin"),
        ]

    async def show(self, visit: Visit) -> Response:
        """Home Assistant knows a server again by `plugins.discovery.upnpUuid`; each printer has its own."""
        if self._identity is None:
            self._identity = await asyncio.to_thread(load_identity, self._data_dir)
        return told(settings_body(visit.face.printer, face_uuid(self._identity, visit), self._display(visit)))

    async def webcam(self, visit: Visit) -> Response:
        """`?action=snapshot` and `?action=stream`, where clients of OctoPi look without asking: on to the camera's own address.
        404 where there is none, or where it is a path on this host that a proxy serves."""
        webcam = self._display(visit).webcam or Webcam()
        is_snapshot = visit.request.query_params.get("action") == "snapshot"
        address = webcam.snapshot_url if is_snapshot else webcam.stream_url
        if not address or address.startswith("/"):
            raise NotFound("there is no camera here")
        return RedirectResponse(address, status_code=302, headers={"Cache-Control": "no-store"})

    async def change(self, _visit: Visit) -> Response:
        """409: settings are those of the configuration."""
        raise Conflict("settings are made in the configuration (hydrogen.toml)")

    def _display(self, visit: Visit) -> PrinterDisplay:
        return self._displays.get(visit.face.printer, NOTHING)


def face_uuid(identity: str, visit: Visit) -> str:
    """The house's own at the root, as mDNS tells it; one that is derived from it for a printer's own address."""
    return str(uuid.uuid5(uuid.UUID(identity), visit.face.printer)) if visit.face.prefix else identity


def settings_body(printer: str, identity: str, display: PrinterDisplay = NOTHING) -> dict[str, Any]:
    """The parts that clients read. printer: its name. What OctoPrint could be told there, and what has no meaning here, is left
    out; what clients look up without asking whether it is there is told as it is here."""
    return {
        "api": {"allowCrossOrigin": False, "key": None},
        "appearance": {
            "name": printer,
            "color": "default",
            "colorTransparent": False,
            "colorIcon": True,
            "defaultLanguage": "_default",
            "showFahrenheitAlso": False,
            "fuzzyTimes": True,
            "closeModalsWithClick": True,
            "showInternalFilename": True,
        },
        "controls": [],
        "feature": {
            "sdSupport": False,
            "temperatureGraph": True,
            "keyboardControl": True,
            "modelSizeDetection": True,
            "gcodeViewer": False,
            "printStartConfirmation": False,
            "printCancelConfirmation": True,
            "fileDeleteConfirmation": True,
            "uploadOverwriteConfirmation": False,
            "pollWatched": False,
            "rememberFileFolder": False,
            "enableDragDropUpload": True,
            "g90InfluencesExtruder": True,
            "autoUppercaseBlacklist": [],
        },
        "folder": {},
        "gcodeAnalysis": {"runAt": "always", "bedZ": 0.0},
        "plugins": {
            "discovery": {"upnpUuid": identity, "publicHost": None, "publicPort": None, "pathPrefix": None},
            **({} if display.webcam is None else {"classicwebcam": _classic(display.webcam)}),
        },
        "scripts": {"gcode": {}},
        "serial": {"autoconnect": True},
        "server": {"allowFraming": False, "commands": {}},
        "slicing": {"defaultSlicer": None},
        "system": {"actions": [], "events": None},
        "temperature": {
            "cutoff": 30,
            "profiles": [profile_of(preset) for preset in display.presets],
            "sendAutomatically": False,
            "sendAutomaticallyAfter": 1,
        },
        "terminalFilters": [],
        "webcam": webcam_body(display.webcam),
    }


def profile_of(preset: TemperaturePreset) -> dict[str, Any]:
    """An entry of `temperature.profiles`; None: this heater is left alone."""
    return {
        "name": preset.name,
        "extruder": preset.nozzle_celsius,
        "bed": preset.bed_celsius,
        "chamber": preset.chamber_celsius,
    }


def webcam_body(webcam: Webcam | None) -> dict[str, Any]:
    """`webcam`: the camera as clients knew it at all times, and the list of cameras that younger ones read."""
    told = _classic(webcam or Webcam())
    turned = {name: told[name] for name in TURNS}
    return {
        "webcamEnabled": webcam is not None,
        "streamUrl": told["stream"],
        "snapshotUrl": told["snapshot"],
        **{name: told[name] for name in SHOWN},
        **turned,
        "bitrate": "10000k",
        "timelapseEnabled": False,
        "renderAfterPrintDelay": 0,
        "watermark": False,
        "defaultWebcam": None if webcam is None else WEBCAM,
        "snapshotWebcam": WEBCAM if webcam is not None and webcam.snapshot_url else None,
        "webcams": [] if webcam is None else [_listed(webcam, told, turned)],
    }


def _classic(webcam: Webcam) -> dict[str, Any]:
    return {
        "stream": webcam.stream_url,
        "snapshot": webcam.snapshot_url,
        "snapshotSslValidation": True,
        "snapshotTimeout": 5,
        "streamRatio": webcam.aspect_ratio,
        "streamTimeout": 5,
        "streamWebrtcIceServers": [],
        "cacheBuster": False,
        "flipH": webcam.flip_horizontal,
        "flipV": webcam.flip_vertical,
        "rotate90": webcam.rotate_90,
    }


def _listed(webcam: Webcam, told: Mapping[str, Any], turned: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": WEBCAM,
        "displayName": webcam.name,
        "provider": "classicwebcam",
        "canSnapshot": bool(webcam.snapshot_url),
        "snapshotDisplay": webcam.snapshot_url,
        **turned,
        "compat": {name: told[name] for name in ("stream", "snapshot", *SHOWN)},
        "extras": {"stream": told["stream"], **{name: told[name] for name in SHOWN if name.startswith("stream")}},
    }
