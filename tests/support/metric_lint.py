"""What `promtool check metrics` finds, and a little more: rules for a page of metrics in the text exposition format.

prometheus-client's parser reads it; the rules are those of Prometheus' naming practices
(prometheus.io/docs/practices/naming, and the linter in prometheus/client_golang).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

MOST_SERIES = 400
"""Of one family, in a house of eight printers: labels are bounded."""

_NAME = re.compile(r"hydrogen_[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NOT_BASE = frozenset(
    {"milliseconds", "millis", "ms", "microseconds", "minutes", "hours", "days", "percent", "percentage"}
    | {"kilobytes", "megabytes", "kib", "mib", "kb", "mb", "bits", "fahrenheit", "kelvin"}
    | {"counter", "gauge", "histogram", "summary"}
)
_ENDS_OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


def lint(text: str) -> list[str]:
    """Every break of a rule, as a sentence; empty for a good page. Raises ValueError for what is no such page at all."""
    return [broken for family in families_of(text) for broken in _breaks(family)] + list(_breaks_of_lines(text))


def families_of(text: str) -> list[Family]:
    return list(text_string_to_metric_families(text))


def _breaks(family: Family) -> Iterator[str]:
    name = family.name + ("_total" if family.type == "counter" else "")
    if not _NAME.fullmatch(name):
        yield f"{name}: the name does not begin with hydrogen_, or is not in small letters"
    if any(word in _NOT_BASE for word in name.split("_")):
        yield f"{name}: no base unit, or the type in the name"
    if not family.documentation.strip():
        yield f"{name}: no help"
    if family.type in ("unknown", "untyped"):
        yield f"{name}: no type"
    if family.type != "counter" and name.endswith("_total"):
        yield f"{name}: only counters end in _total"
    if family.type != "histogram" and name.endswith(_ENDS_OF_HISTOGRAMS):
        yield f"{name}: ends as a part of a histogram does"
    if len(family.samples) > MOST_SERIES:
        yield f"{name}: {len(family.samples)} series"
    for sample in family.samples:
        yield from _breaks_of_sample(family, name, sample.name, sample.labels, sample.value)
    if family.type == "histogram":
        yield from _breaks_of_buckets(family)


def _breaks_of_sample(family: Family, name: str, sample: str, labels: dict[str, str], value: float) -> Iterator[str]:
    if family.type == "counter" and (sample != name or value < 0):
        yield f"{sample}: a counter ends in _total, and is not negative ({value})"
    if family.type == "gauge" and sample != name:
        yield f"{sample}: not the family's name"
    for label in labels:
        if not re.fullmatch(r"[a-z][a-z_]*", label) or (label in ("le", "quantile") and family.type != "histogram"):
            yield f"{sample}: label {label}"


def _breaks_of_buckets(family: Family) -> Iterator[str]:
    series: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
    counts: dict[tuple[tuple[str, str], ...], float] = {}
    for sample in family.samples:
        key = tuple(sorted((label, value) for label, value in sample.labels.items() if label != "le"))
        if sample.name.endswith("_bucket"):
            series.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_count"):
            counts[key] = sample.value
    for key, buckets in series.items():
        bounds, values = [b for b, _ in buckets], [v for _, v in buckets]
        if bounds != sorted(bounds) or values != sorted(values) or bounds[-1] != float("inf"):
            yield f"{family.name}: buckets of {key} do not rise to +Inf"
        if counts.get(key) != values[-1]:
            yield f"{family.name}: count of {key} is not the last bucket"


def _breaks_of_lines(text: str) -> Iterator[str]:
    told: set[str] = set()
    seen: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split(" ")[2]
            if name in told:
                yield f"{name}: its type is told twice"
            told.add(name)
            if line.endswith(" counter") and not name.endswith("_total"):
                yield f"{name}: a counter ends in _total"
        elif line and not line.startswith("#"):
            seen[line.rpartition(" ")[0]] += 1
            name = re.split(r"[{ ]", line)[0]
            if name not in told and re.sub(r"_(bucket|count|sum)$", "", name) not in told:
                yield f"{name}: no TYPE before it"
    yield from (f"{series}: {count} times" for series, count in seen.items() if count > 1)
    if text and not text.endswith("\n"):
        yield "the last line has no end"
