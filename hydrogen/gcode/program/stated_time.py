"""How long a print takes by the slicer's own words; light, for the spooler reads them too."""

from __future__ import annotations

import re
from types import MappingProxyType

STATED_TIMES = re.compile(
    rb"\n;[ \t;]*(?:estimated printing time(?: \(normal mode\))?[ \t]*="
    rb"|model printing time: [^;\n]{1,60};[ \t]*total estimated time:|total estimated time[ \t]*[:=]"
    rb"|TIME:|PRINT\.TIME:|Print Time:|(?:Estimated )?Build [Tt]ime:)[ \t]*([^\n;]{1,80})"
)
"""PrusaSlicer and OrcaSlicer; Bambu Studio; Cura, Griffin, ideaMaker; KISSlicer, Simplify3D."""

_durations = re.compile(rb"(\d{1,9}(?:\.\d{1,9})?)[ \t]*([a-z]?)")
_SECONDS_OF_UNIT = MappingProxyType({b"d": 86_400.0, b"h": 3_600.0, b"m": 60.0, b"s": 1.0, b"": 1.0})


def stated_seconds(text: bytes) -> float | None:
    r"""The time that a slicer states in `text`, which begins with `\n`; None if there is none, or none above zero."""
    return next(filter(None, (seconds_of(found[1]) for found in STATED_TIMES.finditer(text))), None)


def seconds_of(duration: bytes) -> float | None:
    """`1d 2h 3m 4s`, `1 hour 2 minutes`, `130.62 minutes` or plain seconds; None for nothing or zero."""
    parts = _durations.findall(duration)
    return sum(float(amount) * _SECONDS_OF_UNIT.get(unit, 0.0) for amount, unit in parts) or None
