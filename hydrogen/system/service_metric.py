"""The metrics of the service itself: its clients and how far they are behind, the bus, the requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hydrogen.system.info import WebSocketFigures
from hydrogen.system.metric import Metric, Reading


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}", kind="gauge", help=text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}_total", kind="counter", help=text, labels=labels)


STARTED = _gauge("start_time_seconds", "When the service started, in Unix seconds.")
CONNECTIONS = _gauge("client_connections", "WebSocket clients that are connected.")
CONNECTIONS_MADE = _counter("client_connections", "WebSocket clients that have come.")
REQUESTS = _counter("client_requests", "WebSocket messages received.")
BLOCKED = _gauge("client_blocked", "Clients whose connection takes no more at this moment.")
QUEUED = _gauge("client_queued_bytes", "Bytes that wait for clients, all together.")
QUEUED_MOST = _gauge("client_queued_most_bytes", "Bytes that wait for the client that is furthest behind.")
MERGED = _counter("client_merged_samples", "Samples that a newer one replaced before a client had read them.")
LAGGED = _counter("client_lagged", "Times that a client was so far behind that it got a snapshot instead.")
CUT = _counter("client_cut", "Clients cut off because they did not read.")
HTTP = _counter("http_requests", "HTTP requests answered.", "code")
EVENTS = _counter("bus_events", "Events published.")
DROPPED = _counter("bus_dropped_events", "Events that a part of the house was too slow for; it took the state instead.")
FAILURES = _counter("bus_listener_failures", "Times that a part of the house failed at an event.")

SERVICE_METRICS: tuple[Metric, ...] = (
    STARTED,
    CONNECTIONS,
    CONNECTIONS_MADE,
    REQUESTS,
    BLOCKED,
    QUEUED,
    QUEUED_MOST,
    MERGED,
    LAGGED,
    CUT,
    HTTP,
    EVENTS,
    DROPPED,
    FAILURES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLag:
    """How far the WebSocket's clients are behind. blocked, queued_bytes and most_queued_bytes are now, the rest since the
    start."""

    blocked: int = 0
    queued_bytes: int = 0
    most_queued_bytes: int = 0
    merged: int = 0
    lagged: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusFigures:
    """Counted since the start."""

    events: int
    dropped: int
    failures: int


def service_readings(
    figures: WebSocketFigures, lag: ClientLag, bus: BusFigures, http: Mapping[int, int], *, started_at: float
) -> Iterator[Reading]:
    """http: answers by status."""
    yield Reading(STARTED, round(started_at, 3))
    yield Reading(CONNECTIONS, figures.active_connections)
    yield Reading(CONNECTIONS_MADE, figures.total_connections)
    yield Reading(REQUESTS, figures.total_requests)
    yield Reading(BLOCKED, lag.blocked)
    yield Reading(QUEUED, lag.queued_bytes)
    yield Reading(QUEUED_MOST, lag.most_queued_bytes)
    yield Reading(MERGED, lag.merged)
    yield Reading(LAGGED, lag.lagged)
    yield Reading(CUT, lag.cut)
    for code, count in sorted(http.items()):
        yield Reading(HTTP, count, (str(code),))
    yield Reading(EVENTS, bus.events)
    yield Reading(DROPPED, bus.dropped)
    yield Reading(FAILURES, bus.failures)
