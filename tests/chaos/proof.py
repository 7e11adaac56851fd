"""What a printer executed, against what it was to execute: no gap, no duplicate, no foreign line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydrogen_simulators.ledger import ExecutionLedger, is_move

HOUSEKEEPING = re.compile(
    r"M105|M110( .*)?|M115|M155( .*)?|M27( .*)?|M503( S0)?|M22[01]|M114( .*)?|M400|M108|M876( .*)?|G4 P\d+|M104( T\d)? S0"
    r"|M14[01] S0|M107"
)
"""What the host sends of its own accord; no job of ours has such a line. Nothing in it moves the machine."""

COMMAND = re.compile(r"[GMT]\d")
"""What a firmware acts on. A line whose N was hit begins with something else: it is told to be unknown, and comes again."""

SHOWN = 6


def commands_of(lines: Sequence[str]) -> list[str]:
    """The lines as a printer is given them."""
    bare = (line.partition(";")[0].strip() for line in lines)
    return [line for line in bare if line]


class Proof:
    """Compares as the print goes on; what has been found right is not looked at again."""

    def __init__(self, ledger: ExecutionLedger) -> None:
        self._ledger = ledger
        self._seen = 0
        self._expected: list[str] = []
        self._done = 0

    @property
    def moves(self) -> int:
        """Executed since the printer was made."""
        return self._ledger.move_count

    @property
    def done(self) -> int:
        """Lines of this job that were executed."""
        return self._done

    def begin(self, lines: Sequence[str]) -> str:
        """A job starts here. Returns what was executed in between and should not have been; empty: nothing."""
        complaint = self.complaint()
        self._expected, self._done = commands_of(lines), 0
        return complaint

    def complaint(self) -> str:
        """The first line since the last look that is not the job's next one; empty: all is well."""
        executed = self._ledger.lines
        end = len(executed)
        for index in range(self._seen, end):
            line = executed[index]
            if HOUSEKEEPING.fullmatch(line) or not COMMAND.match(line):
                continue
            wanted = self._expected[self._done] if self._done < len(self._expected) else "nothing more"
            if line != wanted:
                around = executed[max(0, index - SHOWN) : index + SHOWN]
                return (
                    f"executed {line!r} where the file has {wanted!r} (line {self._done + 1} of it); around: {around}"
                )
            self._done += 1
        self._seen = end
        return ""

    def is_complete(self) -> bool:
        """Was every line of the job executed?"""
        return self._done == len(self._expected)

    def close(self) -> None:
        """The job is over: from now on any line of a job is a foreign one."""
        self._expected = self._expected[: self._done]


def move_count(lines: Sequence[str]) -> int:
    return sum(map(is_move, commands_of(lines)))
