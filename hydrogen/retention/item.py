"""A thing on the disk that may go one day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """kind: which shelf it lies on. name: unique there, and what people call it. touched_at: when it was last written, or used
    where that is known, in Unix seconds. job, file: what it belongs to; "" for neither. may_be_a_jobs: it could be that of a
    job of which its printer has not told yet. is_in_use: something that is there is made of it, so it does not grow old.
    needed: why it must stay, as far as its own shelf can tell."""

    kind: str
    name: str
    size_bytes: int
    touched_at: float
    job: str = ""
    file: str = ""
    may_be_a_jobs: bool = False
    is_in_use: bool = False
    needed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What is to go, and why: a sentence for the log and for people."""

    item: Item
    reason: str
