"""The one way to carry an operation out: rights, params, printer, repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hydrogen.auth.audit import AuditEntry
from hydrogen.auth.principal import Principal
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict, Forbidden, InvalidMessage, NotFound, RateLimited, Replayed
from hydrogen.model.codec import iso_time
from hydrogen.operations.freshness import Freshness
from hydrogen.operations.operation import Call, NoParams, Operation
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import OWNER, WillingFleet

KEY = "k" * 16


def registry(fleet: WillingFleet, *more: Operation) -> Registry:
    return Registry([*printer_operations(fleet), *more], fleet=fleet, repeats=RepeatMemory(clock=ManualClock()))


async def test_printer_may_be_left_out_when_there_is_one() -> None:
    fleet = WillingFleet("only")
    await registry(fleet).execute(OWNER, "printer.home", None, {})
    assert fleet.requests[0][0] == "only"


async def test_printer_may_not_be_left_out_when_there_are_two() -> None:
    fleet = WillingFleet("a", "b")
    with pytest.raises(InvalidMessage):
        await registry(fleet).execute(OWNER, "printer.home", None, {})


async def test_unknown_operation_and_unknown_printer_are_not_found() -> None:
    fleet = WillingFleet("a")
    with pytest.raises(NotFound) as caught:
        await registry(fleet).execute(OWNER, "x" * 50_000, None, {})
    assert len(caught.value.message) < 200
    with pytest.raises(NotFound):
        await registry(fleet).execute(OWNER, "printer.home", "b", {})


async def test_rights_come_before_params() -> None:
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    with pytest.raises(Forbidden) as caught:
        await registry(WillingFleet()).execute(reader, "printer.home", None, {"nonsense": 1})
    assert caught.value.details == {"operation": "printer.home", "scope": "control"}


async def test_printer_of_others_is_forbidden_even_when_left_out() -> None:
    guest = Principal(name="guest", printers=frozenset({"b"}))
    fleet = WillingFleet("a")
    for printer in ("a", None):
        with pytest.raises(Forbidden):
            await registry(fleet).execute(guest, "printer.home", printer, {})
    with pytest.raises(Forbidden):
        await registry(WillingFleet("a", "b")).execute(guest, "printer.emergency_stop", "a", {})
    assert fleet.requests == []


async def test_key_makes_a_repeat_harmless() -> None:
    fleet = WillingFleet("a")
    fleet.result = {"n": 1}
    house = registry(fleet)
    for _ in range(3):
        assert await house.execute(OWNER, "printer.home", "a", {}, KEY) == {"n": 1}
    assert len(fleet.requests) == 1
    with pytest.raises(Conflict):
        await house.execute(OWNER, "printer.home", "a", {"axes": "x"}, KEY)
    await house.execute(Principal(name="other"), "printer.home", "a", {}, KEY)
    assert len(fleet.requests) == 2


async def test_printer_left_out_or_named_is_the_same_command() -> None:
    fleet = WillingFleet("a")
    house = registry(fleet)
    await house.execute(OWNER, "printer.home", None, {}, KEY)
    await house.execute(OWNER, "printer.home", "a", {}, KEY)
    assert len(fleet.requests) == 1


async def test_what_makes_safe_is_done_each_time() -> None:
    fleet = WillingFleet("a")
    house = registry(fleet)
    for name in ("printer.emergency_stop", "printer.cool_down"):
        for _ in range(2):
            await house.execute(OWNER, name, "a", {}, KEY)
    assert len(fleet.requests) == 4


async def _nothing(_call: Call) -> Mapping[str, Any]:
    return {}


def test_two_operations_of_one_name_or_an_unknown_scope_cannot_be_registered() -> None:
    def declared(name: str, scope: str) -> Operation:
        return Operation(name=name, params=NoParams, scope=scope, summary="s", handler=_nothing)

    for wrong in (declared("printer.home", "read"), declared("x.y", "no-such-scope")):
        with pytest.raises(ValueError, match=wrong.name):
            registry(WillingFleet(), wrong)


def test_registry_lists_and_describes_its_operations() -> None:
    house = registry(WillingFleet())
    assert house.names == tuple(told["name"] for told in house.describe())
    assert house.is_urgent("printer.emergency_stop")
    assert not house.is_urgent("printer.home") and not house.is_urgent("no.such")


def house_by_the_clock(fleet: WillingFleet, clock: ManualClock) -> Registry:
    freshness = Freshness(clock=clock, is_synchronised=lambda: True)
    return Registry(printer_operations(fleet), fleet=fleet, repeats=RepeatMemory(clock=clock), freshness=freshness)


async def test_command_that_was_issued_long_ago_is_replayed() -> None:
    fleet, clock = WillingFleet("a"), ManualClock()
    house = house_by_the_clock(fleet, clock)
    issued_at = iso_time(clock.wall())
    await house.execute(OWNER, "printer.home", "a", {}, issued_at=issued_at)
    clock.advance(31.0)
    for key in (None, KEY):
        with pytest.raises(Replayed):
            await house.execute(OWNER, "printer.home", "a", {}, key, issued_at)
    assert len(fleet.requests) == 1


async def test_known_key_wins_over_a_stale_issued_at() -> None:
    fleet, clock = WillingFleet("a"), ManualClock()
    house = house_by_the_clock(fleet, clock)
    issued_at = iso_time(clock.wall())
    for _ in range(2):
        await house.execute(OWNER, "printer.home", "a", {}, KEY, issued_at)
        clock.advance(60.0)
    assert len(fleet.requests) == 1
    clock.advance(600.0)
    with pytest.raises(Replayed):
        await house.execute(OWNER, "printer.home", "a", {}, KEY, issued_at)


async def test_what_makes_safe_is_never_too_old() -> None:
    fleet = WillingFleet("a")
    for name in ("printer.emergency_stop", "printer.cool_down"):
        await house_by_the_clock(fleet, ManualClock()).execute(OWNER, name, "a", {}, issued_at=iso_time(0.0))
    assert len(fleet.requests) == 2


async def test_limit_counts_every_command_but_urgent_ones() -> None:
    fleet, clock = WillingFleet("a"), ManualClock()
    limit = RateLimit("commands", Rate(per_second=1.0, burst=2.0), clock=clock)
    house = Registry(printer_operations(fleet), fleet=fleet, repeats=RepeatMemory(clock=clock), limit=limit)
    await house.execute(OWNER, "printer.home", "a", {}, KEY)
    with pytest.raises(InvalidMessage):
        await house.execute(OWNER, "printer.home", "a", {"axes": 1})
    with pytest.raises(RateLimited):
        await house.execute(OWNER, "printer.home", "a", {}, KEY)
    await house.execute(OWNER, "printer.emergency_stop", "a", {})
    clock.advance(1.0)
    await house.execute(OWNER, "printer.home", "a", {}, KEY)


# ---------------------------------------------------------------------------------------------------------- audit


class RecordingTrail:
    """An audit log that remembers."""

    def __init__(self) -> None:
        self.records: list[tuple[AuditEntry, str]] = []

    def begin(self, entry: AuditEntry) -> Callable[[str], None]:
        return lambda result: self.records.append((entry, result))


def audited(fleet: WillingFleet, *more: Operation) -> tuple[Registry, RecordingTrail]:
    trail = RecordingTrail()
    repeats = RepeatMemory(clock=ManualClock())
    return Registry([*printer_operations(fleet), *more], fleet=fleet, repeats=repeats, audit=trail), trail


async def test_every_attempt_to_change_something_is_one_record() -> None:
    at, trail = audited(WillingFleet("a"))
    await at.execute(OWNER, "printer.home", None, {"axes": "x"}, source="websocket 192.0.2.1")
    for principal, printer, params in (
        (Principal(name="reader", scopes=frozenset({"read"})), "a", {}),
        (OWNER, "b", {}),
        (OWNER, "a", {"axes": 5}),
        (OWNER, "a", "no object"),
    ):
        with pytest.raises((Forbidden, NotFound, InvalidMessage)):
            await at.execute(principal, "printer.home", printer, params)
    results = [(entry.actor, entry.action, result) for entry, result in trail.records]
    assert [result for _, _, result in results] == [
        "ok",
        "forbidden",
        "not_found",
        "invalid_message",
        "invalid_message",
    ]
    entry = trail.records[0][0]
    assert (entry.actor, entry.source, entry.params) == (OWNER.name, "websocket 192.0.2.1", {"axes": "x"})


async def test_what_only_looks_leaves_no_record_and_what_is_broken_off_does() -> None:
    async def look(_call: Call) -> Mapping[str, Any]:
        return {}

    async def hang(_call: Call) -> Mapping[str, Any]:
        raise TimeoutError

    at, trail = audited(
        WillingFleet("a"),
        Operation(name="x.look", params=NoParams, scope="read", summary="Look", handler=look),
        Operation(name="x.hang", params=NoParams, scope="control", summary="Hang", handler=hang),
    )
    await at.execute(OWNER, "x.look", None, {})
    with pytest.raises(TimeoutError):
        await at.execute(OWNER, "x.hang", None, {})
    assert [(entry.action, result) for entry, result in trail.records] == [("x.hang", "broken_off")]
