"""Failed logins on record: one line for an address and a minute, never more than a few, and never a credential."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.audit import AuditLog
from hydrogen.auth.audit_files import AuditFiles
from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import SCHEMES, Query, Request
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.login_record import LONGEST_WINDOW_SECONDS, MOST_ADDRESSES, WINDOW_SECONDS, LoginRecord
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, RateLimited
from tests.support.leaping_loop import LeapingLoop, LoopClock
from tests.support.recording_log import RecordingLog

KEY = "login-record-key-01"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.files = AuditFiles(folder)
        self.audit = AuditLog(self.files, clock=self.clock, log=RecordingLog(), report=_complain)
        self.record = LoginRecord(self.audit, clock=self.clock)
        ring = KeyRing([ApiKey(key=KEY, principal=Principal(name="owner"))])
        self.authority = Authority(ring, clock=self.clock, login_record=self.record)

    async def try_in(self, query: str = "", *header: str, address: str = "192.0.2.1") -> Grant | None:
        try:
            return await self.authority.admit(Request(address=address, query=Query.of(query), authorization=header))
        except (AuthFailed, RateLimited):
            return None

    async def records(self) -> list[dict[str, Any]]:
        """What a window that ends now leaves."""
        self.record.close_window()
        assert await self.audit.flush()
        assert self.files.verify().breaks == []
        return [json.loads(line) for line, _ in self.files.lines()]


def _complain(name: str, error: BaseException) -> None:
    raise AssertionError(name) from error


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_minute_of_guessing_is_one_record_that_says_who_when_how_many_and_how(desk: Desk) -> None:
    for number in range(1000):
        await desk.try_in("", f"Key guess-{number:04}")
    desk.clock.advance(5)
    await desk.try_in("ticket=stolen-ticket")
    (record,) = await desk.records()
    assert (record["actor"], record["source"], record["action"]) == ("unknown", "login 192.0.2.1", "login.failed")
    assert (record["params"]["failed"], record["params"]["held_back"]) == (7, 994)
    assert record["params"]["schemes"] == ["key", "ticket in url"]
    assert record["params"]["first_at"] < record["params"]["last_at"]
    assert record["result"] == "auth_failed"
    assert "guess" not in json.dumps(record) and "stolen" not in json.dumps(record)


async def test_every_way_of_failing_has_its_name_and_the_credential_has_none(desk: Desk) -> None:
    tries = {
        "key": ("", "Key top-secret"),
        "bearer": ("", "Bearer top-secret"),
        "unknown scheme": ("", "top-secret"),
        "ticket in url": ("ticket=top-secret",),
        "key in url": ("key=top-secret",),
    }
    for number, shown in enumerate(tries.values()):
        await desk.try_in(*shown, address=f"192.0.2.{number}")
    await desk.try_in("", "Key a", "Key b", address="192.0.2.9")
    with pytest.raises(AuthFailed):
        await desk.authority.admit_by_key(Request(address="192.0.2.10", query=Query.of("")), "top-secret")
    grant = await desk.try_in(f"key={KEY}", address="192.0.2.11")
    assert grant is not None
    with pytest.raises(AuthFailed):
        await desk.authority.renewed(grant, "top-secret", address="192.0.2.11")
    records = await desk.records()
    told = [record["params"]["schemes"] for record in records]
    assert told == [[name] for name in tries] + [["unknown scheme"], ["key in body"], ["bearer"]]
    assert {name for names in told for name in names} < set(SCHEMES)
    assert "top-secret" not in json.dumps(records)


async def test_who_shows_nothing_or_the_right_key_is_not_on_record(desk: Desk) -> None:
    for _ in range(3):
        await desk.try_in()
        await desk.try_in(f"key={KEY}")
    assert await desk.records() == []


async def test_a_flood_from_everywhere_leaves_a_few_lines_and_ever_longer_windows(desk: Desk) -> None:
    windows = []
    for _ in range(10):
        for number in range(200):
            await desk.try_in("key=x", address=f"2001:db8:{number:x}::{number}")
        desk.record.close_window()
        windows.append(desk.record._window_seconds)
    records = await desk.records()
    assert len(records) == 10 * (MOST_ADDRESSES + 1)
    assert records[16]["source"] == "login others"
    assert records[16]["params"]["failed"] == 200 - MOST_ADDRESSES
    assert windows[0] == 2 * WINDOW_SECONDS and windows[-1] == LONGEST_WINDOW_SECONDS
    await desk.try_in("key=x")
    desk.record.close_window()
    assert desk.record._window_seconds == WINDOW_SECONDS


async def test_neighbours_in_one_ipv6_network_are_one_address(desk: Desk) -> None:
    for number in range(4):
        await desk.try_in("key=x", address=f"2001:db8::{number:x}")
    (record,) = await desk.records()
    assert record["source"] == "login 2001:db8::/64"


def test_a_window_closes_by_itself_a_minute_after_its_first_failure(tmp_path: Path) -> None:
    loop = LeapingLoop()
    clock = LoopClock(loop)
    audit = AuditLog(AuditFiles(tmp_path), clock=clock, log=RecordingLog(), report=_complain)
    record = LoginRecord(audit, clock=clock)

    async def guess() -> list[int]:
        running = [asyncio.create_task(service.run()) for service in (record, audit)]
        seen = []
        for seconds in (5.0, 30.0, 200.0):
            record.note("192.0.2.1", "key")
            await asyncio.sleep(seconds)
            seen.append(sum(1 for _ in AuditFiles(tmp_path).lines()))
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        return seen

    try:
        seen = loop.run_until_complete(guess())
        loop.run_until_complete(record.release())
    finally:
        loop.close()
    assert seen == [0, 0, 1]
    (record_line,) = [json.loads(line) for line, _ in AuditFiles(tmp_path).lines()]
    assert record_line["params"]["failed"] == 3
