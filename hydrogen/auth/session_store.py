"""What sessions need on disk: the keys that sign them, and those that were ended before their time. Everything blocks.

`session_keys.json` and `revoked_sessions.json` in the data folder, both for their owner only. Whoever has the first can make
sessions for anybody: it is not part of a backup that others may read.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hydrogen.core.disk import told_about, write_atomically
from hydrogen.errors import FileUnreadable, HydrogenError
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain

SIGNING_FILE = "session_keys.json"
REVOKED_FILE = "revoked_sessions.json"
DAMAGED_SUFFIX = ".damaged"

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRecord:
    """A key that signs, or has signed. pem: private. made_at: Unix seconds."""

    id: str
    pem: str = field(repr=False)
    made_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRecords:
    """keys: the newest first; it signs, the others only prove what they signed. secret: hex; blurs what a session tells of
    the API key it rests on, so that a token does not help to guess a weak one."""

    keys: tuple[SigningRecord, ...] = ()
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocations:
    """sessions: id to the Unix seconds when it would have ended. all_before_at: every session older than this is over too."""

    sessions: Mapping[str, float] = field(default_factory=dict)
    all_before_at: float = 0.0


T = TypeVar("T")


class SessionStore:
    """The two files."""

    def __init__(self, data_dir: Path) -> None:
        self._signing = data_dir / SIGNING_FILE
        self._revoked = data_dir / REVOKED_FILE

    def signing(self) -> SigningRecords:
        """New ones, with a secret and without a key, if there is no file. Raises FileUnreadable."""
        records = _read(self._signing, SigningRecords, SigningRecords(secret=secrets.token_hex(SECRET_BYTES)))
        if not re.fullmatch(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}", records.secret):
            raise _unreadable(self._signing, "its secret is damaged")
        return records

    def put_damaged_signing_aside(self) -> FileUnreadable | None:
        """Rename the file if it can be read and makes no sense; what to tell then, else None. Raises HostError.

        Nothing that it signed can be proven any more, whether it stays or not; so sessions need not wait for a person.
        """
        try:
            self.signing()
        except FileUnreadable as error:
            if isinstance(error.__cause__, OSError):
                return None  # it may be whole
            aside = self._signing.with_name(self._signing.name + DAMAGED_SUFFIX)
            with told_about(aside):
                self._signing.replace(aside)
            return FileUnreadable(
                f"{self._signing} was damaged: all sessions have ended, new keys sign new ones (it is now {aside.name})",
                file=str(self._signing),
                aside=str(aside),
            )
        return None

    def keep_signing(self, records: SigningRecords) -> None:
        """Raises HostError."""
        write_atomically(self._signing, encode_json(plain(records)), 0o600)

    def revocations(self) -> Revocations:
        """Raises FileUnreadable."""
        return _read(self._revoked, Revocations, Revocations())

    def keep_revocations(self, revocations: Revocations) -> None:
        """Raises HostError."""
        write_atomically(self._revoked, encode_json(plain(revocations)), 0o600)


def _read(path: Path, kind: type[T], absent: T) -> T:
    try:
        return value_from_plain(kind, decode_json(path.read_bytes()))
    except FileNotFoundError:
        return absent
    except (OSError, HydrogenError) as error:
        raise _unreadable(path, str(error)) from error


def _unreadable(path: Path, reason: str) -> FileUnreadable:
    return FileUnreadable(
        f"{path} cannot be read: {reason}. Restore it from a copy, or remove it: all sessions end then", file=str(path)
    )
