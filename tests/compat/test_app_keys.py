"""pyoctoprintapi (PyPI) asks for a key, as Home Assistant's set-up does; a person approves it with the command line."""

from __future__ import annotations

import asyncio

import pytest

from hydrogen.cli.main import main
from tests.compat.conftest import Host
from tests.support.waiting import wait_until_answered

pyoctoprintapi = pytest.importorskip("pyoctoprintapi")
aiohttp = pytest.importorskip("aiohttp")


async def test_home_assistant_gets_a_key_once_somebody_approves(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", host.key)
    url = host.house.address.url
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        client = pyoctoprintapi.OctoprintClient(host="127.0.0.1", session=session, port=host.port, ssl=False, path="/")
        asking = asyncio.create_task(client.request_app_key("Home Assistant", "owner", 60))
        waiting: list[dict[str, str]] = []

        async def is_asked() -> bool:
            waiting[:] = (await host.watcher.command("appkey.list"))["pending"]  # type: ignore[assignment,call-overload]
            return bool(waiting)

        await wait_until_answered(is_asked, seconds=30)
        assert (waiting[0]["app"], waiting[0]["user"]) == ("Home Assistant", "owner")
        assert not asking.done()
        assert await asyncio.to_thread(main, ["keys", "approve", waiting[0]["id"], "--url", url]) == 0
        client.set_api_key(await asking)
        assert (await client.get_server_info()).version.startswith("1.")
        assert (await client.get_job_info()).state == "Operational"
