"""The desk: an ordinary key of ours, made when the approved app asks, and shown to it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.auth.app_keys import AppKeys, key_name
from hydrogen.auth.app_requests import AppGrant
from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.keys import digest_of_key
from hydrogen.core.clock import ManualClock
from hydrogen.errors import FileUnreadable

GRANT = AppGrant(scopes=frozenset({"read", "print"}), printers=frozenset({"ender3"}), actor="alice")


class Desk:
    def __init__(self, folder: Path) -> None:
        self.store = KeyStore(folder)
        self.told = 0
        self.keys = AppKeys(self.store, on_stored=self._on_stored, clock=ManualClock())

    async def _on_stored(self) -> None:
        self.told += 1


async def test_an_approved_app_collects_its_key_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    request, token = desk.keys.book.ask("Home Assistant")
    assert await desk.keys.collect(token) == ""
    assert desk.store.records() == ()
    desk.keys.book.approve(request.id, GRANT)
    key = await desk.keys.collect(token)
    (record,) = desk.store.records()
    assert key and record.digest == digest_of_key(key).hex()
    assert (record.name, record.scopes, record.printers) == ("Home-Assistant", ("print", "read"), ("ender3",))
    assert desk.told == 1
    assert await desk.keys.collect(token) is None


async def test_a_denied_app_and_a_stranger_get_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    request, token = desk.keys.book.ask("Cura")
    desk.keys.book.deny(request.id)
    assert await desk.keys.collect(token) is None
    assert await desk.keys.collect("guessed") is None
    assert desk.store.records() == ()


async def test_the_same_app_gets_another_key_beside_the_first(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for _ in range(3):
        request, token = desk.keys.book.ask("Cura")
        desk.keys.book.approve(request.id, GRANT)
        assert await desk.keys.collect(token)
    assert [record.name for record in desk.store.records()] == ["Cura", "Cura-2", "Cura-3"]


async def test_a_key_that_cannot_be_stored_ends_the_request(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    request, token = desk.keys.book.ask("Cura")
    desk.keys.book.approve(request.id, GRANT)
    desk.store.path.write_text("damaged")
    with pytest.raises(FileUnreadable):
        await desk.keys.collect(token)
    assert await desk.keys.collect(token) is None


@pytest.mark.parametrize(
    ("app", "name"),
    [
        ("Home Assistant", "Home-Assistant"),
        ("  ..Cura 5.2 (Qt)", "Cura-5.2-Qt"),
        ("key7", "app-key7"),
        ("打印", "app"),
        ("x" * 500, "x" * 56),
    ],
)
def test_an_apps_name_becomes_a_keys_name(app: str, name: str) -> None:
    assert key_name(app) == name
