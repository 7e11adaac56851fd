"""A request of OctoPrint's kind that carries out an operation: `POST` with `{"command": …}`, answered with 204.

OctoPrint says 204 as soon as a command is in its queue; our operations answer when the printer has taken it, which for a homing
takes a minute. So a command is answered when it has failed, when it is done, or after a moment in which it did neither; it
goes on behind the answer, and what becomes of it then is told like any other error of the house.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from starlette.background import BackgroundTask
from starlette.responses import Response

from hydrogen.errors import HydrogenError, InvalidMessage
from hydrogen.octoprint.answer import NotOperational, done
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.translate import is_operational
from hydrogen.operations.codec import model_from_plain
from hydrogen.web.command import Commander

PROMPT_SECONDS = 1.0
"""How long a command may keep its client waiting: those that cannot be carried out have failed by then."""

START_SECONDS = 20.0
"""How long the start of a job may: its file is read from end to end first, and slicers wait for minutes."""

Report = Callable[[str, BaseException], None]
Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """A body of OctoPrint's: unknown fields are ignored, numbers may come as text (its own client's forms send them so)."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class FaceCommander:
    """Hands requests to the registry, for the face that they came to."""

    def __init__(self, door: FaceDoor, commander: Commander, *, report: Report) -> None:
        self._door = door
        self._commander = commander
        self._report = report

    async def body(self, visit: Visit) -> dict[str, Any]:
        """The JSON object in the body. Raises as `Door.body_of`."""
        return await self._door.web.body_of(visit.request)

    async def read(self, visit: Visit, model: type[Model]) -> Model:
        """The body, checked. Raises InvalidMessage, TooLarge."""
        return model_from_plain(model, await self.body(visit), what="body")

    def need_operational(self, visit: Visit) -> None:
        """Raises NotOperational unless there is a connection."""
        if not is_operational(self._door.faces.printer(visit.face)):
            raise NotOperational("Printer is not operational")

    async def carry_out(
        self, visit: Visit, operation: str, params: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The operation's result. Raises what it raises."""
        return await self._commander.carry_out(visit.request, operation, params, printer=visit.face.printer or None)

    async def promptly(
        self, visit: Visit, operation: str, params: Mapping[str, Any] | None = None, *, seconds: float = PROMPT_SECONDS
    ) -> Response:
        """204, once it is done or has been under way for so long. Raises what it raises until then."""
        task = asyncio.ensure_future(self.carry_out(visit, operation, params))
        return await self.see_off(task, operation, seconds=seconds)

    async def see_off(self, task: asyncio.Future[Any], name: str, *, seconds: float = PROMPT_SECONDS) -> Response:
        """The same for work that has begun."""
        try:
            await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            task.result()
            return done()
        answer = done()
        answer.background = BackgroundTask(self._see_through, name, task)
        return answer

    async def _see_through(self, name: str, task: asyncio.Future[Any]) -> None:
        """The server's task for the request waits for the end, so that it has an owner and ends with the service."""
        try:
            await task
        except HydrogenError as error:
            self._report(name, error)


def command_of(body: Mapping[str, Any], known: tuple[str, ...]) -> str:
    """The command that a body names. Raises InvalidMessage."""
    command = body.get("command")
    if not isinstance(command, str) or command not in known:
        raise InvalidMessage(f"unknown command: expected one of {', '.join(known)}", field="command")
    return command
