"""The command queue between the line reader and the parser."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple


class Origin(Enum):
    """Where a queued command comes from."""

    HOST = "host"
    CARD = "card"
    """A line of the file that is printed: it runs and is recorded, and earns no ok."""
    BOARD = "board"
    """What the firmware gives itself: it runs, unrecorded, without an ok."""


class QueuedCommand(NamedTuple):
    """One accepted line: the command without number and checksum, and the digits its ``ok N`` will carry."""

    text: str
    number: str | None
    origin: Origin = Origin.HOST


class CommandQueue:
    """Marlin's ring of BUFSIZE commands; the running command keeps its slot until its ``ok`` is said.

    Source: the B numbers in ``facts/marlin.md``: with four lines held the first ok says ``B0``, the last ``B3``.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._commands: deque[QueuedCommand] = deque()

    def __len__(self) -> int:
        return len(self._commands)

    @property
    def is_full(self) -> bool:
        """True if no further line can be taken."""
        return len(self._commands) >= self.size

    @property
    def free_slots(self) -> int:
        """The B of ``ok N P B``: slots not occupied, the running command counted as occupying one."""
        return max(0, self.size - len(self._commands))

    @property
    def head(self) -> QueuedCommand | None:
        """The command that runs or runs next."""
        return self._commands[0] if self._commands else None

    def push(self, command: QueuedCommand) -> None:
        """Append an accepted line. The caller has asked ``is_full``."""
        self._commands.append(command)

    def inject(self, command: QueuedCommand) -> None:
        """Let this run next, before what waits: what the board gives itself has a place of its own (``queue.inject``)."""
        self._commands.insert(min(1, len(self._commands)), command)

    def pop(self) -> None:
        """Release the slot of the head."""
        self._commands.popleft()

    def clear(self) -> None:
        """Lose everything: reset or kill."""
        self._commands.clear()

    def drop_card_lines(self) -> None:
        """Lose what waits of an aborted card print; the running command keeps its slot."""
        commands = list(self._commands)
        self._commands = deque(commands[:1] + [c for c in commands[1:] if c.origin is Origin.HOST])
