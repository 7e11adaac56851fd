"""What waits to be sent, and in which order it is chosen: bypass, (lines sent before,) commands, the job."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from hydrogen.errors import LineRefused, Unavailable
from hydrogen.gcode.line import prepare
from hydrogen.gcode.link.link_events import Ticket

LINE_END = b"\n"


class LineSource(Protocol):
    """Where the link pulls a job's lines from, one at a time, at the moment it can send one."""

    def take(self) -> tuple[bytes, int] | None:
        """The next prepared line (no number, no checksum, no line end) and the stream offset behind it.

        None: nothing now (paused, reading ahead, or ended); the owner calls `wake` when there is more.
        """


class Outgoing:
    """The queues of one link. `bypass` holds whole frames that go without a number, whatever the phase."""

    __slots__ = ("_commands", "_commands_most", "bypass", "source")

    def __init__(self, commands_most: int) -> None:
        self.bypass: deque[bytes] = deque()
        self.source: LineSource | None = None
        self._commands: deque[tuple[bytes, Ticket]] = deque()
        self._commands_most = commands_most

    @property
    def has_commands(self) -> bool:
        """Is a submitted command waiting?"""
        return bool(self._commands)

    def submit(self, text: str | bytes, *, first: bool) -> Ticket | None:
        """Queue a command; see GcodeLink.submit."""
        body = prepare(text.encode("utf-8", "replace") if isinstance(text, str) else text)
        if body is None:
            return None
        if len(self._commands) >= self._commands_most:
            raise Unavailable(
                f"{len(self._commands)} commands wait for the printer already; try again when it has caught up",
                waiting=len(self._commands),
            )
        ticket = Ticket(body.decode("ascii"))
        if first:
            self._commands.appendleft((body, ticket))
        else:
            self._commands.append((body, ticket))
        return ticket

    def submit_unnumbered(self, body: bytes, *, before: bytes = b"") -> None:
        """Queue a frame that bypasses the numbering, with `before` in the same write; raises LineRefused for anything but
        one line. It stands on a line of its own: behind a line that lost its end on the wire nobody would see it."""
        if b"\n" in body or b"\r" in body or not body:
            raise LineRefused("an emergency command is one line", reason="control_character")
        self.bypass.append((before or LINE_END) + body + LINE_END)

    def take(self) -> tuple[bytes, int, Ticket | None] | None:
        """The next new line: body, stream offset (-1: a command), ticket."""
        if self._commands:
            body, ticket = self._commands.popleft()
            return body, -1, ticket
        taken = self.source.take() if self.source is not None else None
        return None if taken is None else (taken[0], taken[1], None)

    def clear(self) -> None:
        """Forget everything; the tickets are failed by whoever holds them."""
        self.bypass.clear()
        self._commands.clear()
        self.source = None
