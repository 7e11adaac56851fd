"""Where the service is, and what key opens it: the order of the places that are looked at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.address import Places, default_config_file, find_service, runtime_dir, url_of
from hydrogen.errors import AuthFailed, ConfigurationInvalid, FileUnreadable, ServiceUnreachable
from hydrogen.fleet.runtime import RuntimeFolder, ServiceRecord

MakeService = Callable[..., Path]


@pytest.fixture(autouse=True)
def nobody_is_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "xdg"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("hydrogen.cli.address.default_data_dir", lambda: tmp_path / "no-data")


def record(folder: Path, **changes: object) -> ServiceRecord:
    values: dict[str, object] = {
        "pid": os.getpid(),
        "epoch": "e",
        "version": "0",
        "websocket_host": "0.0.0.0",
        "websocket_port": 5004,
        "data_dir": str(folder / "data"),
        "started_at": 1.0,
    }
    return ServiceRecord(**{**values, **changes})  # type: ignore[arg-type]


def announce(folder: Path, **changes: object) -> Path:
    """A runtime folder in which a service (this process) says that it runs."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "api_key").write_text("kept-key\n")
    asyncio.run(RuntimeFolder(folder, data_dir=folder, printers=()).publish(record(folder, **changes)))
    return folder


def test_the_service_of_this_machine_is_found_by_its_state_file(tmp_path: Path) -> None:
    address = find_service(Places(runtime_dir=announce(tmp_path)))
    assert address.url == "ws://127.0.0.1:5004/"
    assert address.key == "kept-key"
    assert address.data_dir == tmp_path / "data"


def test_addresses_that_cannot_be_called_are_replaced_by_loopback(tmp_path: Path) -> None:
    assert url_of(record(tmp_path, websocket_host="::")) == "ws://[::1]:5004/"
    assert url_of(record(tmp_path, websocket_host="10.0.0.7")) == "ws://10.0.0.7:5004/"


def test_no_service_or_a_dead_one_is_unreachable_and_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnreachable, match="hydrogen serve"):
        find_service(Places(runtime_dir=tmp_path))
    with pytest.raises(ServiceUnreachable):
        find_service(Places(runtime_dir=announce(tmp_path, pid=2**22 - 1)))


def test_an_url_decides_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", "env-key")
    monkeypatch.setenv("HYDROGEN_URL", "ws://from-env:1/")
    places = Places(runtime_dir=announce(tmp_path))
    assert find_service(places).url == "ws://from-env:1/"
    assert find_service(Places(url="ws://said:2/")).url == "ws://said:2/"
    assert find_service(Places(url="ws://said:2/")).data_dir is None


def test_keys_are_looked_for_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = announce(tmp_path / "run")
    config = tmp_path / "h.toml"
    config.write_text('[auth]\nkeys = ["configured-key"]')
    key_file = tmp_path / "key"
    key_file.write_text("file-key\n")
    places = Places(runtime_dir=folder, config=config, key_file=key_file)
    assert find_service(places).key == "file-key"
    assert find_service(Places(runtime_dir=folder, config=config)).key == "configured-key"
    monkeypatch.setenv("WEBSOCKET_KEY", "other-key")
    assert find_service(Places(runtime_dir=folder, config=config)).key == "other-key"
    monkeypatch.setenv("HYDROGEN_API_KEY", "env-key")
    assert find_service(Places(runtime_dir=folder, config=config)).key == "env-key"


def test_without_any_key_it_is_said_how_to_give_one(tmp_path: Path) -> None:
    announce(tmp_path)
    (tmp_path / "data" / "api_key").unlink()
    with pytest.raises(AuthFailed, match="--key-file"):
        find_service(Places(runtime_dir=tmp_path))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_key_file_that_holds_no_key_is_told_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileUnreadable, match="key"):
        find_service(Places(url="ws://x/", key_file=path))


def test_the_runtime_folder_comes_from_the_option_the_configuration_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime_dir(Places()) == tmp_path / "xdg" / "hydrogen"
    config = tmp_path / "h.toml"
    config.write_text(f'[server]\nruntime_dir = "{tmp_path}/configured"')
    assert runtime_dir(Places(config=config)) == tmp_path / "configured"
    assert runtime_dir(Places(config=config, runtime_dir=tmp_path / "said")) == tmp_path / "said"
    monkeypatch.setenv("HYDROGEN_SERVER__RUNTIME_DIR", str(tmp_path / "env"))
    assert runtime_dir(Places()) == tmp_path / "env"


def test_the_users_configuration_is_found_and_a_named_one_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_config_file() is None or default_config_file() == Path("/etc/hydrogen/hydrogen.toml")
    own = tmp_path / "home" / ".config" / "hydrogen" / "hydrogen.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'[server]\nruntime_dir = "{tmp_path}/mine"')
    assert default_config_file() == own
    assert runtime_dir(Places()) == tmp_path / "mine"
    monkeypatch.setenv("HYDROGEN_CONFIG", str(tmp_path / "named.toml"))
    assert default_config_file() == tmp_path / "named.toml"


def test_a_configuration_that_was_named_and_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid):
        find_service(Places(url="ws://x/", config=tmp_path / "missing.toml"))


def test_the_key_is_not_in_a_repr(tmp_path: Path) -> None:
    assert "kept-key" not in repr(find_service(Places(runtime_dir=announce(tmp_path))))
