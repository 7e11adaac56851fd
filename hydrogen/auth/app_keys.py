"""The desk where apps get keys: requests in, decisions from people, and an ordinary stored key out, once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from hydrogen.auth.app_requests import AppGrant, AppRequest, AppRequestBook
from hydrogen.auth.key_store import KeyStore
from hydrogen.core.clock import Clock
from hydrogen.errors import Conflict

NAMES_TRIED = 50
"""`Cura`, `Cura-2` …: an app that asks again gets another key, and the older one stays until it is revoked."""

LONGEST_KEY_NAME = 56
"""Leaves room for the number."""


class AppKeyDesk(Protocol):
    """What the surfaces need of it."""

    @property
    def book(self) -> AppRequestBook:
        """Who waits."""

    async def collect(self, token: str) -> str | None:
        """See AppKeys."""


class AppKeys:
    """Signs AppKeyDesk."""

    def __init__(self, store: KeyStore, *, on_stored: Callable[[], Awaitable[None]], clock: Clock) -> None:
        """on_stored: lets the house know of the new key; it opens doors when this returns."""
        self.book = AppRequestBook(clock=clock)
        self._store = store
        self._on_stored = on_stored
        self._clock = clock

    async def collect(self, token: str) -> str | None:
        """What the app with this token is told: its key (in nobody's hands but the caller's from now on), or "" while nobody
        has decided, or None when there is nothing to be had.

        Raises Conflict (too many keys), FileUnreadable, HostError; then the request is over.
        """
        request = self.book.hear(token)
        if request is None or request.grant is None:
            return None if request is None else ""
        try:
            key = await asyncio.shield(self._make(request, request.grant))
        finally:
            self.book.forget(request.id)
        return key

    async def _make(self, request: AppRequest, grant: AppGrant) -> str:
        key = await asyncio.to_thread(self._store_key, request, grant)
        await self._on_stored()
        return key

    def _store_key(self, request: AppRequest, grant: AppGrant) -> str:
        wished = key_name(request.app)
        taken = {record.name for record in self._store.records()}
        for number in range(1, NAMES_TRIED + 1):
            name = wished if number == 1 else f"{wished}-{number}"
            if name in taken:
                continue
            made, _ = self._store.create(
                name, scopes=grant.scopes, printers=grant.printers, created_at=self._clock.wall()
            )
            return made.key
        raise Conflict(f"there are {NAMES_TRIED} keys named {wished!r}: revoke some (hydrogen keys list)", name=wished)


def key_name(app: str) -> str:
    """A key's name for an app that calls itself so: `Home Assistant` becomes `Home-Assistant`."""
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "-", app).strip("-._@")[:LONGEST_KEY_NAME].rstrip("-._@")
    return f"app-{plain}".rstrip("-") if not plain or re.fullmatch(r"key[0-9]+", plain) else plain
