"""Leaving an object out of a running print, as clients ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.errors import Conflict, NotFound
from hydrogen.model.job import JobState
from hydrogen.operations.exclusion import exclusion_operations
from hydrogen.spooler.request import ExcludeObject
from tests.operations.fleet import WillingFleet, call, named

JOB = JobState(id="j1", file="plate.gcode")


class Analyses:
    """Knows one file with objects of one kind."""

    def __init__(self, kind: str = "m486") -> None:
        self.kind = kind

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]:
        assert (path, printer) == ("plate.gcode", "ender3")
        return {"analysis": {"objects": [{"id": "0", "name": "cube", "kind": self.kind}]}}


async def ask(fleet: WillingFleet, params: Mapping[str, Any], kind: str = "m486", job: JobState | None = JOB) -> Any:
    operations = exclusion_operations(fleet, Analyses(kind), lambda _name: job)
    return await call(named(operations, "job.exclude_object"), dict(params))


@pytest.mark.parametrize("kind", ["m486", "exclude"])
async def test_the_spooler_is_asked_for_the_objects_own_name(kind: str) -> None:
    fleet = WillingFleet()
    assert await ask(fleet, {"object": "0"}, kind) == {"object": "0", "name": "cube"}
    wanted = ExcludeObject(job="j1", object="0", kind=kind, name="cube", actor="owner")
    assert fleet.requests == [("ender3", wanted)]


async def test_what_cannot_be_left_out_is_refused_with_the_way_out() -> None:
    fleet = WillingFleet()
    with pytest.raises(Conflict, match="slice it again"):
        await ask(fleet, {"object": "0"}, "label")
    with pytest.raises(NotFound):
        await ask(fleet, {"object": "7"})
    with pytest.raises(Conflict, match="no job"):
        await ask(fleet, {"object": "0"}, job=None)
    assert fleet.requests == []
