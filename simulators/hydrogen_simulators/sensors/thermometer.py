"""What thermometers on serial ports say, and how warm it is where they stand. Pure.

Small boards (an Arduino with a DS18B20 or a thermistor) send a line every second or so, in one of a handful of shapes; each is
a form here. None of them answers anything, most send garbage in the first line, because the host opens the port in the middle.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


def _bare(values: Sequence[float]) -> str:
    return f"{values[0]:.2f}"


def _labelled(values: Sequence[float]) -> str:
    return " ".join(f"T{number}:{value:.1f}" for number, value in enumerate(values, 1))


def _comma_separated(values: Sequence[float]) -> str:
    return ",".join(f"{value:.2f}" for value in values)


def _json(values: Sequence[float]) -> str:
    return json.dumps({f"t{number}": round(float(value), 2) for number, value in enumerate(values, 1)})


FORMS: Mapping[str, Callable[[Sequence[float]], str]] = MappingProxyType(
    {"bare": _bare, "labelled": _labelled, "csv": _comma_separated, "json": _json}
)
"""A line of each form: ``23.50``; ``T1:23.5 T2:41.0``; ``23.50,41.00``; ``{"t1": 23.5, "t2": 41.0}``."""

GARBAGE = "\x00\xfe?"
"""What a board sends in place of every n-th line: a voltage dip, a loose wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """A temperature that swings like a room's: around ``celsius`` by ``amplitude`` every ``period_seconds``."""

    celsius: float = 21.0
    amplitude: float = 0.0
    period_seconds: float = 600.0

    def at(self, seconds: float) -> float:
        """Degrees Celsius so long after the beginning."""
        if not self.amplitude:
            return self.celsius
        return self.celsius + self.amplitude * math.sin(math.tau * seconds / self.period_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermometerPlan:
    """A thermometer: its form, its sensors, what goes wrong. ``garbage_every``, ``silent_after`` count lines; 0 is never."""

    form: str = "bare"
    swings: tuple[Swing, ...] = (Swing(),)
    every_seconds: float = 1.0
    garbage_every: int = 0
    silent_after: int = 0

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"no form {self.form!r}: there are {', '.join(FORMS)}")
        if not self.every_seconds > 0:
            raise ValueError(f"every_seconds must be greater than 0, found {self.every_seconds}")

    def line(self, number: int) -> str | None:
        """The ``number``-th line, from 1, without its end; None once it says nothing more."""
        if self.silent_after and number > self.silent_after:
            return None
        if self.garbage_every and number % self.garbage_every == 0:
            return GARBAGE
        seconds = (number - 1) * self.every_seconds
        return FORMS[self.form]([swing.at(seconds) for swing in self.swings])
