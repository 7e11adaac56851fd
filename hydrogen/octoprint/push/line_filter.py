"""Which lines of a printer's conversation a client wants: all, none, or those that a regular expression finds.

The expression is a stranger's and is run on every line, in the loop that serves everybody, by an engine that backtracks. So
only a part of the language is taken: characters, classes, groups, alternatives, anchors; `* + ? {m,n}` behind a single
character or class only, never behind a group. The steps that the worst line costs are estimated and bounded, and lines are cut.
Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_PATTERN = 200
LONGEST_LINE = 128
"""Characters of a line that are looked at; a line of G-code has 96 at most."""

MOST_STEPS = 1 << 15
"""Of the engine for the worst line: a third of a millisecond. Two repeats need an anchor (`^`) before them."""

MOST_GROUPS = 8

_TOKEN = re.compile(
    r"(?P<atom>\\[dDwWsSnrt]|\\[^0-9A-Za-z]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}*+?|^$])"
    r"|(?P<anchor>[\^$]|\\[bB])"
    r"|(?P<open>\((?:\?:)?)"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]{0,3}(?:,[0-9]{0,3})?\})\??)"
)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are wanted. pattern None: all of them."""

    pattern: re.Pattern[str] | None = field(default=None)

    def wants(self, line: str) -> bool:
        return self.pattern is None or self.pattern.search(line[:LONGEST_LINE]) is not None


EVERY_LINE = LineFilter()


def line_filter(wish: object) -> LineFilter | None:
    """What a client's `logs` or `messages` means: True for all lines, a text for an expression; None for no lines, also where
    the expression is not taken."""
    if wish is True:
        return EVERY_LINE
    if not isinstance(wish, str) or not is_harmless(wish):
        return None
    try:
        return LineFilter(re.compile(wish))
    except (re.error, OverflowError, RecursionError):
        return None


def is_harmless(pattern: str) -> bool:
    """Can this expression be run on any line at little cost?"""
    if len(pattern) > LONGEST_PATTERN:
        return False
    place, bars, repeats, groups, depth, previous, has_outer_bar = 0, 0, 0, 0, 0, "", False
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            return False
        kind = str(token.lastgroup)
        if kind == "repeat" and previous != "atom":
            return False
        depth += (kind == "open") - (kind == "close")
        groups += kind == "open"
        repeats += kind == "repeat"
        bars += kind == "bar"
        has_outer_bar = has_outer_bar or (kind == "bar" and depth == 0)
        previous, place = kind, token.end()
    is_anchored = pattern.startswith("^") and not has_outer_bar
    return groups <= MOST_GROUPS and _steps(is_anchored=is_anchored, bars=bars, repeats=repeats) <= MOST_STEPS


def _steps(*, is_anchored: bool, bars: int, repeats: int) -> int:
    """How many ways the engine may try: from every place, every alternative, every length of every repeat."""
    starts = 1 if is_anchored else LONGEST_LINE
    lengths = 1
    for number in range(1, repeats + 1):
        lengths = lengths * LONGEST_LINE // number
    return starts * (1 << min(bars, 64)) * lengths
