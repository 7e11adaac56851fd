"""`/api/plugin/action_command_prompt`: what the printer asks a person, as OctoPrint's bundled plugin shows and answers it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.responses import Response

from hydrogen.errors import Conflict
from hydrogen.octoprint.answer import told
from hydrogen.octoprint.command import Body, FaceCommander
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.push.events import prompt_body
from hydrogen.octoprint.route import FaceRoute

PATH = "/api/plugin/action_command_prompt"


class ChoiceBody(Body):
    command: Literal["select"]
    choice: int = Field(ge=0, le=15)


class PromptRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander) -> None:
        self._faces = door.faces
        self._commander = commander

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="prompt", method="GET", path=PATH, handler=self.show, scope="read"),
            FaceRoute(name="prompt_command", method="POST", path=PATH, handler=self.choose),
        ]

    async def show(self, visit: Visit) -> Response:
        """`{"text", "choices"}`; null while nothing is asked."""
        printer = self._faces.printer(visit.face)
        return told(None if printer.prompt is None else prompt_body(printer.prompt, printer.prompt_buttons))

    async def choose(self, visit: Visit) -> Response:
        """`select` presses a button, counted from 0: 204; 409 while nothing is asked."""
        body = await self._commander.read(visit, ChoiceBody)
        self._commander.need_operational(visit)
        if self._faces.printer(visit.face).prompt is None:
            raise Conflict("the printer asks nothing")
        return await self._commander.promptly(visit, "printer.answer_prompt", {"button": body.choice})
