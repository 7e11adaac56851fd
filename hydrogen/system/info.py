"""The status document: one builder for the WebSocket's status frame, `system.status` and `GET /api/system/info`.

It is a superset of the interface document's keys and of the original server's (facts/hydrogen-original.md 2). What is costly
or may block is measured by `refresh` in a thread, every few seconds and only while somebody looks; `build` puts the frame
together from what is known, in well under a millisecond. The long part (addresses, mounts, users, open files) is only in
documents built with `is_long`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.model.codec import iso_time
from hydrogen.system import machine

FRESH_SECONDS = 8.0
"""How long a measurement of the machine is good."""

PROCESS_FRESH_SECONDS = 0.9
"""How long our own memory figures are good: once for each round of status frames."""

REFRESH_TIMEOUT_SECONDS = 5.0
"""A disk that does not answer must not hold whoever waits for the refresh."""

API_VERSION = "1.0"


@dataclass(slots=True, kw_only=True)
class WebSocketFigures:
    """What the WebSocket server tells of itself; it writes, the builder reads.

    port and web_port (HTTP, written by the web server): the bound ones, 0 while not bound. Times are Unix seconds.
    merged_samples and lags are those of clients that have left; cut_clients were cut off because they did not read.
    """

    port: int = 0
    web_port: int = 0
    protocol: str = "hydrogen-protocol"
    max_message_bytes: int = 65_536
    started_at: float | None = None
    active_connections: int = 0
    total_connections: int = 0
    total_requests: int = 0
    is_shutting_down: bool = False
    merged_samples: int = 0
    lags: int = 0
    cut_clients: int = 0


@dataclass(slots=True)
class _Measured:
    """What `refresh` found."""

    load: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)


class StatusBuilder:
    """Builds the status document. Belongs to one event loop."""

    def __init__(self, *, clock: Clock, epoch: str, version: str, figures: WebSocketFigures) -> None:
        """The moment of construction is the `server_start_time`."""
        self._clock = clock
        self._epoch = epoch
        self._figures = figures
        self._version = {"server": version, "api": API_VERSION, "release": version, "build_type": "release"}
        self._uname = machine.read_uname()
        self._started_at = clock.wall()
        self._started = clock.monotonic()
        self._measured = _Measured()
        self._measured_at: float | None = None
        self._process = (1, 0, 0)
        self._process_at: float | None = None
        self._refreshing: asyncio.Future[_Measured] | None = None

    @property
    def is_stale(self) -> bool:
        """Is it time for a `refresh`?"""
        return self._measured_at is None or self._clock.monotonic() - self._measured_at >= FRESH_SECONDS

    async def refresh(self, *, timeout_seconds: float = REFRESH_TIMEOUT_SECONDS) -> None:
        """Measure the machine, in a thread. Never raises for a machine that does not answer: the old figures stay.

        A measurement that hangs is waited for by at most one thread, whatever happens.
        """
        if self._refreshing is None:
            self._refreshing = asyncio.ensure_future(asyncio.to_thread(_measure))
        try:
            async with asyncio.timeout(timeout_seconds):
                self._measured = await asyncio.shield(self._refreshing)
            self._measured_at = self._clock.monotonic()
        except (TimeoutError, *machine.UNREADABLE):
            # Figures of the machine are a courtesy; the rest of the document is as true as before.
            self._measured_at = self._clock.monotonic()
        finally:
            if self._refreshing.done():
                self._refreshing = None

    def build(self, *, is_long: bool) -> dict[str, Any]:
        """The document, JSON values only. Does not block."""
        figures, measured = self._figures, self._measured
        threads, virtual_bytes, resident_bytes = self._process_figures()
        return {
            "server_start_time": iso_time(self._started_at),
            "active_connections": figures.active_connections,
            "total_connections": figures.total_connections,
            "total_requests": figures.total_requests,
            "epoch": self._epoch,
            "version": self._version,
            "system": {**self._uname, **measured.load, **(measured.details if is_long else {})},
            "status": {
                **self._run_state(),
                "totalThreads": threads,
                "totalVirtualMemoryBytes": virtual_bytes,
                "totalResidentMemoryBytes": resident_bytes,
                "resources": _resources(threads, virtual_bytes, resident_bytes),
                **({"files": measured.files} if is_long else {}),
            },
            "queues": {"log": _queue(), "print": _queue()},
            "enabledServices": [
                "logging",
                *(["webserver"] if figures.web_port else []),
                *(["websocket"] if figures.port else []),
                "print",
            ],
            "services": self._services(),
        }

    def _run_state(self) -> dict[str, Any]:
        is_ending = self._figures.is_shutting_down
        uptime = int(self._clock.monotonic() - self._started)
        return {
            "running": not is_ending,
            "shutting_down": is_ending,
            "server_running": not is_ending,
            "server_stopping": is_ending,
            "server_starting": False,
            "server_started": iso_time(self._started_at),
            "server_runtime": uptime,
            "server_uptime": uptime,
            "server_runtime_formatted": runtime_text(uptime),
        }

    def _services(self) -> dict[str, Any]:
        figures = self._figures
        uptime = int(self._clock.wall() - figures.started_at) if figures.started_at is not None else 0
        shared = {"threads": 0, "virtualMemoryBytes": 0, "residentMemoryBytes": 0, "threadIds": []}
        return {
            "logging": {"enabled": True, "log_file": "", "status": {"messageCount": 0, **shared}},
            **({"webserver": {"enabled": True, "port": figures.web_port}} if figures.web_port else {}),
            "websocket": {
                "enabled": figures.port != 0,
                "port": figures.port,
                "protocol": figures.protocol,
                "max_message_size": figures.max_message_bytes,
                "status": {
                    **shared,
                    "uptime": max(0, uptime),
                    "activeConnections": figures.active_connections,
                    "totalConnections": figures.total_connections,
                    "totalRequests": figures.total_requests,
                },
            },
            "print": {"enabled": True, "status": {"queuedJobs": 0, "completedJobs": 0, **shared}},
        }

    def _process_figures(self) -> tuple[int, int, int]:
        now = self._clock.monotonic()
        if self._process_at is None or now - self._process_at >= PROCESS_FRESH_SECONDS:
            self._process_at = now
            try:
                self._process = machine.read_process()
            except machine.UNREADABLE:
                return self._process
        return self._process


def _measure() -> _Measured:
    return _Measured(machine.read_load(), machine.read_details(), machine.read_open_files())


def _queue() -> dict[str, int]:
    return {
        "entryCount": 0,
        "blockCount": 0,
        "totalAllocation": 0,
        "virtualMemoryBytes": 0,
        "residentMemoryBytes": 0,
    }


def _resources(threads: int, virtual_bytes: int, resident_bytes: int) -> dict[str, Any]:
    """One event loop serves everything: the whole is the services', and the three shares sum to 100."""
    whole = {"threads": threads, "virtualMemoryBytes": virtual_bytes, "residentMemoryBytes": resident_bytes}
    nothing = {"virtualMemoryBytes": 0, "residentMemoryBytes": 0, "allocationPercent": machine.percent(0)}
    return {
        "serviceResources": {**whole, "allocationPercent": machine.percent(100)},
        "queueResources": {"entries": 0, **nothing},
        "otherResources": {"threads": 0, **nothing},
    }


def runtime_text(seconds: int) -> str:
    """`HH:MM:SS`, from a day on `Nd HHh MMm SSs` (facts/hydrogen-original.md 2.3)."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if not days:
        return f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{days}d {hour:02d}h {minute:02d}m {second:02d}s"
