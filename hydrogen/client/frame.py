"""Frames as values of the model, and the place in the order of events that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydrogen.model.codec import event_from_plain, value_from_plain
from hydrogen.model.events import PublishedEvent
from hydrogen.model.state import State

Frame = Mapping[str, Any]
"""A frame as it came: JSON values, `type` first of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole truth after event `seq` of the service's life `epoch`; replaces everything that was known."""

    epoch: str
    seq: int
    state: State


def value_from_frame(frame: Frame) -> Snapshot | PublishedEvent | None:
    """A snapshot or an event; None for any other frame, and for events of a later version.

    Raises InvalidMessage for one that is not as the protocol has it.
    """
    if frame.get("type") == "snapshot":
        state = value_from_plain(State, frame.get("state", {}))
        return Snapshot(epoch=str(frame.get("epoch")), seq=_seq_of(frame), state=state)
    event = event_from_plain(frame)
    return None if event is None else PublishedEvent(_seq_of(frame), event)


class Place:
    """How far somebody has read: what to resume from."""

    def __init__(self, since: str | None = None) -> None:
        """since: where an earlier connection ended."""
        epoch, _, seq = (since or "").partition(".")
        self._epoch = epoch
        self._seq = int(seq) if seq.isdecimal() else 0

    @property
    def since(self) -> str | None:
        """`<epoch>.<seq>`, or None before the service said which life this is."""
        return f"{self._epoch}.{self._seq}" if self._epoch else None

    def note(self, frame: Frame) -> None:
        """This frame was read."""
        kind = frame.get("type")
        if kind == "snapshot":
            self._epoch, self._seq = str(frame.get("epoch")), _seq_of(frame)
        elif kind == "subscribed":
            # Its seq is the service's, not ours: what was missed is still to come.
            self._epoch = self._epoch or str(frame.get("epoch"))
        elif "at" in frame:
            self._seq = max(self._seq, _seq_of(frame))


def _seq_of(frame: Frame) -> int:
    seq = frame.get("seq", 0)
    return seq if isinstance(seq, int) else 0
