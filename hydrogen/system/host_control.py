"""What can be done to the service and its host: begin the service anew, and the owner's programs that turn the host off."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence

from hydrogen.core.log import Log
from hydrogen.errors import HostError, NotFound, ServerFault

RESTART = "restart"

ANSWER_SECONDS = 0.5
"""Between the wish and the restart: whoever wished it gets an answer."""

DEADLINE_SECONDS = 10.0
"""A program that has not ended by then is left to itself: it is turning the host off."""


def hang_up() -> None:
    """Tell this very process what `kill -HUP` tells it: begin anew."""
    os.kill(os.getpid(), signal.SIGHUP)


class HostControl:
    """Belongs to one event loop."""

    def __init__(
        self, commands: Mapping[str, Sequence[str]], *, log: Log, begin_anew: Callable[[], None] = hang_up
    ) -> None:
        """commands: by action (`shutdown`, `reboot`), a program with its arguments; empty ones are not offered."""
        self._commands = {action: tuple(command) for action, command in commands.items() if command}
        self._log = log
        self._begin_anew = begin_anew
        self.at_work: asyncio.subprocess.Process | None = None
        """The program that has not ended in time."""

    @property
    def actions(self) -> tuple[str, ...]:
        """What can be asked for."""
        return (RESTART, *self._commands)

    async def perform(self, action: str) -> None:
        """Do it. Raises NotFound for what is not offered, HostError for a program that could not be run or complained."""
        if action == RESTART:
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._begin_anew)
            return
        command = self._commands.get(action)
        if command is None:
            raise NotFound(f"{action} is not configured ([host] {action}_command)", action=action)
        self._log.warning("host command started", action=action, command=command[0])
        code = await self._run(command, action)
        if code:
            raise ServerFault(f"the command for {action} ended with code {code}", action=action)

    async def _run(self, command: Sequence[str], action: str) -> int:
        nobody = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=nobody, stdout=nobody, stderr=nobody, start_new_session=True
            )
        except OSError as error:
            raise HostError(f"the command for {action} could not be run: {error.strerror}", action=action) from error
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await process.wait()
        except TimeoutError:
            self._log.warning("host command goes on", action=action)
            self.at_work = process
            return 0
