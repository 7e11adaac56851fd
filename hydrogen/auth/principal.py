"""Who is asking, once that has been proven."""

from __future__ import annotations

from dataclasses import dataclass

SCOPES: frozenset[str] = frozenset({"read", "control", "print", "files", "admin", "emergency"})
"""What a principal may be allowed: `read` (see), `control` (move, heat, send), `print` (jobs), `files` (change the files
folder), `admin` (the host's own affairs: addresses, users, settings), `emergency` (stop, heaters off)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller with proven identity.

    name: for logs, actors of events and per-caller limits; unique among callers. scopes: a subset of SCOPES. printers:
    those this caller may see and control; None means all of them, future ones included.
    """

    name: str
    scopes: frozenset[str] = SCOPES
    printers: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Is this scope among the caller's?"""
        return scope in self.scopes

    def may_reach(self, printer: str | None) -> bool:
        """May the caller see and (with the scope) control this printer? None stands for the house itself: always."""
        return printer is None or self.printers is None or printer in self.printers
