"""`<data_dir>/keys.json`: the keys that were made with `hydrogen keys create`, as digests, readable by their owner only.

The command line writes it, the running service reads it (key_watch.py). Every change is made under a lock and replaces the
whole file, so that a reader sees the keys before or after it, never a part. Everything here blocks.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydrogen.auth.keys import ApiKey, KeyEntry, digest_of_key, new_key
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.core.disk import told_about, write_atomically
from hydrogen.errors import Conflict, FileUnreadable, HydrogenError, InvalidMessage, NotFound
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain
from hydrogen.model.ids import is_printer_name

KEYS_FILE = "keys.json"

MOST_KEYS = 1000
"""All of them are compared at every handshake: a thousand take half a millisecond."""

LARGEST_FILE_BYTES = 4 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_CONFIGURED_NAME = re.compile(r"key[0-9]+")
"""What the keys of the configuration are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """One stored key. id: names it in lists. digest: SHA-256, hex. printers None: all. Times are Unix seconds."""

    id: str
    name: str
    digest: str = field(repr=False)
    scopes: tuple[str, ...]
    printers: tuple[str, ...] | None = None
    created_at: float
    expires_at: float | None = None

    @property
    def entry(self) -> KeyEntry:
        """The same for the ring."""
        printers = None if self.printers is None else frozenset(self.printers)
        principal = Principal(name=self.name, scopes=frozenset(self.scopes), printers=printers)
        return KeyEntry(digest=bytes.fromhex(self.digest), principal=principal, expires_at=self.expires_at)


class KeyStore:
    """The file of keys in a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / KEYS_FILE

    def records(self) -> tuple[KeyRecord, ...]:
        """All stored keys; none if there is no file. Raises FileUnreadable for a file that cannot be read or understood."""
        try:
            with self.path.open("rb") as stream:
                content = stream.read(LARGEST_FILE_BYTES + 1)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _unreadable(self.path, error.strerror or str(error)) from error
        try:
            return _records_from(content)
        except HydrogenError as error:
            raise _unreadable(self.path, error.message) from error

    def create(
        self,
        name: str,
        *,
        scopes: frozenset[str],
        printers: frozenset[str] | None = None,
        created_at: float,
        expires_at: float | None = None,
    ) -> tuple[ApiKey, KeyRecord]:
        """Make a key and keep its digest; the key itself is in nobody's hands but the caller's.

        Raises InvalidMessage (name, scope, printer, expiry), Conflict (name taken, too many), FileUnreadable, HostError.
        """
        key = new_key()
        record = KeyRecord(
            id=secrets.token_hex(4),
            name=name,
            digest=digest_of_key(key).hex(),
            scopes=tuple(sorted(scopes)),
            printers=None if printers is None else tuple(sorted(printers)),
            created_at=created_at,
            expires_at=expires_at,
        )
        _check(record)
        if expires_at is not None and expires_at <= created_at:
            raise InvalidMessage("the expiry lies in the past", field="expires")

        def add(records: Sequence[KeyRecord]) -> list[KeyRecord]:
            if any(known.name == name for known in records):
                raise Conflict(f"there is a key named {name!r} already: revoke it, or choose another name", name=name)
            if len(records) >= MOST_KEYS:
                raise Conflict(f"{MOST_KEYS} keys are stored, and there is no room for more: revoke some")
            return [*records, record]

        self._change(add)
        return ApiKey(key=key, principal=record.entry.principal), record

    def revoke(self, name_or_id: str) -> KeyRecord:
        """Take a key away for good. Raises NotFound, FileUnreadable, HostError."""
        gone: list[KeyRecord] = []

        def remove(records: Sequence[KeyRecord]) -> list[KeyRecord]:
            gone.extend(record for record in records if name_or_id in (record.name, record.id))
            if not gone:
                raise NotFound(f"no stored key is named {name_or_id!r}, nor has it as its id (hydrogen keys list)")
            return [record for record in records if record not in gone]

        self._change(remove)
        return gone[0]

    def _change(self, change: Callable[[Sequence[KeyRecord]], list[KeyRecord]]) -> None:
        with self._locked():
            records = change(self.records())
            body = {"version": 1, "keys": [plain(record) for record in records]}
            owner = self.path.parent.stat()
            write_atomically(self.path, encode_json(body) + b"\n", 0o600)
            self._give_to(owner.st_uid, owner.st_gid)

    def _give_to(self, uid: int, gid: int) -> None:
        """Root may make keys for a service that runs as somebody else: the file belongs to whom the folder belongs."""
        if os.geteuid() == 0 and uid != 0:
            with told_about(self.path):
                os.chown(self.path, uid, gid)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.path.with_name(f".{KEYS_FILE}.lock")
        with told_about(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def usable_entries(records: Sequence[KeyRecord], taken: frozenset[str] = frozenset()) -> tuple[KeyEntry, ...]:
    """The entries of these keys, without those whose names are `taken` by others: one name is one caller."""
    return tuple(record.entry for record in records if record.name not in taken)


def _records_from(content: bytes) -> tuple[KeyRecord, ...]:
    if len(content) > LARGEST_FILE_BYTES:
        raise InvalidMessage(f"longer than {LARGEST_FILE_BYTES} bytes")
    body = decode_json(content)
    listed = body.get("keys") if isinstance(body, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise InvalidMessage(f'not an object with a list "keys" of at most {MOST_KEYS}')
    records = tuple(value_from_plain(KeyRecord, item) for item in listed)
    for record in records:
        _check(record)
    if len({record.name for record in records}) != len(records):
        raise InvalidMessage("two keys have one name")
    return records


def _check(record: KeyRecord) -> None:
    """Raises InvalidMessage."""
    if not _NAME.fullmatch(record.name) or _CONFIGURED_NAME.fullmatch(record.name):
        wanted = "1 to 64 of A-Z, a-z, 0-9, . _ @ -, the first a letter or digit, and not key1, key2 …"
        raise InvalidMessage(f"{record.name[:80]!r} cannot name a key: {wanted}", field="name")
    unknown = sorted(set(record.scopes) - SCOPES)
    if unknown or not record.scopes:
        raise InvalidMessage(f"scopes are {', '.join(sorted(SCOPES))}; found {unknown or 'none'}", field="scopes")
    for printer in record.printers or ():
        if not is_printer_name(printer):
            raise InvalidMessage(f"{printer[:80]!r} cannot be a printer's name", field="printers")
    if not re.fullmatch(r"[0-9a-f]{64}", record.digest):
        raise InvalidMessage("a digest is no SHA-256", field="digest")


def _unreadable(path: Path, reason: Any) -> FileUnreadable:
    return FileUnreadable(
        f"the keys in {path} cannot be read: {reason}. Restore the file from a copy, or remove it and make new keys "
        "(hydrogen keys create)",
        file=str(path),
    )
