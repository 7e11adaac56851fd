"""Keys of the first start and of later ones, and what is bound."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from hydrogen.access import Access, make_authority, make_sessions, prepare_data_dir, trusted_proxies
from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.keys import KeyRing
from hydrogen.config import Configuration, configuration_from_table
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, Forbidden, RateLimited
from hydrogen.port_settings import web_settings, websocket_settings
from tests.roof.house_in_process import KEY, configuration_for


def without_keys(folder: Path, **more: Any) -> Configuration:
    table = {"server": {"data_dir": str(folder / "data"), "runtime_dir": str(folder / "run")}, **more}
    return configuration_from_table(table, "test")


def behind_a_proxy(folder: Path) -> Configuration:
    return without_keys(folder, tls={"trusted_proxies": ["192.0.2.7"]})


def test_a_configured_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    access = prepare_data_dir(configuration_for(tmp_path, {}))
    assert access == Access(keys=(KEY,))
    assert not (tmp_path / "data" / "api_key").exists()
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"files", "receipts", "spool"}


def test_without_a_key_one_is_made_once_and_only_loopback_is_bound(tmp_path: Path) -> None:
    table = {"server": {"data_dir": str(tmp_path / "data"), "runtime_dir": str(tmp_path / "run")}}
    configuration = configuration_from_table(table, "test")
    first, second = prepare_data_dir(configuration), prepare_data_dir(configuration)
    assert first.keys == second.keys
    assert len(first.keys[0]) >= 32
    assert (first.is_first, second.is_first) == (True, False)
    assert stat.S_IMODE((tmp_path / "data" / "api_key").stat().st_mode) == 0o600
    assert websocket_settings(configuration, first).host == "127.0.0.1"
    chosen = Access(keys=("x" * 8,))
    assert websocket_settings(configuration, chosen).host == "127.0.0.1"  # plain text in production
    assert websocket_settings(behind_a_proxy(tmp_path), chosen).host == configuration.websocket.host


def test_an_empty_key_file_is_filled_again(tmp_path: Path) -> None:
    table = {"server": {"data_dir": str(tmp_path / "data"), "runtime_dir": str(tmp_path / "run")}}
    configuration = configuration_from_table(table, "test")
    prepare_data_dir(configuration)
    (tmp_path / "data" / "api_key").write_text("")
    assert prepare_data_dir(configuration).is_first


def test_made_keys_open_the_door_to_other_machines_and_the_generated_one_goes_on(tmp_path: Path) -> None:
    configuration = behind_a_proxy(tmp_path)
    generated = prepare_data_dir(configuration)
    store = KeyStore(tmp_path / "data")
    store.create("panel", scopes=frozenset({"read"}), created_at=1.0)
    access = prepare_data_dir(configuration)
    assert access == Access(keys=generated.keys)
    assert websocket_settings(configuration, access).host == web_settings(configuration, access).host == "0.0.0.0"
    (tmp_path / "data" / "api_key").unlink()
    assert prepare_data_dir(configuration) == Access(keys=())
    assert not (tmp_path / "data" / "api_key").exists()


def test_a_damaged_file_of_keys_opens_no_door_to_other_machines(tmp_path: Path) -> None:
    configuration = without_keys(tmp_path)
    prepare_data_dir(configuration)
    (tmp_path / "data" / "keys.json").write_text("{")
    assert prepare_data_dir(configuration).is_generated


async def test_the_limits_of_guessing_are_the_configured_ones(tmp_path: Path) -> None:
    table = {"auth": {"keys": [KEY], "failed_logins": 1, "failed_login_wait_seconds": 30}}
    configuration = configuration_from_table(table, "test")
    authority = make_authority(configuration, KeyRing.of_full_keys(configuration.api_keys), clock=ManualClock())
    wrong = Request(address="192.0.2.1", query=Query.of("key=wrong"))
    for _ in range(2):
        with pytest.raises(AuthFailed):
            await authority.admit(wrong)
    with pytest.raises(RateLimited) as caught:
        await authority.admit(Request(address="192.0.2.1", query=Query.of(f"key={KEY}")))
    assert caught.value.details == {"retry_after_seconds": 30}


async def test_a_session_lives_as_long_as_is_configured(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    configuration = without_keys(tmp_path, auth={"session_seconds": 120.0})
    clock = ManualClock()
    grant = KeyRing.of_full_keys([KEY]).entries[0].grant
    session = await make_sessions(configuration, clock=clock).issue(grant)
    assert session.expires_at == int(clock.wall()) + 120


def test_where_only_a_proxy_makes_plain_text_safe_nobody_else_may_call(tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        trusted_proxies(behind_a_proxy(tmp_path)).check("203.0.113.9")
    tolerant = configuration_from_table(
        {"server": {"environment": "development"}, "tls": {"trusted_proxies": ["192.0.2.7"]}}, "test"
    )
    trusted_proxies(tolerant).check("203.0.113.9")
