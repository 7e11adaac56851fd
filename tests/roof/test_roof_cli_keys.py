"""`hydrogen keys`: made, listed, revoked; and what the running service makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hydrogen.auth.key_store import KeyStore
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main
from tests.roof.house_in_process import house_in_process
from tests.support.waiting import wait_until


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    config = tmp_path / "hydrogen.toml"
    config.write_text(f'[server]\ndata_dir = "{tmp_path}/data"\nruntime_dir = "{tmp_path}/run"\n')
    return ["--config", str(config)]


def keys(places: Sequence[str], *words: str) -> int:
    return main(["keys", *words, *places])


def test_a_key_is_shown_once_and_never_again(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rights = ["--scopes", "read,print", "--printers", "ender3", "--expires", "30d"]
    assert keys(places, "create", "panel", *rights) == ExitCode.DONE
    key = capsys.readouterr().out.splitlines()[0]
    assert key.startswith("hyd_")
    (record,) = KeyStore(tmp_path / "data").records()
    assert (record.scopes, record.printers) == (("print", "read"), ("ender3",))
    assert record.expires_at == pytest.approx(record.created_at + 30 * 86_400)
    assert keys(places, "list") == ExitCode.DONE
    told = capsys.readouterr().out
    assert record.id in told and "panel" in told and "print,read" in told
    assert key not in told


def test_an_expired_key_is_listed_as_such(
    tmp_path: Path, places: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    KeyStore(tmp_path / "data").create("old", scopes=frozenset({"read"}), created_at=1.0, expires_at=2.0)
    assert keys(places) == ExitCode.DONE
    assert "EXPIRED" in capsys.readouterr().out


def test_a_moment_may_be_given_instead_of_a_life(tmp_path: Path, places: list[str]) -> None:
    assert keys(places, "create", "a", "--expires", "2999-01-01T00:00:00Z") == ExitCode.DONE
    assert KeyStore(tmp_path / "data").records()[0].expires_at == 32_472_144_000.0


@pytest.mark.parametrize(
    "words",
    [
        ["create", "a b"],
        ["create", "a", "--scopes", "root"],
        ["create", "a", "--scopes", ""],
        ["create", "a", "--expires", "soon"],
        ["create", "a", "--expires", "2001-01-01T00:00:00Z"],
        ["revoke", "nobody"],
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    places: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert keys(places, *words) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("hydrogen: ")


async def test_the_running_service_lets_a_made_key_in_and_a_revoked_one_out(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        store = KeyStore(tmp_path / "data")
        key, _ = store.create("panel", scopes=frozenset({"read"}), created_at=1.0)
        url = house.find_address().url
        await wait_until(lambda: "keys read" in house.log.events(), what="the new key to be noticed")
        socket = await _connect(url, key.key)
        store.revoke("panel")
        async with asyncio.timeout(20):
            assert await _close_code(socket) == 1008
        with pytest.raises(InvalidStatus):
            await _connect(url, key.key)


async def _connect(url: str, key: str) -> Any:
    return await connect(url, additional_headers={"Authorization": f"Key {key}"}, proxy=None)


async def _close_code(socket: Any) -> int | None:
    try:
        while True:
            await socket.recv()
    except ConnectionClosed:
        code: int | None = socket.close_code
        return code
