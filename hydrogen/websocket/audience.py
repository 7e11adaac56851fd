"""What a client hears: its wish, as far as its rights go. Clients that hear the same share one object.

So the broadcaster asks once for an event and an audience, not once for each client: a house has a thousand clients and a
handful of audiences.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakValueDictionary

from hydrogen.auth.principal import Principal
from hydrogen.model.events import TOPICS, Event

DEFAULT_TOPICS = TOPICS - {"terminal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client wants to hear. printers: None for all that it may see."""

    topics: frozenset[str] = DEFAULT_TOPICS
    printers: frozenset[str] | None = None


class Audience:
    """All clients with this wish and these rights. Compared by identity; made by `Audiences` only."""

    __slots__ = ("__weakref__", "rights", "wish")

    def __init__(self, wish: Wish, rights: frozenset[str] | None) -> None:
        """rights: the printers that these clients may see, None for all."""
        self.wish = wish
        self.rights = rights

    def wants(self, event: Event) -> bool:
        """Is this event for them? `error.raised` always is, if it is about the house or about a printer they may see."""
        printer = event.printer
        if printer is not None and self.rights is not None and printer not in self.rights:
            return False
        topic = event.topic
        if topic == "error":
            return True
        wish = self.wish
        return topic in wish.topics and (wish.printers is None or printer is None or printer in wish.printers)


class Audiences:
    """Those that have a member now; the others are forgotten by themselves."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[Wish, frozenset[str] | None], Audience] = WeakValueDictionary()

    def of(self, principal: Principal, wish: Wish) -> Audience:
        """The one audience with this wish and the caller's rights."""
        key = (wish, principal.printers)
        audience = self._known.get(key)
        if audience is None:
            audience = self._known[key] = Audience(*key)
        return audience
