"""What would go, and what went, as an operation for administrators."""

from __future__ import annotations

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden
from hydrogen.model.codec import encode_json
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.retention import MOST_TOLD, retention_operations
from hydrogen.retention.item import Deletion
from hydrogen.retention.keeper import Report
from tests.operations.fleet import OWNER, WillingFleet
from tests.support.retention_shelf import item


class Keeper:
    """Signs Housekeeper."""

    def __init__(self, count: int = 1) -> None:
        self.calls: list[str] = []
        self.report = Report(
            deletions=tuple(Deletion(item=item(f"a{number}", size=5), reason="too old") for number in range(count)),
            freed_bytes=5 * count,
            needed=2,
        )

    async def survey(self) -> Report:
        self.calls.append("survey")
        return self.report

    async def apply(self) -> Report:
        self.calls.append("apply")
        return self.report


def registry(keeper: Keeper) -> Registry:
    return Registry(retention_operations(keeper), fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))


async def test_without_apply_it_is_a_dry_run() -> None:
    keeper = Keeper()
    told = await registry(keeper).execute(OWNER, "system.retention", None, {})
    assert keeper.calls == ["survey"]
    assert (told["applied"], told["count"], told["bytes"], told["needed"]) == (False, 1, 5, 2)
    assert told["deletions"][0]["name"] == "a0" and told["deletions"][0]["reason"] == "too old"


async def test_with_apply_it_is_done() -> None:
    keeper = Keeper()
    assert (await registry(keeper).execute(OWNER, "system.retention", None, {"apply": True}))["applied"]
    assert keeper.calls == ["apply"]


async def test_the_answer_is_bounded_and_the_figures_are_of_all() -> None:
    told = await registry(Keeper(5_000)).execute(OWNER, "system.retention", None, {})
    assert len(told["deletions"]) == MOST_TOLD
    assert told["count"] == 5_000
    assert len(encode_json(told)) < 65_536


async def test_only_administrators_may_ask() -> None:
    with pytest.raises(Forbidden):
        await registry(Keeper()).execute(Principal(name="r", scopes=frozenset({"read"})), "system.retention", None, {})
