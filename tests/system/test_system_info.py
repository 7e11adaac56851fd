"""The status document (cases C24, C34 to C37)."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.system import info as module
from hydrogen.system import machine
from hydrogen.system.info import StatusBuilder, WebSocketFigures, runtime_text


def builder(clock: ManualClock | None = None, figures: WebSocketFigures | None = None) -> StatusBuilder:
    return StatusBuilder(
        clock=clock or ManualClock(), epoch="b7c1", version="1.2.3", figures=figures or WebSocketFigures()
    )


def shape(value: Any) -> Any:
    """A document with types in place of values."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value).__name__


async def test_documents_keys_are_there_with_their_types() -> None:
    status = builder()
    await status.refresh()
    told = shape(status.build(is_long=True))
    assert (
        told.items()
        >= {
            "server_start_time": "str",
            "active_connections": "int",
            "total_connections": "int",
            "total_requests": "int",
            "epoch": "str",
            "enabledServices": "list",
        }.items()
    )
    assert told["version"] == {"server": "str", "api": "str", "release": "str", "build_type": "str"}
    assert (
        told["system"].items() >= dict.fromkeys(("sysname", "nodename", "release", "version", "machine"), "str").items()
    )
    assert set(told["system"]) >= {"cpu_usage", "cpu_usage_per_core", "load_1min", "memory", "network", "filesystems"}
    assert (
        told["status"].items()
        >= {
            "running": "bool",
            "shutting_down": "bool",
            "server_running": "bool",
            "server_stopping": "bool",
            "server_starting": "bool",
            "server_started": "str",
            "server_runtime": "int",
            "server_runtime_formatted": "str",
            "totalThreads": "int",
            "totalVirtualMemoryBytes": "int",
            "totalResidentMemoryBytes": "int",
            "files": "list",
        }.items()
    )
    assert set(told["services"]) == {"logging", "websocket", "print"}
    assert json.dumps(status.build(is_long=True), allow_nan=False)


async def test_long_part_is_only_in_long_documents() -> None:
    status = builder()
    await status.refresh()
    short, long = status.build(is_long=False), status.build(is_long=True)
    assert set(long["system"]) - set(short["system"]) == {"network", "filesystems", "logged_in_users"}
    assert set(long["status"]) - set(short["status"]) == {"files"}


def test_shares_of_the_resources_sum_to_hundred() -> None:
    resources = builder().build(is_long=False)["status"]["resources"]
    shares = [float(part["allocationPercent"]) for part in resources.values()]
    assert sum(shares) == pytest.approx(100.0, abs=0.001)
    assert set(resources) == {"serviceResources", "queueResources", "otherResources"}


def test_figures_of_the_websocket_are_told_flat_and_nested() -> None:
    figures = WebSocketFigures()
    clock = ManualClock()
    status = builder(clock, figures)
    assert status.build(is_long=False)["services"]["websocket"]["enabled"] is False
    figures.port, figures.started_at = 5003, clock.wall()
    figures.active_connections, figures.total_connections, figures.total_requests = 1, 5, 10
    clock.advance(61)
    told = status.build(is_long=False)
    assert (told["active_connections"], told["total_connections"], told["total_requests"]) == (1, 5, 10)
    websocket = told["services"]["websocket"]
    assert (websocket["port"], websocket["protocol"], websocket["max_message_size"]) == (
        5003,
        "hydrogen-protocol",
        65536,
    )
    assert (
        websocket["status"].items()
        >= {
            "uptime": 61,
            "activeConnections": 1,
            "totalConnections": 5,
            "totalRequests": 10,
        }.items()
    )
    assert told["status"]["server_runtime_formatted"] == "00:01:01"
    assert "websocket" in told["enabledServices"]


def test_shutting_down_is_told() -> None:
    figures = WebSocketFigures()
    status = builder(figures=figures)
    figures.is_shutting_down = True
    told = status.build(is_long=False)["status"]
    assert (told["running"], told["shutting_down"], told["server_stopping"]) == (False, True, True)


def test_start_time_is_that_of_the_construction() -> None:
    clock = ManualClock(wall=0.5)
    status = builder(clock)
    clock.advance(100)
    told = status.build(is_long=False)
    assert told["server_start_time"] == told["status"]["server_started"] == "1970-01-01T00:00:00.500Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00:00"), (61, "00:01:01"), (86_399, "23:59:59"), (86_400, "1d 00h 00m 00s"), (93_784, "1d 02h 03m 04s")],
)
def test_runtime_is_written_like_the_originals(seconds: int, text: str) -> None:
    assert runtime_text(seconds) == text


async def test_measurement_is_fresh_for_some_seconds() -> None:
    clock = ManualClock()
    status = builder(clock)
    assert status.is_stale
    await status.refresh()
    assert not status.is_stale
    clock.advance(module.FRESH_SECONDS)
    assert status.is_stale


async def test_machine_that_does_not_answer_holds_nobody_and_one_thread_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()
    begun: list[int] = []

    def hang() -> list[dict[str, Any]]:
        begun.append(1)
        answer.wait(30)
        return [{"fd": 99, "type": "other", "description": ""}]

    monkeypatch.setattr(machine, "read_open_files", hang)
    status = builder()
    try:
        for _ in range(3):
            await status.refresh(timeout_seconds=0.01)
        assert status.build(is_long=True)["status"]["files"] == []
        assert len(begun) == 1
    finally:
        answer.set()
    async with asyncio.timeout(20):
        await status.refresh()
    assert status.build(is_long=True)["status"]["files"][0]["fd"] == 99


async def test_machine_that_cannot_be_read_leaves_the_old_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    status = builder()
    await status.refresh()
    before = status.build(is_long=True)["system"]

    def fail() -> dict[str, Any]:
        raise OSError("no /proc")

    monkeypatch.setattr(machine, "read_details", fail)
    await status.refresh()
    assert status.build(is_long=True)["system"] == before
