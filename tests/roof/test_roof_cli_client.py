"""The client of the public protocol, against the real server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import connected
from hydrogen.errors import AuthFailed, InvalidMessage, NotFound, ServiceUnreachable
from hydrogen.model.events import HostMeasured
from hydrogen.model.host import HostState
from tests.roof.house_in_process import house_in_process


async def test_commands_are_answered_and_frames_that_came_meanwhile_are_not_lost(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        result = await client.command("file.list")
        assert result["files"] == []
        frames = client.frames()
        assert [(await anext(frames))["type"] for _ in range(2)] == ["status", "snapshot"]
        assert (await client.status())["server_start_time"]


async def test_the_services_errors_are_raised_with_their_class(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        with pytest.raises(NotFound):
            await client.command("no.such")
        with pytest.raises(InvalidMessage) as caught:
            await client.command("file.list", params={"limit": "x"})
        assert caught.value.details["field"] == "limit"


async def test_a_wrong_key_is_refused_with_the_services_words(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        with pytest.raises(AuthFailed):
            async with connected(replace(house.find_address(), key="wrong")):
                pass


async def test_nobody_there_is_unreachable_and_nonsense_is_no_url() -> None:
    with pytest.raises(ServiceUnreachable, match=r"127\.0\.0\.1:1"):
        async with connected(ServiceAddress(url="ws://127.0.0.1:1/", key="k")):
            pass
    with pytest.raises(InvalidMessage, match="no WebSocket URL"):
        async with connected(ServiceAddress(url="http://x/", key="k")):
            pass


async def test_somebody_who_is_no_hydrogen_is_unreachable() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(ServiceUnreachable):
            async with connected(ServiceAddress(url=f"ws://127.0.0.1:{port}/", key="k")):
                pass


async def test_a_client_resumes_without_a_snapshot(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        context = house.hydrogen._context
        published = context.publish(HostMeasured(at=1.0, host=HostState(cpu_share=0.5)))
        since = f"{context.epoch}.{published.seq - 1}"
        async with connected(house.find_address(), since=since) as client:
            kinds = []
            async for frame in client.frames():
                kinds.append(frame["type"])
                if frame["type"] == "host.measured":
                    break
            assert "snapshot" not in kinds
            assert "subscribed" in kinds


async def test_the_farewell_is_told_with_its_close_code(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        closing = asyncio.create_task(house.hydrogen.supervisor.shut_down())
        with pytest.raises(ServiceUnreachable) as caught:
            async for _ in client.frames():
                pass
        assert caught.value.details["close_code"] == 1001
        await closing
