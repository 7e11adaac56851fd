"""The service's own figures as metrics."""

from __future__ import annotations

from hydrogen.system.info import WebSocketFigures
from hydrogen.system.service_metric import SERVICE_METRICS, BusFigures, ClientLag, service_readings


def test_every_figure_is_told_under_its_name() -> None:
    lag = ClientLag(blocked=1, queued_bytes=900, most_queued_bytes=600, merged=5, lagged=2, cut=3)
    figures = WebSocketFigures(active_connections=7, total_connections=8, total_requests=9)
    bus = BusFigures(events=10, dropped=11, failures=12)
    told = {
        (reading.metric.name, reading.labels): reading.value
        for reading in service_readings(figures, lag, bus, {404: 2, 200: 6}, started_at=1.5)
    }
    assert {name for name, _ in told} == {metric.name for metric in SERVICE_METRICS}
    assert told["hydrogen_client_queued_most_bytes", ()] == 600
    assert told["hydrogen_client_cut_total", ()] == 3
    assert told["hydrogen_bus_dropped_events_total", ()] == 11
    assert told["hydrogen_http_requests_total", ("404",)] == 2
