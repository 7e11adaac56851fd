"""A metric and its readings are plain values: what they promise to those who write them out."""

from __future__ import annotations

from hydrogen.system.metric import Metric, Reading
from hydrogen.system.metric_source import ALL_METRICS


def test_a_reading_of_a_metric_without_labels_has_none() -> None:
    assert Reading(Metric(name="hydrogen_x", kind="gauge", help="x"), 1.0).labels == ()


def test_every_name_is_given_once_and_says_its_kind() -> None:
    names = [metric.name for metric in ALL_METRICS]
    assert len(set(names)) == len(names)
    for metric in ALL_METRICS:
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric
        assert metric.help.endswith("."), metric
