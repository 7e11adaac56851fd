"""Words that must not wait their turn: M112, M108, M410 and M876.

Which of them a firmware knows, and when it acts, its dialect tells (`Dialect.notice_of`). A Marlin with an emergency parser
acts when their bytes arrive, whatever it is doing. One without reads M108, M112 and M410 early all the same, when the line
comes out of the receive buffer and begins with the `M` (Marlin `queue.cpp`, `get_serial_commands`): hence without a number,
and that is why the link never fills the printer's command queue. An M876 is an ordinary command then. Whatever happens,
each but M112 is queued and acknowledged in its turn as well, so it owes one `ok` (facts/marlin.md, "User waits and prompts").
"""

from __future__ import annotations

from enum import StrEnum

from hydrogen.gcode.line import command_of


class Notice(StrEnum):
    """When the firmware acts on an emergency word."""

    ON_ARRIVAL = "on arrival"
    WHEN_READ = "when read"
    IN_TURN = "in turn"


EMERGENCY_WORDS = frozenset({b"M108", b"M112", b"M410", b"M876"})
"""What Marlin's emergency parser knows (`e_parser.h`), without the reset words that nobody types into a print."""


def emergency_word(line: str) -> bytes | None:
    """Which of the words `line` is; None for any other command."""
    command = command_of(line.strip().encode("utf-8", "replace"))
    return command if command in EMERGENCY_WORDS else None
