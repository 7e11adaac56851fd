"""What a benchmark tells: samples, gathered over the repeats into figures, shown as a table or as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


class BenchmarkFailed(Exception):
    """A benchmark could not run, or what was executed is not what the file says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one repeat may do. is_long: also what takes minutes or many descriptors. strikes, seed: for `chaos`; None is its
    own choice. gcode: files for `analysis`."""

    is_long: bool = False
    strikes: int | None = None
    seed: int | None = None
    gcode: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one repeat. goal: what the project wants to reach, in words; empty for a mere observation."""

    name: str
    value: float
    unit: str
    goal: str = ""


Benchmark = Callable[[Plan], Iterable[Sample]]
"""One repeat. Raises BenchmarkFailed; leaves nothing behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The samples of one name, in the order of the repeats."""

    benchmark: str
    name: str
    unit: str
    goal: str
    values: tuple[float, ...]

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def as_json(self) -> dict[str, object]:
        return {
            "benchmark": self.benchmark,
            "figure": self.name,
            "unit": self.unit,
            "goal": self.goal,
            "min": self.low,
            "median": self.median,
            "max": self.high,
            "values": list(self.values),
        }


def figures_from_samples(benchmark: str, samples: Sequence[Sample]) -> list[Figure]:
    """Samples of the same name become one figure; the order is that of their first appearance."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.name, []).append(sample)
    return [
        Figure(
            benchmark=benchmark,
            name=name,
            unit=group[0].unit,
            goal=group[0].goal,
            values=tuple(sample.value for sample in group),
        )
        for name, group in groups.items()
    ]


TITLES = ("benchmark", "figure", "min", "median", "max", "unit", "goal")


def table_of(figures: Sequence[Figure]) -> str:
    """The figures in columns, numbers to the right."""
    rows = [TITLES, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(row, widths) for row in (rows[0], rule, *rows[1:]))


def _row(figure: Figure) -> tuple[str, ...]:
    numbers = (shown(figure.low), shown(figure.median), shown(figure.high))
    return (figure.benchmark, figure.name, *numbers, figure.unit, figure.goal)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if 2 <= column <= 4 else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def shown(value: float) -> str:
    """Three digits that say something: 0.0213, 2.13, 21.3, 2,130."""
    size = abs(value)
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 4
    return f"{value:,.{digits}f}"
