"""Deciding about apps: who may, and with which rights."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.auth.app_requests import AppRequestBook
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden, HydrogenError, InvalidMessage, NotFound
from hydrogen.operations.app_key import APP_SCOPES, app_key_operations
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.operation import Call

ADMIN = Principal(name="alice")


def act(book: AppRequestBook, name: str, who: Principal = ADMIN, **params: Any) -> Mapping[str, Any]:
    (operation,) = [one for one in app_key_operations(book) if one.name == f"appkey.{name}"]
    checked = model_from_plain(operation.params, params, what=name)
    return asyncio.run(_carried_out(operation.handler(Call(principal=who, printer=None, params=checked))))


async def _carried_out(awaitable: Any) -> Any:
    return await awaitable


def test_what_waits_is_listed_and_approved_with_all_but_admin() -> None:
    book = AppRequestBook(clock=ManualClock())
    request, token = book.ask("Cura", user="bob", address="192.0.2.7")
    (shown,) = act(book, "list")["pending"]
    assert (shown["id"], shown["app"], shown["user"], shown["address"]) == (request.id, "Cura", "bob", "192.0.2.7")
    assert token not in str(shown)
    given = act(book, "approve", request=request.id)
    assert given == {"id": request.id, "app": "Cura", "scopes": list(APP_SCOPES), "printers": None}
    assert set(APP_SCOPES) == SCOPES - {"admin"}
    assert act(book, "list") == {"pending": []}
    heard = book.hear(token)
    assert heard is not None and heard.grant is not None and heard.grant.actor == "alice"


def test_rights_are_chosen_at_the_approval_and_never_wider_than_the_approvers() -> None:
    book = AppRequestBook(clock=ManualClock())
    request, _ = book.ask("Cura")
    narrow = Principal(name="bob", scopes=frozenset({"read", "admin"}), printers=frozenset({"ender3"}))
    refusals: list[tuple[dict[str, Any], type[HydrogenError]]] = [
        ({"scopes": ["print"]}, Forbidden),
        ({"printers": ["prusa"]}, Forbidden),
        ({"scopes": ["root"]}, InvalidMessage),
        ({"scopes": []}, InvalidMessage),
    ]
    for wish, refusal in refusals:
        with pytest.raises(refusal):
            act(book, "approve", narrow, request=request.id, **wish)
    given = act(book, "approve", narrow, request=request.id)
    assert (given["scopes"], given["printers"]) == (["read"], ["ender3"])


def test_a_denied_app_is_gone_and_nobody_decides_about_what_is_not_there() -> None:
    book = AppRequestBook(clock=ManualClock())
    request, _ = book.ask("Cura")
    assert act(book, "deny", request=request.id) == {"id": request.id, "app": "Cura"}
    for name in ("deny", "approve"):
        with pytest.raises(NotFound):
            act(book, name, request=request.id)


def test_only_an_administrator_sees_who_asks() -> None:
    book = AppRequestBook(clock=ManualClock())
    assert {one.name: one.scope for one in app_key_operations(book)} == {
        "appkey.list": "read",
        "appkey.approve": "admin",
        "appkey.deny": "admin",
    }
    with pytest.raises(Forbidden):
        act(book, "list", Principal(name="panel", scopes=frozenset({"read"})))
