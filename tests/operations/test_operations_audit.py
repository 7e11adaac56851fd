"""The audit log as administrators read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.audit_files import AuditFiles
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.operations.audit import MOST_RECORDS, audit_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import OWNER, WillingFleet


def body(action: str, *, actor: str = "alice", printer: str | None = None) -> dict[str, Any]:
    return {
        "at": "2026-01-01T00:00:00Z",
        "actor": actor,
        "source": "http 192.0.2.7",
        "action": action,
        "printer": printer,
        "params": {},
        "result": "ok",
    }


async def ask(
    files: AuditFiles, who: Principal = OWNER, printer: str | None = None, **params: Any
) -> Mapping[str, Any]:
    registry = Registry(audit_operations(files), fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))
    return await registry.execute(who, "audit.list", printer, params)


async def test_the_newest_come_first_page_by_page(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    files.append([body(f"job.{number}") for number in range(5)])
    first = await ask(files, limit=2)
    assert [one["action"] for one in first["records"]] == ["job.4", "job.3"]
    assert set(first["records"][0]) == {"n", *body("x")}
    second = await ask(files, limit=2, before=first["next"])
    third = await ask(files, limit=2, before=second["next"])
    assert [one["action"] for one in (*second["records"], *third["records"])] == ["job.2", "job.1", "job.0"]
    assert third["next"] is None


async def test_records_are_chosen_and_those_of_foreign_printers_left_out(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    files.append(
        [body("job.start", printer="ender3"), body("key.create", actor="bob"), body("job.pause", printer="prusa")]
    )

    async def actions(who: Principal = OWNER, printer: str | None = None, **params: Any) -> list[str]:
        return [one["action"] for one in (await ask(files, who, printer, **params))["records"]]

    assert await actions(action="job.") == ["job.pause", "job.start"]
    assert await actions(actor="bob") == ["key.create"]
    assert await actions(printer="ender3") == ["job.start"]
    narrow = Principal(name="n", scopes=frozenset({"read", "admin"}), printers=frozenset({"ender3"}))
    assert await actions(narrow) == ["key.create", "job.start"]


async def test_others_see_nothing_and_bad_wishes_are_refused(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    assert await ask(files) == {"records": [], "next": None}
    with pytest.raises(Forbidden):
        await ask(files, Principal(name="r", scopes=frozenset({"read"})))
    for params in ({"limit": MOST_RECORDS + 1}, {"before": 0}, {"actor": ""}):
        with pytest.raises(InvalidMessage):
            await ask(files, **params)
