"""How a command waits: it is a generator that yields a ``Wait`` and is woken with a ``Wake``."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hydrogen_simulators.firmware.command import Command
    from hydrogen_simulators.firmware.machine import Machine


class Wait(NamedTuple):
    """What a running command waits for; ``until`` is printer time.

    ``is_breakable``: M108 ends it. ``takes_answer``: M876 ends it. ``for_motion``: M410 makes it look again.
    ``hides_reports``: automatic temperature reports keep silent (facts: during M109 and M190).
    """

    until: float = math.inf
    is_breakable: bool = False
    takes_answer: bool = False
    for_motion: bool = False
    hides_reports: bool = False
    busy_text: str = "processing"


@dataclass(frozen=True, slots=True)
class Wake:
    """Why a waiting command goes on: time is up (neither), M108 (``is_broken``) or M876 (``answer``)."""

    is_broken: bool = False
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class OkText:
    """The command's ``ok`` carries this text instead of N, P and B (M105)."""

    text: str


Running = Generator[Wait, Wake, OkText | None]
"""A command that waits; what it returns is its special ok, or None."""

Outcome = Running | OkText | None
"""What a handler returns: still running, done with a special ok, or done."""

Handler = Callable[["Machine", "Command"], Outcome]
"""Runs one command on the machine."""
