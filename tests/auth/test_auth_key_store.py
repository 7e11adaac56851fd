"""The file of keys: digests only, whole or not at all, and errors that say what to do."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.key_store import KeyRecord, KeyStore, usable_entries
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.principal import SCOPES
from hydrogen.errors import Conflict, FileUnreadable, HostError, InvalidMessage, NotFound

READ = frozenset({"read"})


def made(folder: Path, name: str = "panel", **options: Any) -> tuple[str, KeyRecord]:
    key, record = KeyStore(folder).create(name, **{"scopes": READ, "created_at": 1000.0, **options})
    return key.key, record


def test_a_made_key_is_found_again_with_its_rights_and_is_nowhere_in_the_file(tmp_path: Path) -> None:
    key, record = made(tmp_path, printers=frozenset({"voron"}), expires_at=2000.0)
    ring = KeyRing(usable_entries(KeyStore(tmp_path).records()))
    entry = ring.find(key)
    assert entry is not None
    assert (entry.principal.name, entry.principal.scopes, entry.principal.printers) == ("panel", READ, {"voron"})
    assert entry.expires_at == 2000.0
    assert key not in (tmp_path / "keys.json").read_text()
    assert key not in repr(record)


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    made(tmp_path)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_file_means_no_keys(tmp_path: Path) -> None:
    assert KeyStore(tmp_path).records() == ()


def test_a_revoked_key_is_gone_by_name_or_by_id(tmp_path: Path) -> None:
    store = KeyStore(tmp_path)
    (first, _), (second, record) = made(tmp_path, "first"), made(tmp_path, "second")
    assert store.revoke("first").name == "first"
    ring = KeyRing(usable_entries(store.records()))
    assert ring.find(first) is None and ring.find(second) is not None
    assert store.revoke(record.id).name == "second"
    assert store.records() == ()
    with pytest.raises(NotFound, match="keys list"):
        store.revoke("second")


def test_one_name_is_one_key(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(Conflict, match="panel"):
        made(tmp_path)


@pytest.mark.parametrize("name", ["", "key1", "a b", "-a", "a\n", "x" * 65, "oidc:anna", "é"])
def test_names_that_could_be_taken_for_others_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidMessage):
        made(tmp_path, name)


@pytest.mark.parametrize(
    "options",
    [
        {"scopes": frozenset({"root"})},
        {"scopes": frozenset()},
        {"printers": frozenset({"../x"})},
        {"expires_at": 1000.0},
        {"expires_at": 1.0},
    ],
)
def test_rights_that_do_not_exist_and_lives_that_are_over_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        made(tmp_path, **options)
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"keys": 5}',
        '{"keys": [5]}',
        '{"keys": [{"id": "a"}]}',
        '{"keys": [{"id":"a","name":"b","digest":"zz","scopes":["read"],"created_at":"2026-01-01T00:00:00Z"}]}',
    ],
)
def test_a_damaged_file_is_told_by_name_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    for attempt in (KeyStore(tmp_path).records, lambda: made(tmp_path)):
        with pytest.raises(FileUnreadable, match=r"keys\.json .*hydrogen keys create"):
            attempt()
    assert (tmp_path / "keys.json").read_text() == content


def test_two_keys_of_one_name_make_a_damaged_file(tmp_path: Path) -> None:
    made(tmp_path)
    body = json.loads((tmp_path / "keys.json").read_text())
    (tmp_path / "keys.json").write_text(json.dumps({"keys": body["keys"] * 2}))
    with pytest.raises(FileUnreadable, match="one name"):
        KeyStore(tmp_path).records()


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(b" " * (5 << 20))
    with pytest.raises(FileUnreadable):
        KeyStore(tmp_path).records()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="nowhere"):
        made(tmp_path / "nowhere")


def test_makers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def make(number: int) -> None:
        made(tmp_path, f"user{number}", scopes=SCOPES)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {record.name for record in KeyStore(tmp_path).records()} == {f"user{number}" for number in range(16)}


def test_names_that_others_have_are_left_out(tmp_path: Path) -> None:
    made(tmp_path)
    assert usable_entries(KeyStore(tmp_path).records(), frozenset({"panel"})) == ()
