"""API keys: which one was presented, found without telling by time how close a guess was.

A generated key has 192 random bits, so a plain SHA-256 of it tells nobody anything; a slow password hash would cost every
handshake and protect nothing. Short keys of a developer's configuration are never written anywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal

KEY_PREFIX = "hyd_"
"""Generated keys begin so: people recognise them, and scanners for leaked secrets find them."""

KEY_BYTES = 24
"""Random bytes of a generated key: 32 characters, more than anybody guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key in the clear and whom it stands for: configured, or just made."""

    key: str = field(repr=False)
    principal: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key as the house knows it: by its digest. expires_at: Unix seconds, None for never."""

    digest: bytes = field(repr=False)
    principal: Principal
    expires_at: float | None = None

    @property
    def id(self) -> str:
        """Names the key inside the house, the same in every life of the service. As secret as a digest is."""
        return self.digest.hex()

    @property
    def grant(self) -> Grant:
        """What it is good for now."""
        return Grant(principal=self.principal, key_id=self.id, expires_at=self.expires_at)


class KeyRing:
    """The keys of the house. Holds digests only: a memory dump or a stray `repr` shows no key."""

    def __init__(self, keys: Iterable[ApiKey | KeyEntry] = ()) -> None:
        entries = (entry_of(key) if isinstance(key, ApiKey) else key for key in keys)
        self._entries = tuple(entry for entry in entries if entry.digest != _NO_KEY)
        self._by_id = {entry.id: entry for entry in self._entries}

    @staticmethod
    def of_full_keys(keys: Iterable[str]) -> KeyRing:
        """A ring of keys that may do everything, named `key1`, `key2` … in their order."""
        named = enumerate(keys, start=1)
        return KeyRing(ApiKey(key=key, principal=Principal(name=f"key{number}")) for number, key in named)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        return self._entries

    def with_entries(self, entries: Iterable[KeyEntry]) -> KeyRing:
        """This ring and these keys beside it."""
        return KeyRing((*self._entries, *entries))

    def find(self, key: str) -> KeyEntry | None:
        """The entry of this key; None for a stranger's. Whether it has expired is for the caller to look at.

        All keys are compared, each by its SHA-256 digest and in constant time, so that neither the length nor a common
        beginning shows in how long it takes.
        """
        presented = digest_of_key(key)
        found: KeyEntry | None = None
        for entry in self._entries:
            if hmac.compare_digest(presented, entry.digest):
                found = entry
        return found

    def by_id(self, key_id: str) -> KeyEntry | None:
        """The entry of this id, if the key still belongs to the house."""
        return self._by_id.get(key_id)


def new_key() -> str:
    """A key that nobody has seen: `hyd_` and 32 characters of A-Z, a-z, 0-9, - and _."""
    return KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)


def entry_of(key: ApiKey) -> KeyEntry:
    """The key without the key."""
    return KeyEntry(digest=digest_of_key(key.key), principal=key.principal)


def digest_of_key(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


_NO_KEY = digest_of_key("")
"""An empty key is no key."""
