"""Recovery of an interrupted job, from the file to the plan, and from the approved plan to a new job.

Nothing is sent here. A plan is made anew for each question; the one that is carried out must have the digest of the one that
was shown, so whatever changed in between (the file, the record, the firmware, the choice) refuses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hydrogen.errors import Conflict, FileRejected, InvalidMessage
from hydrogen.gcode.dialect import DIALECTS, GENERIC
from hydrogen.gcode.program.metadata import layer_at
from hydrogen.gcode.tuning import TuningTracker
from hydrogen.model.printer import Firmware, Tuning
from hydrogen.spooler.job.file_survey import (
    FileSurvey,
    executed_range,
    line_at,
    offset_of_height,
    offset_of_line,
    offset_of_plastic,
    outline_of,
    survey,
    tuning_lines,
)
from hydrogen.spooler.job.preflight import Preflight, PreparedJob
from hydrogen.spooler.journal.cold_journal import INTERVAL_SECONDS, StateReader
from hydrogen.spooler.journal.cold_record import ColdRecord
from hydrogen.spooler.recovery.held_tuning import keys_set_by
from hydrogen.spooler.recovery.interrupted import InterruptedJob
from hydrogen.spooler.recovery.recovery_plan import (
    Doubt,
    PlanBasis,
    PlanOption,
    RecoveryChoice,
    RecoveryPlan,
    StartAt,
    StartPlace,
    make_plan,
)

RECORD_SECONDS_AT_MOST = INTERVAL_SECONDS + 2.0
"""How old the youngest record of a running print can be, if its disk takes records: the rest is the pulse, the thread, a slow
card."""


def plan_recovery(
    job: InterruptedJob, choice: RecoveryChoice, *, firmware: Firmware | None, now: float
) -> RecoveryPlan:
    """What recovering `job` would do. now: wall time. Blocks, for a second in a large file.

    Raises Conflict (nothing was recorded, or nobody knows where the head is), FileRejected (the file is another one now),
    FileUnreadable, InvalidMessage (a choice that is not in the file).
    """
    record = job.record
    if record is None:
        raise Conflict(
            f"the power went before anything of {job.header.file} was recorded: print it anew", reason="no_record"
        )
    file = _same_file(job)
    path = job.spool_file
    at = max(record.progress.offset, job.header.start)
    basis = _basis(job, record, at, file, firmware)
    stopped = _place(path, file, at, None)
    places = {
        StartAt.RECORD: stopped,
        StartAt.LAYER: _place(path, file, _offset_of_layer(path, file, at), stopped),
    }
    options = tuple(
        PlanOption(start=kind, line=place.line, layer=place.layer, z_mm=place.machine.z_mm)
        for kind, place in places.items()
    )
    place = places.get(choice.start) or _place(path, file, _chosen_offset(path, choice), stopped)
    return make_plan(basis, choice, place, options, cold_seconds=max(0.0, now - job.last_seen_at))


class RecoveryDesk:
    """Answers questions about plans and prepares the job of an approved one; one at a time, in a thread."""

    def __init__(self, preflight: Preflight, wall: Callable[[], float]) -> None:
        self._preflight = preflight
        self._wall = wall

    async def plan(self, job: InterruptedJob, choice: RecoveryChoice, firmware: Firmware | None) -> RecoveryPlan:
        """See plan_recovery."""
        return await asyncio.to_thread(plan_recovery, job, choice, firmware=firmware, now=self._wall())

    async def prepare(
        self, job: InterruptedJob, choice: RecoveryChoice, firmware: Firmware | None, *, digest: str, new_job: str
    ) -> PreparedJob:
        """The new job, exactly as the plan with this digest says. Raises Conflict when the plan is not that one any more, and
        what plan_recovery and Preflight.check raise."""
        plan = await self.plan(job, choice, firmware)
        if plan.digest != digest:
            raise Conflict(
                "something changed since this recovery plan was shown: look at the plan again", plan_digest=plan.digest
            )
        if plan.offset <= len(plan.opening):
            raise Conflict("this is the beginning of the file: print it anew", reason="at_beginning")
        prepared = await self._preflight.check(new_job, job.spool_file, job.header.file)
        if prepared.sha256 != job.header.sha256:
            prepared.discard()
            raise _changed(job)
        _, before = await asyncio.to_thread(outline_of, prepared.spool_file, plan.offset)
        return replace(
            prepared,
            continues=job.job,
            start=plan.offset,
            lines_before=before,
            opening=plan.opening,
            excluded=job.header.excluded,
        )


def _same_file(job: InterruptedJob) -> FileSurvey:
    found = survey(job.spool_file)
    if found.size_bytes != job.header.size_bytes or found.sha256 != job.header.sha256:
        raise _changed(job)
    return found


def _changed(job: InterruptedJob) -> FileRejected:
    return FileRejected(
        f"{job.header.file} was changed since it was printed: it cannot be gone on with",
        file=job.header.file,
        reason="changed",
    )


def _basis(job: InterruptedJob, record: ColdRecord, at: int, file: FileSurvey, firmware: Firmware | None) -> PlanBasis:
    path, progress = job.spool_file, record.progress
    known = firmware or job.header.firmware
    by_fraction = DIALECTS.get(known.dialect if known is not None else "", GENERIC).fans_by_fraction
    executed = executed_range(
        path,
        at,
        seconds=None if record.is_final else RECORD_SECONDS_AT_MOST,
        given_offset=max(progress.given_offset or 0, at),
    )
    standing = StateReader(path).state_at(at)
    is_elsewhere = progress.is_aside or progress.offset < job.header.start  # parked, or not yet back from the recovery
    return PlanBasis(
        job=job.job,
        file=job.header.file,
        sha256=job.header.sha256,
        record_sequence=record.sequence,
        firmware=firmware.name if firmware is not None else "",
        guarantee=firmware.guarantee if firmware is not None else progress.guarantee,
        targets_celsius=progress.targets_celsius,
        standing_z_mm=None if standing is None or is_elsewhere else standing.z_mm,
        highest_z_mm=None if standing is None else standing.highest_z_mm,
        doubt=Doubt(
            first_line=line_at(path, executed.certain_offset),
            last_line=max(line_at(path, executed.possible_offset) - 1, 1),
            lowest_z_mm=executed.lowest_z_mm,
            highest_z_mm=executed.highest_z_mm,
        ),
        lines_total=file.outline.lines_total,
        excluded=tuple(one.gcode for one in job.header.excluded),
        held=_held(job, record, at, by_fraction=by_fraction),
        fans_by_fraction=by_fraction,
    )


def _held(job: InterruptedJob, record: ColdRecord, at: int, *, by_fraction: bool) -> Tuning:
    """Fans, speed and flow where the print stopped: as they were noted last, and what the stream has set since."""
    header, progress = job.header, record.progress
    noted, behind = progress.tuning, progress.tuning_offset
    if noted is None:
        noted, behind = header.tuning, header.tuning_offset
    if noted is None:
        return Tuning()
    commands = enumerate(header.opening, start=header.start - len(header.opening) + 1)
    opening = [line.encode("ascii") for place, line in commands if place > behind]
    tracker = TuningTracker(fans_by_fraction=by_fraction)
    tracker.adopt(noted, [*opening, *tuning_lines(job.spool_file, max(behind, header.start), at)])
    return tracker.value


def _offset_of_layer(path: Path, file: FileSurvey, at: int) -> int:
    """A layer is begun with its first plastic: at its mark the head would still be as high as the layer below, inside of what
    may have been printed of this one."""
    layer = layer_at(file.outline, at)
    if layer:
        mark = file.outline.layer_offsets[layer - 1]
        return offset_of_plastic(path, mark) or mark
    return at


def _chosen_offset(path: Path, choice: RecoveryChoice) -> int:
    if choice.start is StartAt.LINE:
        if choice.line is None or choice.line < 1:
            raise InvalidMessage("to start at a line, give its number, from 1", field="line")
        offset = offset_of_line(path, choice.line)
    else:
        if choice.height_mm is None:
            raise InvalidMessage("to start at a height, give it in mm", field="height_mm")
        offset = offset_of_height(path, choice.height_mm)
    if offset is None:
        raise InvalidMessage(
            "the file does not reach that far", field="line" if choice.start is StartAt.LINE else "height_mm"
        )
    return offset


def _place(path: Path, file: FileSurvey, offset: int, stopped: StartPlace | None) -> StartPlace:
    """stopped: where the print stopped, unless that is the place."""
    machine = StateReader(path).state_at(offset)
    if machine is None:
        raise Conflict("the job's file ends before the place where it was interrupted", reason="unknown_position")
    keys: frozenset[str] = frozenset()
    if stopped is not None:
        first = machine if offset < stopped.offset else stopped.machine
        between = tuning_lines(path, *sorted((offset, stopped.offset)))
        keys = keys_set_by(between, first.tool)
    return StartPlace(
        offset=offset,
        line=line_at(path, offset),
        layer=max(layer_at(file.outline, offset + 1), 0),
        machine=machine,
        set_by_file=keys,
    )
