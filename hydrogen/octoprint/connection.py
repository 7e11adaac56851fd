"""`/api/connection`: over which port the printer is reached, and whether it is."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import Response

from hydrogen.errors import InvalidMessage
from hydrogen.model.printer import PrinterState
from hydrogen.octoprint.answer import done, told
from hydrogen.octoprint.command import Body, FaceCommander
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.profiles import PROFILE, profile_name
from hydrogen.octoprint.route import FaceRoute
from hydrogen.octoprint.translate import connection_state_text, is_operational

AUTO = frozenset({"AUTO", ""})
"""What clients say for "whatever it is"."""

CONNECT_SECONDS = 10.0
"""How long a client is kept waiting for a printer; then it is told to go on, and sees in the state what comes of it."""


class ConnectionBody(Body):
    """save and autoconnect are said by clients and belong to the configuration here."""

    command: Literal["connect", "disconnect", "fake_ack", "repair"]
    port: str | None = None
    baudrate: int | str | None = None
    printerProfile: str | None = None  # noqa: N815


class ConnectionRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander) -> None:
        self._faces = door.faces
        self._commander = commander

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="connection", method="GET", path="/api/connection", handler=self.show, scope="read"),
            FaceRoute(name="connection_command", method="POST", path="/api/connection", handler=self.command),
        ]

    async def show(self, visit: Visit) -> Response:
        """`{"current", "options"}`: the port and the speed are those of the configuration, there are no others to choose."""
        return told(connection_body(visit.face.printer, self._faces.printer(visit.face)))

    async def command(self, visit: Visit) -> Response:
        """204. connect, to the configured port only; disconnect (409 while a job runs); fake_ack, which has nothing to do here:
        the link finds a lost `ok` by itself."""
        body = await self._commander.read(visit, ConnectionBody)
        printer = self._faces.printer(visit.face)
        match body.command:
            case "connect":
                _check(body, printer)
                return await self._commander.promptly(visit, "printer.connect", seconds=CONNECT_SECONDS)
            case "disconnect":
                return await self._commander.promptly(visit, "printer.disconnect", seconds=CONNECT_SECONDS)
            case _:
                return done()


def connection_body(name: str, printer: PrinterState) -> dict[str, Any]:
    """The whole answer. name: of the printer."""
    port, baud, is_open = printer.port or None, printer.baud, is_operational(printer)
    return {
        "current": {
            "state": connection_state_text(printer),
            "port": port if is_open else None,
            "baudrate": baud if is_open else None,
            "printerProfile": PROFILE,
        },
        "options": {
            "ports": [port] if port else [],
            "baudrates": [baud] if baud else [],
            "printerProfiles": [{"id": PROFILE, "name": profile_name(name)}],
            "portPreference": port,
            "baudratePreference": baud,
            "printerProfilePreference": PROFILE,
            "autoconnect": True,
        },
    }


def _check(body: ConnectionBody, printer: PrinterState) -> None:
    if body.port is not None and body.port not in AUTO and body.port != printer.port:
        raise InvalidMessage(f"unknown port: this printer is configured for {printer.port}", field="port")
    wanted = str(body.baudrate if body.baudrate is not None else "")
    if wanted not in ("", "0", "AUTO") and printer.baud is not None and wanted != str(printer.baud):
        raise InvalidMessage(f"this printer is configured for {printer.baud} baud", field="baudrate")
    if body.printerProfile not in (None, "", PROFILE):
        raise InvalidMessage(f"unknown printer profile: there is {PROFILE}", field="printerProfile")
