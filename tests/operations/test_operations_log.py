"""The log as an operation: for administrators, about what they may see."""

from __future__ import annotations

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.core.log_ring import LogRing
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.operations.log import MOST_LINES, log_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import OWNER, WillingFleet


@pytest.fixture
def kept() -> LogRing:
    ring = LogRing(ManualClock(wall=1_800_000_000.0))
    ring.add("info", "service started", {})
    ring.add("warning", "printer late", {"printer": "ender3", "process": "spooler"})
    ring.add("info", "printer found", {"printer": "prusa"})
    return ring


def registry(kept: LogRing) -> Registry:
    return Registry(log_operations(kept), fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))


async def test_an_administrator_sees_the_last_lines(kept: LogRing) -> None:
    told = await registry(kept).execute(OWNER, "system.logs", None, {})
    assert [line["event"] for line in told["lines"]] == ["service started", "printer late", "printer found"]
    assert told["number"] == 3
    assert told["lines"][1]["part"] == "spooler"
    assert told["lines"][0]["at"].endswith("Z")


async def test_lines_are_chosen(kept: LogRing) -> None:
    house = registry(kept)

    async def chosen(**params: object) -> list[str]:
        return [line["event"] for line in (await house.execute(OWNER, "system.logs", None, params))["lines"]]

    assert await chosen(level="warning") == ["printer late"]
    assert await chosen(after=2) == ["printer found"]
    assert await chosen(limit=1) == ["printer found"]
    assert await chosen(since="2100-01-01T00:00:00Z") == []


async def test_others_see_nothing_and_bad_wishes_are_refused(kept: LogRing) -> None:
    house = registry(kept)
    with pytest.raises(Forbidden):
        await house.execute(Principal(name="r", scopes=frozenset({"read"})), "system.logs", None, {})
    for params in (
        {"since": "yesterday"},
        {"level": "loud"},
        {"limit": MOST_LINES + 1},
        {"after": -1},
    ):
        with pytest.raises(InvalidMessage):
            await house.execute(OWNER, "system.logs", None, params)


async def test_who_may_reach_one_printer_sees_no_line_about_another(kept: LogRing) -> None:
    admin = Principal(name="a", printers=frozenset({"prusa"}))
    told = await registry(kept).execute(admin, "system.logs", None, {})
    assert [line["event"] for line in told["lines"]] == ["service started", "printer found"]
