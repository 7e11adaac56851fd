"""The audit log's chain, pure: every record holds the digest of the one before it and its own.

Whoever changes, drops or inserts a record in the middle breaks the chain at that place. Whoever may rewrite the whole folder
can forge a whole chain: against that, note the digest that `hydrogen audit verify` shows, somewhere else, and give it to a
later `verify --expect`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.errors import HydrogenError
from hydrogen.model.codec import decode_json, encode_json

NOTHING = "0" * 64
"""The digest before the first record."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain ends: how many records, and the digest of the last."""

    number: int = 0
    digest: str = NOTHING


def chained_line(body: Mapping[str, Any], behind: Link) -> tuple[bytes, Link]:
    """The record as a line, and the chain's new end. body: JSON values; `n`, `previous` and `digest` are added."""
    record = {"n": behind.number + 1, **body, "previous": behind.digest}
    digest = _digest_of(record)
    return encode_json({**record, "digest": digest}) + b"\n", Link(behind.number + 1, digest)


def link_of_line(line: bytes) -> Link | None:
    """The end of a chain whose last line this is; None for what is no record, or whose digest does not fit it."""
    record = record_of(line)
    if record is None:
        return None
    digest = record.pop("digest", None)
    number = record.get("n")
    if not isinstance(number, int) or not isinstance(digest, str) or _digest_of(record) != digest:
        return None
    return Link(number, digest)


@dataclass(slots=True)
class ChainCheck:
    """Reads lines in their order and notes where the chain does not hold. Starts anywhere: the oldest files get deleted.

    end: of what was read so far; None before the first good record. breaks: sentences, bounded.
    """

    end: Link | None = None
    records: int = 0
    breaks: list[str] = field(default_factory=list)
    digests_wanted: frozenset[str] = frozenset()
    digests_seen: set[str] = field(default_factory=set)

    MOST_BREAKS = 20

    def read(self, line: bytes, where: str) -> None:
        """The next line; where: for people, `audit-000001.jsonl line 5`."""
        found = link_of_line(line)
        record = record_of(line)
        if found is None or record is None:
            self._note(f"{where}: this is not what was written (its digest does not fit)")
            return
        self.records += 1
        if self.end is not None and record.get("previous") != self.end.digest:
            numbers = f"record {found.number} does not follow record {self.end.number}"
            self._note(f"{where}: something is missing or was put in before it ({numbers})")
        elif self.end is not None and found.number != self.end.number + 1:
            self._note(f"{where}: record {found.number} follows record {self.end.number}")
        self.end = found
        if found.digest in self.digests_wanted:
            self.digests_seen.add(found.digest)

    def _note(self, sentence: str) -> None:
        if len(self.breaks) < self.MOST_BREAKS:
            self.breaks.append(sentence)


def record_of(line: bytes) -> dict[str, Any] | None:
    """What a line holds, whether or not its digest fits; None for what is no JSON object."""
    try:
        record = decode_json(line)
    except (HydrogenError, UnicodeDecodeError):
        return None
    return record if isinstance(record, dict) else None


def _digest_of(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(encode_json(record)).hexdigest()
