"""Leaving out one of the things that a job prints, by the firmware that knows where each of them begins and ends.

Only the firmware can do it without a seam: it goes on following every move of the object that is left out (positions, filament,
fans, feedrates) and merely does not carry it out. A host that left lines out would have to rebuild all of that, and what was
executed could no longer be held against the file; so files whose objects are marked by comments alone are refused.

A board keeps what it was told until it is reset. What it was told lies in the job's header (journal.py), written before the
line goes out: so whoever goes on with the job tells the board again, in case the line never came through, and a job that is
taken up on a board which has forgotten everything begins with these lines. Lines that others send, and those of the file, count
as well (gcode/object_exclusion.py): what they leave out is known, and what they take back is printed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hydrogen.devices.driver import PrinterConnection
from hydrogen.errors import Conflict, InvalidMessage
from hydrogen.gcode.object_exclusion import Fate, ObjectChange, refusal_in
from hydrogen.model.events import JobObjectExcluded, JobObjectRestored
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.job.job_archive import JobArchive
from hydrogen.spooler.journal.journal import ExcludedObject
from hydrogen.spooler.request import ExcludeObject

_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {"m486": re.compile(r"\d{1,6}"), "exclude": re.compile(r"[^\s;\"=]{1,80}")}
)
"""By the kind of marks, what the firmware's names look like. Marlin, Prusa and RepRapFirmware count objects (M486), Klipper
names them."""


class Exclusions:
    """What the firmware leaves out of the job that runs."""

    def __init__(self, announcer: Announcer, archive: JobArchive) -> None:
        self._announcer = announcer
        self._archive = archive
        self._asked: dict[str, ExcludeObject] = {}

    async def exclude(
        self, request: ExcludeObject, connection: PrinterConnection, follow: Callable[[], None]
    ) -> Mapping[str, Any]:
        """Tell the firmware and everybody else. Raises Conflict for another job, and where the firmware did not take it; what
        a lost link raises leaves it open, and the board is told again when it is back.

        follow: calls `follow` with what lines have done until now, ours among them: what the file said before the firmware
        took this counts before it.
        """
        follow()
        job = self._announcer.state.job
        if job is None or job.id != request.job:
            raise Conflict("that job is not the one being printed", job=request.job)
        if request.object in job.excluded_objects:
            return {}
        wanted = excluded_object(request)
        self._archive.note_excluded((*self._others(wanted), wanted))
        self._asked[wanted.object] = request
        try:
            refusal = await _refusal(wanted, connection)
            follow()
            if not refusal and wanted in self._archive.excluded:  # nobody has taken it back since
                self._leave_out(wanted, request.actor)
        finally:
            self._asked.pop(wanted.object, None)
        if refusal:
            self._archive.note_excluded(self._others(wanted))
            raise Conflict(
                f"the printer's firmware cannot leave objects out: it answered {refusal[:200]!r} to {wanted.gcode!r}",
                object=request.object,
            )
        return {}

    async def repeat(self, connection: PrinterConnection) -> str:
        """The job goes on: tell the board again. Returns what it said where it takes one of them no more, or an empty text."""
        for one in self._archive.excluded:
            if refusal := await _refusal(one, connection):
                return refusal
            job = self._announcer.state.job
            if job is not None and one.object not in job.excluded_objects:
                self._tell(one)
        return ""

    def follow(self, changes: Sequence[ObjectChange], *, actor: str = "") -> bool:
        """Lines that somebody else sent, or that stand in the file, have done this; `actor`: who, where that is known.
        True: the board may have forgotten what it leaves out, and is to be told again."""
        job = self._announcer.state.job
        if job is None or not changes:
            return False
        for change in changes:
            names = _NAMES.get(change.kind)
            if change.fate is Fate.PRINTED:
                self._restore(change, actor)
            elif names is not None and names.fullmatch(change.object):
                self._leave_out(ExcludedObject(kind=change.kind, object=change.object), actor)
        return bool(self._archive.excluded) and any(change.fate is Fate.FORGOTTEN for change in changes)

    def _leave_out(self, one: ExcludedObject, actor: str) -> None:
        if one not in self._archive.excluded:
            self._archive.note_excluded((*self._archive.excluded, one))
        job = self._announcer.state.job
        if job is not None and one.object not in job.excluded_objects:
            asked = self._asked.get(one.object)
            self._tell(one, name=asked.name if asked else "", actor=asked.actor if asked else actor)

    def _restore(self, change: ObjectChange, actor: str) -> None:
        excluded = self._archive.excluded
        gone = [one for one in excluded if one.kind == change.kind and change.object in ("", one.object)]
        self._archive.note_excluded(tuple(one for one in excluded if one not in gone))
        for one in gone:
            job = self._announcer.state.job
            if job is not None and one.object in job.excluded_objects:
                self._announcer.publish(
                    JobObjectRestored(at=self._announcer.now, job=job.id, object=one.object, actor=actor)
                )

    def _others(self, one: ExcludedObject) -> tuple[ExcludedObject, ...]:
        return tuple(other for other in self._archive.excluded if other != one)

    def _tell(self, one: ExcludedObject, *, name: str = "", actor: str = "") -> None:
        job = self._announcer.state.job
        if job is not None:
            self._announcer.publish(
                JobObjectExcluded(at=self._announcer.now, job=job.id, object=one.object, name=name, actor=actor)
            )


def excluded_object(request: ExcludeObject) -> ExcludedObject:
    """Raises InvalidMessage for marks that no firmware acts on, and for what cannot be a name there."""
    names = _NAMES.get(request.kind)
    if names is None or not names.fullmatch(request.object):
        raise InvalidMessage(f"no firmware can leave out {request.object[:80]!r} ({request.kind or 'unmarked'})")
    return ExcludedObject(kind=request.kind, object=request.object)


async def _refusal(one: ExcludedObject, connection: PrinterConnection) -> str:
    return refusal_in(await connection.send_gcode([one.gcode]))
