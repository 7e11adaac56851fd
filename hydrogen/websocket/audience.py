"""What a client hears: its wish, as far as its rights go. Clients that hear the same share one object.

So the broadcaster asks once for an event and an audience, not once for each client: a house has a thousand clients and a
handful of audiences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from weakref import WeakValueDictionary

from hydrogen.auth.principal import Principal
from hydrogen.model.events import TOPICS, Event

DEFAULT_TOPICS = TOPICS - {"terminal"}


TOPIC_SCOPES: Mapping[str, str] = MappingProxyType({"terminal": "control"})
"""What a topic needs, where it is not `read`: the printer's conversation shows what others send, word for word."""


def scope_of(topic: str) -> str:
    """The scope that a client needs to hear this topic."""
    return TOPIC_SCOPES.get(topic, "read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client wants to hear. printers: None for all that it may see."""

    topics: frozenset[str] = DEFAULT_TOPICS
    printers: frozenset[str] | None = None


class Audience:
    """All clients with this wish and these rights. Compared by identity; made by `Audiences` only.

    topics: those that are wished for and allowed.
    """

    __slots__ = ("__weakref__", "rights", "topics", "wish")

    def __init__(self, wish: Wish, rights: frozenset[str] | None, topics: frozenset[str]) -> None:
        """rights: the printers that these clients may see, None for all."""
        self.wish = wish
        self.rights = rights
        self.topics = topics

    def wants(self, event: Event) -> bool:
        """Is this event for them? `error.raised` always is, if it is about the house or about a printer they may see."""
        printer = event.printer
        if printer is not None and self.rights is not None and printer not in self.rights:
            return False
        topic = event.topic
        if topic == "error":
            return True
        wished = self.wish.printers
        return topic in self.topics and (wished is None or printer is None or printer in wished)


class Audiences:
    """Those that have a member now; the others are forgotten by themselves."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[Wish, frozenset[str] | None, frozenset[str]], Audience]
        self._known = WeakValueDictionary()

    def of(self, principal: Principal, wish: Wish) -> Audience:
        """The one audience with this wish and the caller's rights."""
        key = (wish, principal.printers, frozenset(topic for topic in wish.topics if principal.may(scope_of(topic))))
        audience = self._known.get(key)
        if audience is None:
            audience = self._known[key] = Audience(*key)
        return audience
