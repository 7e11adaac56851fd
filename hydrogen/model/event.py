"""What an event is: the base of all of them (events.py), and its place in the order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, to one printer or (printer is None) to the house."""

    wire_type: ClassVar[str] = ""
    is_sample: ClassVar[bool] = False
    heard_with: ClassVar[str] = ""
    """The topic of a family that has none of its own."""

    at: float
    printer: str | None = None

    @property
    def topic(self) -> str:
        """What clients subscribe to: the first word of the wire type, or what its family is heard with."""
        return self.heard_with or self.wire_type.partition(".")[0]

    @property
    def sample_key(self) -> tuple[str, str | None, str]:
        """Samples with the same key replace each other."""
        return (self.wire_type, self.printer, "")


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event with its place in the order of this service's life. Terminal lines have seq 0: they are outside the order."""

    seq: int
    event: Event
