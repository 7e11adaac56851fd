"""`/metrics`: every metric of the house in the text form that Prometheus scrapes.

prometheus-client writes the form. Its import costs 0.8 MiB beside starlette and uvicorn, and happens with the first scrape, in
a thread: a house that nobody scrapes does not pay for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.system.metric import Buckets, Metric, Reading
from hydrogen.system.metric_source import ALL_METRICS, MetricSource
from hydrogen.web.door import grant_of
from hydrogen.web.endpoint import Endpoint, Good

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The text exposition format 0.0.4, which every Prometheus and every collector that scrapes like it reads."""


class MetricRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, source: MetricSource) -> None:
        self._source = source

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="metrics",
                method="GET",
                path="/metrics",
                handler=self.scrape,
                tag="system",
                summary="Show every metric to Prometheus",
                scope="read",
                answers={
                    200: Good(summary="The metrics (docs/metrics.md)", media="text/plain", schema={"type": "string"})
                },
            )
        ]

    async def scrape(self, request: Request) -> Response:
        """The text exposition format 0.0.4; printers that the caller may not see are left out."""
        readings = await self._source.readings(grant_of(request).principal.printers)
        body = await asyncio.to_thread(exposition, readings)
        return Response(body, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def exposition(readings: Iterable[Reading]) -> bytes:
    """The readings as text, in the order of ALL_METRICS; metrics without a reading are left out. May block: it loads
    the library."""
    from prometheus_client.exposition import generate_latest

    return bytes(generate_latest(_Collected(readings)))


class _Collected:
    """What the library takes for a registry."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings: dict[Metric, list[Reading]] = {}
        for reading in readings:
            self._readings.setdefault(reading.metric, []).append(reading)

    def collect(self) -> Iterator[Family]:
        from prometheus_client.metrics_core import Metric as Family

        for metric in ALL_METRICS:
            readings = self._readings.get(metric)
            if not readings:
                continue
            family = Family(metric.name.removesuffix("_total"), metric.help, metric.kind)
            for reading in readings:
                _add(family, metric, reading)
            yield family


def _add(family: Family, metric: Metric, reading: Reading) -> None:
    labels = dict(zip(metric.labels, reading.labels, strict=True))
    value = reading.value
    if not isinstance(value, Buckets):
        family.add_sample(metric.name, labels, float(value))
        return
    total = 0
    for bound, count in zip((*value.bounds, float("inf")), value.counts, strict=True):
        total += count
        end = "+Inf" if bound == float("inf") else repr(float(bound))
        family.add_sample(f"{metric.name}_bucket", {**labels, "le": end}, float(total))
    family.add_sample(f"{metric.name}_count", labels, float(total))
    family.add_sample(f"{metric.name}_sum", labels, float(value.total))
