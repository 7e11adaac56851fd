"""Operations on an interrupted job."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.errors import InvalidMessage
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.operation import Operation
from hydrogen.operations.recovery import recovery_operations
from hydrogen.spooler.recovery.recovery_plan import StartAt
from hydrogen.spooler.request import DiscardRecovery, PlanRecovery, RecoverJob
from tests.operations.fleet import DirectStarter, WillingFleet, call, named
from tests.operations.test_operations_job import Ids


def operation(name: str, fleet: WillingFleet | None = None) -> Operation:
    fleet = fleet or WillingFleet()
    return named(recovery_operations(fleet, Ids(), DirectStarter(fleet)), f"job.{name}")


async def test_plan_recover_and_discard_become_requests() -> None:
    fleet = WillingFleet()
    fleet.result = {"digest": "d1"}
    assert await call(operation("recovery_plan", fleet), {"job": "j1"}) == {"digest": "d1"}
    choice = {"job": "j1", "start": "height", "height_mm": 4, "z_mm": 3.5}
    assert (await call(operation("recover", fleet), {**choice, "plan_digest": "d1"}, key="k" * 16))["job"] == "job1"
    await call(operation("discard_recovery", fleet), {"job": "j1"})
    assert [request for _, request in fleet.requests] == [
        PlanRecovery(job="j1", actor="owner"),
        RecoverJob(
            job="j1",
            new_job="job1",
            plan_digest="d1",
            start=StartAt.HEIGHT,
            height_mm=4.0,
            z_mm=3.5,
            actor="owner",
            idempotency_key="owner:" + "k" * 16,
        ),
        DiscardRecovery(job="j1", actor="owner"),
    ]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("recovery_plan", {}),
        ("recovery_plan", {"job": ""}),
        ("recovery_plan", {"job": "j1", "start": "anywhere"}),
        ("recovery_plan", {"job": "j1", "line": 0}),
        ("recovery_plan", {"job": "j1", "z_mm": 5000}),
        ("recovery_plan", {"job": "j1", "plan_digest": "d"}),
        ("recover", {"job": "j1"}),
        ("recover", {"job": "j1", "plan_digest": ""}),
        ("discard_recovery", {}),
    ],
)
def test_wrong_params_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        model_from_plain(operation(name).params, params)


def test_every_start_of_the_spooler_may_be_chosen() -> None:
    for start in StartAt:
        assert model_from_plain(operation("recovery_plan").params, {"job": "j1", "start": start.value}).start == start
