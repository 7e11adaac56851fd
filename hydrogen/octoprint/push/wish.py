"""What one client wants to be told, as its `subscribe` and `throttle` say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hydrogen.octoprint.push.line_filter import LineFilter, line_filter

MOST_NAMES = 100
"""Of events or plugins in one list."""

SLOWEST_THROTTLE = 240
"""Two minutes between two messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """has_state: `current` at all. logs, messages: which lines ride along; None for none, which is the default: lines are
    traced while somebody wants them, and not else. events, plugins: None for all, else these. throttle: one `current` in so
    many."""

    has_state: bool = True
    logs: LineFilter | None = None
    messages: LineFilter | None = None
    events: frozenset[str] | None = None
    plugins: frozenset[str] | None = None
    throttle: int = 1

    @property
    def has_lines(self) -> bool:
        """Does it need the printer's conversation?"""
        return self.has_state and (self.logs is not None or self.messages is not None)

    def wants_event(self, name: str) -> bool:
        return self.events is None or name in self.events

    def wants_plugin(self, name: str) -> bool:
        return self.plugins is None or name in self.plugins


def subscribed(wish: Wish, told: object) -> Wish:
    """The wish after `{"subscribe": told}`. What is not named is not wanted, as with OctoPrint; garbage changes nothing."""
    if not isinstance(told, Mapping):
        return wish
    state = told.get("state", False)
    lines = state if isinstance(state, Mapping) else {"logs": state is True, "messages": state is True}
    return replace(
        wish,
        has_state=state is True or isinstance(state, Mapping),
        logs=line_filter(lines.get("logs", False)),
        messages=line_filter(lines.get("messages", False)),
        events=_names(told.get("events", False)),
        plugins=_names(told.get("plugins", False)),
    )


def throttled(wish: Wish, told: object) -> Wish:
    """The wish after `{"throttle": told}`; what is no number above 0 changes nothing."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not told >= 1:
        return wish
    return replace(wish, throttle=int(min(told, SLOWEST_THROTTLE)))


def _names(wanted: Any) -> frozenset[str] | None:
    if wanted is True:
        return None
    if not isinstance(wanted, list):
        return frozenset()
    return frozenset(name[:100] for name in wanted[:MOST_NAMES] if isinstance(name, str))
