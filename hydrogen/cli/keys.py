"""`hydrogen keys`: who may come in. Works on the data folder; a running service notices within a second."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from types import MappingProxyType

from hydrogen.auth.key_store import KeyRecord, KeyStore
from hydrogen.auth.principal import SCOPES
from hydrogen.cli.address import data_dir, places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.core.clock import SystemClock
from hydrogen.core.disk import make_folder
from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import iso_time, time_from_iso

_LIFE = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_SECONDS = MappingProxyType({"m": 60, "h": 3600, "d": 86_400, "w": 604_800})


def create(options: argparse.Namespace) -> ExitCode:
    """Make a key and show it, once: the key alone on the standard output, what it may on the lines behind it."""
    now = SystemClock().wall()
    store = _store(options)
    key, record = store.create(
        options.name,
        scopes=SCOPES if options.scopes is None else frozenset(_words(options.scopes)),
        printers=None if options.printers is None else frozenset(_words(options.printers)),
        created_at=now,
        expires_at=None if options.expires is None else _moment(options.expires, now),
    )
    print(key.key)
    print(f"# {_described(record)}")
    print(f"# Keep it now: {store.path} holds only its digest.")
    return ExitCode.DONE


def list_all(options: argparse.Namespace) -> ExitCode:
    """One line for each stored key; no key is shown, for none is known."""
    now = SystemClock().wall()
    for record in _store(options).records():
        is_over = record.expires_at is not None and record.expires_at <= now
        print(f"{record.id}  {_described(record)}{'  EXPIRED' if is_over else ''}")
    return ExitCode.DONE


def revoke(options: argparse.Namespace) -> ExitCode:
    """Take a key away; the running service closes its connections within a second."""
    record = _store(options).revoke(options.name)
    print(f"revoked {record.id}  {record.name}")
    return ExitCode.DONE


def _store(options: argparse.Namespace) -> KeyStore:
    folder = data_dir(places_of(options))
    make_folder(folder)
    return KeyStore(folder)


def _described(record: KeyRecord) -> str:
    printers = "all printers" if record.printers is None else f"printers {','.join(record.printers) or 'none'}"
    end = "never expires" if record.expires_at is None else f"expires {iso_time(record.expires_at)}"
    return f"{record.name}  {','.join(record.scopes)}  {printers}  made {iso_time(record.created_at)}  {end}"


def _words(text: str) -> Sequence[str]:
    return [word for word in text.split(",") if word]


def _moment(text: str, now: float) -> float:
    """`30d`, `12h`, or a moment in ISO 8601, as Unix seconds."""
    life = _LIFE.fullmatch(text)
    if life is not None:
        return now + int(life[1]) * _SECONDS[life[2]]
    try:
        return time_from_iso(text)
    except InvalidMessage:
        wanted = "a life (90m, 12h, 30d, 8w) or a moment (2027-01-31T00:00:00Z)"
        raise InvalidMessage(f"--expires {text[:40]!r}: expected {wanted}", field="expires") from None
