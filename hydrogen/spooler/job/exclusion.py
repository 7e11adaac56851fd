"""Leaving out one of the things that a job prints, by the firmware that knows where each of them begins and ends.

Only the firmware can do it without a seam: it goes on following every move of the object that is left out (positions, filament,
fans, feedrates) and merely does not carry it out. A host that left lines out would have to rebuild all of that, and what was
executed could no longer be held against the file; so files whose objects are marked by comments alone are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hydrogen.devices.driver import PrinterConnection
from hydrogen.errors import Conflict, InvalidMessage
from hydrogen.model.events import JobObjectExcluded
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.request import ExcludeObject

_LINES: Mapping[str, tuple[str, re.Pattern[str]]] = MappingProxyType(
    {
        "m486": ("M486 P{}", re.compile(r"\d{1,6}")),
        "exclude": ("EXCLUDE_OBJECT NAME={}", re.compile(r"[^\s;\"=]{1,80}")),
    }
)
"""By the kind of marks: what the firmware is told, and what its names look like. Marlin, Prusa and RepRapFirmware count objects
(M486), Klipper names them."""

_UNKNOWN = re.compile(r"unknown command|^!!|^error:|not supported", re.IGNORECASE)
"""How firmwares say that they know no such command, or no such object."""


async def exclude(request: ExcludeObject, connection: PrinterConnection, announcer: Announcer) -> Mapping[str, Any]:
    """Tell the firmware and everybody else. Raises Conflict for another job, and where the firmware did not take it."""
    job = announcer.state.job
    if job is None or job.id != request.job:
        raise Conflict("that job is not the one being printed", job=request.job)
    if request.object in job.excluded_objects:
        return {}
    line = exclusion_line(request)
    replies = await connection.send_gcode([line])
    if refusal := _refusal_in(replies):
        raise Conflict(
            f"the printer's firmware cannot leave objects out: it answered {refusal[:200]!r} to {line!r}",
            object=request.object,
        )
    announcer.publish(
        JobObjectExcluded(at=announcer.now, job=job.id, object=request.object, name=request.name, actor=request.actor)
    )
    return {}


def exclusion_line(request: ExcludeObject) -> str:
    """Raises InvalidMessage for marks that no firmware acts on, and for what cannot be a name there."""
    line, names = _LINES.get(request.kind, ("", None))
    if names is None or not names.fullmatch(request.object):
        raise InvalidMessage(f"no firmware can leave out {request.object[:80]!r} ({request.kind or 'unmarked'})")
    return line.format(request.object)


def _refusal_in(replies: Sequence[str]) -> str:
    return next((reply for reply in replies if _UNKNOWN.search(reply)), "")
