"""What a metric is: a name that means one thing for ever, and the readings of one moment.

Names follow Prometheus' conventions (prometheus.io/docs/practices/naming): `hydrogen_`, what is measured, the unit in its base
form, and `_total` at the end of counters. Labels are few, and their values come from closed or bounded sets: printers that are
configured, heaters of a firmware, words of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One family of series. name: as it is scraped; a counter's ends in `_total`. help: a sentence, units in it if the name has
    none."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


class Buckets(NamedTuple):
    """A histogram's value. counts: of the values up to each bound, and of those beyond the last; not cumulated."""

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float


class Reading(NamedTuple):
    """One series now; labels: a value for each of the metric's labels."""

    metric: Metric
    value: float | Buckets
    labels: tuple[str, ...] = ()
