"""`python -m tests.roof.metrics_page`: writes the table of docs/metrics.md from the metrics that there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hydrogen.system.host_metric import HOST_METRICS
from hydrogen.system.metric import Metric
from hydrogen.system.printer_metric import PRINTER_METRICS
from hydrogen.system.sensor_metric import SENSOR_METRICS
from hydrogen.system.service_metric import SERVICE_METRICS

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
BEGIN = "## The metrics\n"
END = "\n## The log\n"


def tables() -> str:
    """What stands between the two marks."""
    parts = (
        ("Printers", PRINTER_METRICS),
        ("Sensors", SENSOR_METRICS),
        ("The service", SERVICE_METRICS),
        ("The host", HOST_METRICS),
    )
    return "\n".join(_table(title, metrics) for title, metrics in parts)


def _table(title: str, metrics: Sequence[Metric]) -> str:
    rows = [
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
        for metric in metrics
    ]
    return "\n".join([f"\n### {title}\n", "| name | kind | labels | what it is |", "|---|---|---|---|", *rows])


def written() -> str:
    """The table as the page has it."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    text = PAGE.read_text()
    head, rest = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}{tables()}\n{END}{rest}")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
