"""A signing key for the house under test, made once for all houses of this process.

A service without one starts a process that makes it, in each new data folder: a seventh of what such a house costs. The tests
of that are in auth/ and integration/test_abuse_list.py, and ask for a house without.
"""

from __future__ import annotations

import secrets
import time
from functools import cache
from pathlib import Path

from hydrogen.auth.session_store import SECRET_BYTES, SessionStore, SigningRecord, SigningRecords
from hydrogen.auth.signing_key import new_signing_key
from hydrogen.core.disk import make_folder


def give_signing_key(data_dir: Path) -> None:
    """The folder is made if need be; a key that is there stays."""
    make_folder(data_dir)
    store = SessionStore(data_dir)
    if not store.signing().keys:
        record = SigningRecord(id=f"hydrogen-{secrets.token_hex(4)}", pem=_pem(), made_at=time.time())
        store.keep_signing(SigningRecords(keys=(record,), secret=secrets.token_hex(SECRET_BYTES)))


@cache
def _pem() -> str:
    return new_signing_key()
