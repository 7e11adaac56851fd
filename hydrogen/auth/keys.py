"""API keys: which one was presented, found without telling by time how close a guess was."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from hydrogen.auth.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key and whom it stands for."""

    key: str = field(repr=False)
    principal: Principal


class KeyRing:
    """The keys of the house. Holds digests only: a memory dump or a stray `repr` shows no key."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._entries = tuple((_digest(key.key), key.principal) for key in keys if key.key)

    @staticmethod
    def of_full_keys(keys: Iterable[str]) -> KeyRing:
        """A ring of keys that may do everything, named `key1`, `key2` … in their order."""
        named = enumerate(keys, start=1)
        return KeyRing(ApiKey(key=key, principal=Principal(name=f"key{number}")) for number, key in named)

    def __len__(self) -> int:
        return len(self._entries)

    def principal_for(self, key: str) -> Principal | None:
        """Whose key it is; None for a stranger's.

        All keys are compared, each by its SHA-256 digest and in constant time, so that neither the length nor a common
        beginning shows in how long it takes.
        """
        presented = _digest(key)
        found: Principal | None = None
        for digest, principal in self._entries:
            if hmac.compare_digest(presented, digest):
                found = principal
        return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
