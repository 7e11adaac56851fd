"""What the documents say of the metrics is what there is: the page, and Grafana's dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hydrogen.system.metric_source import ALL_METRICS
from tests.roof.metrics_page import tables, written

DASHBOARD: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "grafana.json").read_text())
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

SERIES = {
    name
    for metric in ALL_METRICS
    for name in (
        [f"{metric.name}{end}" for end in ("_bucket", "_count", "_sum")]
        if metric.kind == "histogram"
        else [metric.name]
    )
}


def panels(kind: str | None = None) -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if kind in (None, panel["type"])]


def queries() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (variable["definition"] for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query")


def test_the_page_lists_every_metric_as_it_is() -> None:
    assert written().strip() == tables().strip(), "run: python -m tests.roof.metrics_page"


def test_every_metric_that_the_dashboard_asks_for_exists() -> None:
    for query in queries():
        asked = set(re.findall(r"hydrogen_[a-z0-9_]+", query))
        assert asked and asked <= SERIES, query


def test_every_label_that_it_asks_for_is_one_of_the_metric() -> None:
    labels = {name: set(metric.labels) for metric in ALL_METRICS for name in SERIES if name.startswith(metric.name)}
    for panel in panels():
        for target in panel.get("targets", ()):
            for name in re.findall(r"hydrogen_[a-z0-9_]+", target["expr"]):
                known = labels[name] | {"le"}
                chosen = re.findall(rf"{name}\{{([^}}]*)\}}", target["expr"])
                assert {label for text in chosen for label in re.findall(r"(\w+)[=!]", text)} <= known, target
                assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known, target


@pytest.mark.parametrize("topic", ["Temperatures", "Progress", "Time to ok", "Memory", "Disk", "Clients", "Queue"])
def test_there_is_a_panel_for(topic: str) -> None:
    assert any(panel["title"] == topic for panel in panels())


def test_grafana_can_import_it() -> None:
    """What its importer and its schema want: an id for each panel, a place on the grid of 24, a data source by variable."""
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= set(DASHBOARD)
    assert "id" not in DASHBOARD  # Grafana gives its own
    assert DASHBOARD["templating"]["list"][0]["type"] == "datasource"
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        for target in panel.get("targets", ()):
            assert target["datasource"] == panel["datasource"] == SOURCE
            assert target["refId"]
