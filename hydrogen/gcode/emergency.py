"""Words that must not wait their turn: M112, M108, M410 and M876.

A firmware with an emergency parser acts on them when their bytes arrive, whatever it is doing. One without reads M108, M112
and M410 early all the same, when the line comes out of the receive buffer and begins with the `M` (Marlin `queue.cpp`,
`get_serial_commands`): hence without a number, and that is why the link never fills the printer's command queue. An M876
is an ordinary command then. Whatever happens, each but M112 is queued and acknowledged in its turn as well, so it owes one
`ok` (facts/marlin.md, "User waits and prompts").
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

READ_EARLY = frozenset({b"M108", b"M112", b"M410"})
"""Of these, what a Marlin without the parser obeys when it reads the line."""


def emergency_word(line: str) -> bytes | None:
    """Which of the words `line` is; None for any other command."""
    command = command_of(line.strip().encode("utf-8", "replace"))
    return command if command in EMERGENCY_WORDS else None


def notice_of(word: bytes, *, has_parser: bool, counts_lines: bool) -> Notice:
    """When the firmware will act on `word`. counts_lines: it checks line numbers, as Marlin and its kin do."""
    if has_parser:
        return Notice.ON_ARRIVAL
    return Notice.WHEN_READ if counts_lines and word in READ_EARLY else Notice.IN_TURN
