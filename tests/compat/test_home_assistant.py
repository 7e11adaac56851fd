"""pyoctoprintapi (PyPI), as Home Assistant's integration calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.compat.conftest import Host
from tests.integration.house_process import square_lines
from tests.support.waiting import wait_until_answered

pyoctoprintapi = pytest.importorskip("pyoctoprintapi")
aiohttp = pytest.importorskip("aiohttp")

pytestmark = pytest.mark.filterwarnings(
    "ignore:Unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
"""The library drops the answers to its commands unread; if one is still on its way then, aiohttp warns of it."""


@pytest.fixture
async def client(host: Host) -> AsyncIterator[Any]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        made = pyoctoprintapi.OctoprintClient(host="127.0.0.1", session=session, port=host.port, ssl=False, path="/")
        made.set_api_key(host.key)
        yield made


async def test_it_is_set_up_and_polls(host: Host, client: Any) -> None:
    discovery = await client.get_discovery_info()
    assert UUID(discovery.upnp_uuid)
    assert (await client.get_discovery_info()).upnp_uuid == discovery.upnp_uuid
    assert (await client.get_server_info()).version == "1.11.8"
    assert (await client.get_tracking_info()) is None
    assert (await client.get_webcam_info()).enabled is False
    job = await client.get_job_info()
    assert (job.state, job.progress.completion, job.job.file.name) == ("Operational", None, None)
    printer = await client.get_printer_info()
    assert {"bed", "tool0"} <= {heater.name for heater in printer.temperatures}
    assert printer.state.flags.operational is True
    assert all(
        isinstance(getattr(printer.state.flags, name), bool)
        for name in ("printing", "paused", "pausing", "resuming", "error", "finishing", "ready")
    )


async def test_its_numbers_and_buttons_work(host: Host, client: Any) -> None:
    await client.set_bed_temperature(55)
    await client.set_tool_temperature("tool0", 190)

    async def target(name: str) -> float:
        printer = await client.get_printer_info()
        return next(heater.target_temp for heater in printer.temperatures if heater.name == name)

    async def is_set() -> bool:
        return (await target("bed"), await target("tool0")) == (55.0, 190.0)

    await wait_until_answered(is_set, seconds=10)
    await client.turn_bed_off()
    await client.turn_tool_off("tool0")
    await client.disconnect()
    await host.await_state("Offline")
    with pytest.raises(pyoctoprintapi.PrinterOffline):
        await client.get_printer_info()
    await client.connect()
    await host.await_state("Operational")
    with pytest.raises(pyoctoprintapi.ApiError):
        await client.shutdown()  # not configured


async def test_a_wrong_key_asks_for_another_one(host: Host, client: Any) -> None:
    client.set_api_key("not-the-key-0123")
    with pytest.raises(pyoctoprintapi.exceptions.UnauthorizedException):
        await client.get_job_info()


async def test_its_buttons_pause_resume_and_cancel(start_host: Any, tmp_path: Path) -> None:
    host = await start_host(speed=8.0)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        client = pyoctoprintapi.OctoprintClient(
            host="127.0.0.1", session=session, port=host.port, ssl=False, path="/printers/bench/"
        )
        client.set_api_key(host.key)
        lines = ["G21", "G90", "M83", "G28", *square_lines(3000, feedrate=1200)[7:-2]]
        (host.house.files / "long.gcode").write_text("\n".join(lines) + "\n")
        await host.ask("POST", "/api/files/local/long.gcode", {"command": "select", "print": True})
        await host.await_state("Printing")
        assert (await client.get_job_info()).job.file.name == "long.gcode"
        await client.pause_job()
        await host.await_state("Paused")
        await client.resume_job()
        await host.await_state("Printing")
        await client.cancel_job()
        await host.await_state("Operational")
