"""A shelf in memory that remembers what was deleted."""

from __future__ import annotations

from collections.abc import Sequence

from hydrogen.retention.item import Item
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits


class MemoryShelf:
    """fails: raised instead of looking. on_delete: called before something goes."""

    def __init__(self, items: Sequence[Item], limits: Limits, *, kind: str = "memory") -> None:
        self.kind = kind
        self.limits = limits
        self.kept = {item.name: item for item in items}
        self.deleted: list[str] = []
        self.fails: Exception | None = None

    async def items(self, need: Need) -> Sequence[Item]:
        if self.fails is not None:
            raise self.fails
        return list(self.kept.values())

    async def delete(self, item: Item) -> int:
        del self.kept[item.name]
        self.deleted.append(item.name)
        return item.size_bytes


def item(name: str, *, days: float = 0.0, now: float = 1_800_000_000.0, size: int = 10, **more: object) -> Item:
    """An item that was touched so many days ago."""
    touched_at = now - days * 86_400.0
    return Item(kind="memory", name=name, size_bytes=size, touched_at=touched_at, **more)  # type: ignore[arg-type]
