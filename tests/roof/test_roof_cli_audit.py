"""`hydrogen audit`, over what a running service has recorded."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.auth.audit_files import AuditFiles
from hydrogen.auth.key_store import KeyStore
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main
from hydrogen.errors import HydrogenError
from tests.roof.house_in_process import house_in_process
from tests.support.http_peer import ask
from tests.support.waiting import wait_until


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    config = tmp_path / "hydrogen.toml"
    config.write_text(f'[server]\ndata_dir = "{tmp_path}/data"\nruntime_dir = "{tmp_path}/run"\n')
    return ["--config", str(config)]


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line, _ in AuditFiles(folder / "data").lines()]


async def test_every_mutating_command_is_exactly_one_record_whatever_became_of_it(tmp_path: Path) -> None:
    commands: tuple[tuple[str, dict[str, object]], ...] = (
        ("printer.home", {}),
        ("printer.home", {"axes": "nonsense"}),
        ("job.start", {"file": "none.gcode"}),
        ("job.history", {}),
        ("system.status", {}),
        ("no.such", {}),
    )
    async with (
        house_in_process(tmp_path, {"bench": tmp_path / "nowhere"}) as house,
        connected(house.find_address()) as client,
    ):
        for operation, params in commands:
            with suppress(HydrogenError):
                await client.command(operation, None, params)
    seen = [(record["actor"], record["action"], record["result"]) for record in records(tmp_path)]
    assert [action for _, action, _ in seen] == ["printer.home", "printer.home", "job.start"]
    assert {actor for actor, _, _ in seen} == {"key1"}
    assert seen[1][2] == "invalid_message" and seen[2][2] == "not_found"
    assert all(str(record["source"]).startswith("websocket 127.0.0.1") for record in records(tmp_path))
    assert AuditFiles(tmp_path / "data").verify().breaks == []


async def test_keys_and_sessions_are_on_record(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        store = KeyStore(tmp_path / "data")
        key, _ = store.create("panel", scopes=frozenset({"read"}), created_at=1.0)
        await wait_until(lambda: house.log.events().count("keys read") == 1)
        port = house.hydrogen._web.bound_port
        answer = await ask(port, "POST", "/api/auth/session", body={"key": key.key})
        assert answer.status == 200
        bearer = {"Authorization": f"Bearer {answer.json['token']}"}
        assert (await ask(port, "DELETE", "/api/auth/session", headers=bearer)).status == 204
        store.revoke("panel")
        await wait_until(lambda: house.log.events().count("keys read") == 2)
    written = records(tmp_path)
    assert [record["action"] for record in written] == ["key.added", "session.begun", "session.ended", "key.removed"]
    assert written[1]["actor"] == "panel"
    text = (tmp_path / "data" / "audit" / "audit-000001.jsonl").read_text()
    assert key.key not in text and answer.json["token"] not in text


async def test_failed_logins_are_on_record_at_the_end_at_the_latest_and_can_be_asked_for(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with house_in_process(tmp_path) as house:
        port = house.hydrogen._web.bound_port
        for _ in range(9):
            await ask(port, "POST", "/api/auth/ticket", headers={"Authorization": "Key not-the-key-01"})
    assert main(["audit", "show", "--action", "printer.home", *places]) == ExitCode.DONE
    assert capsys.readouterr().out == ""
    assert main(["audit", "show", "--action", "login.failed", *places]) == ExitCode.DONE
    (told,) = capsys.readouterr().out.splitlines()
    assert "unknown  login 127.0.0.1  login.failed" in told
    assert '"failed":6,"held_back":3,"schemes":["key"]' in told
    assert "not-the-key-01" not in told


def test_a_whole_log_is_verified_and_shown(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", *places]) == ExitCode.DONE
    assert "empty" in capsys.readouterr().out
    files = AuditFiles(tmp_path / "data")
    (tmp_path / "data").mkdir()
    for actor in ("anna", "karl", "anna"):
        files.append(
            [{"at": "t", "actor": actor, "source": "s", "action": "printer.home", "params": {}, "result": "ok"}]
        )
    assert main(["audit", "verify", *places]) == ExitCode.DONE
    told = capsys.readouterr().out
    digest = told.splitlines()[-1]
    assert "3 records" in told
    assert main(["audit", "verify", "--expect", digest, *places]) == ExitCode.DONE
    assert main(["audit", "verify", "--expect", "0" * 64, *places]) == ExitCode.FAILED
    capsys.readouterr()
    assert main(["audit", *places]) == ExitCode.DONE
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert main(["audit", "show", "-n", "1", "--json", "--actor", "karl", *places]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["actor"] == "karl"


def test_a_damaged_log_is_told_with_the_place(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    AuditFiles(tmp_path / "data").append([{"actor": "anna"}, {"actor": "karl"}])
    path = tmp_path / "data" / "audit" / "audit-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"anna", b"otto") + b"\xff\n")
    assert main(["audit", "verify", *places]) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "audit-000001.jsonl line 1" in told and "line 3" in told
    assert main(["audit", "show", *places]) == ExitCode.DONE
    assert "damaged" in capsys.readouterr().out
