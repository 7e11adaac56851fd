"""What a place that things lie in looks like to the keeper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hydrogen.retention.item import Item
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits


class Shelf(Protocol):
    """Neither method blocks the loop."""

    @property
    def kind(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    async def items(self, need: Need) -> Sequence[Item]:
        """All that lies there, in any order. Raises HostError, OSError."""

    async def delete(self, item: Item) -> int:
        """Let it go; returns the bytes that this freed. What is gone already is no error. Raises HostError, OSError."""
