"""octorest (PyPI), as it comes: everything of it that a host without plugins can answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.ledger import job_hash
from tests.compat.conftest import Host
from tests.integration.house_process import square_lines

octorest = pytest.importorskip("octorest")


@pytest.fixture
async def client(host: Host) -> Any:
    return await asyncio.to_thread(lambda: octorest.OctoRest(url=host.url, apikey=host.key))


async def test_it_finds_out_what_there_is(host: Host, client: Any) -> None:
    def look() -> dict[str, Any]:
        return {
            "version": client.version,
            "connection": client.connection_info(),
            "state": client.state(),
            "printer": client.printer(history=True, limit=2),
            "bare": client.printer(exclude=["sd", "temperature"]),
            "tool": client.tool(history=True, limit=1),
            "bed": client.bed(),
            "sd": client.sd(),
            "profiles": client.printer_profiles(),
            "settings": client.settings(),
            "languages": client.languages(),
            "timelapses": client.timelapses(),
            "users": client.users(),
            "wizard": client.wizard(),
            "commands": client.system_commands(),
            "custom": client.custom_control_request(),
            "job": client.job_info(),
        }

    seen = await asyncio.to_thread(look)
    assert seen["version"]["text"].startswith("OctoPrint ")
    assert seen["state"] == "Operational"
    assert seen["connection"]["current"]["port"] == str(host.printer.link)
    assert {"tool0", "bed", "history"} <= set(seen["printer"]["temperature"])
    assert set(seen["bare"]) == {"state"}
    assert "tool0" in seen["tool"] and "bed" not in seen["tool"]
    assert set(seen["bed"]) == {"bed"}
    assert seen["sd"] == {"ready": False}
    assert seen["job"]["job"]["file"]["name"] is None


async def test_it_moves_and_heats(host: Host, client: Any) -> None:
    def work() -> None:
        client.home()
        client.home(["x"])
        client.jog(x=10, y=5)
        client.feedrate(110)
        client.flowrate(95)
        client.tool_target(200)
        client.tool_target({"tool0": 195})
        client.bed_target(50)
        client.gcode("M117 hello")
        client.gcode(["M117 one", "M117 two"])
        client.extrude(5)
        client.retract(5)
        client.tool_select(0)
        client.fake_ack()
        client.disconnect()

    await asyncio.to_thread(work)
    await host.await_state("Offline")
    with pytest.raises(RuntimeError, match="409"):
        await asyncio.to_thread(client.printer)
    assert (await asyncio.to_thread(client.state)) == "Closed"
    await asyncio.to_thread(client.connect)
    await host.await_state("Operational")


async def test_it_keeps_files_and_prints_them(host: Host, client: Any, tmp_path: Path) -> None:
    lines = square_lines(300)
    path = tmp_path / "würfel 1.gcode"
    path.write_text("\n".join(lines) + "\n")

    def store() -> list[Any]:
        uploaded = client.upload(str(path))
        client.copy("würfel 1.gcode", "second.gcode")
        client.move("second.gcode", "third.gcode")
        listed = [one["name"] for one in client.files()["files"]]
        info = client.files("local/third.gcode")
        client.delete("third.gcode")
        with pytest.raises(RuntimeError, match="404"):
            client.files("local/third.gcode")
        client.select("würfel 1.gcode", print=True)
        return [uploaded, listed, info]

    uploaded, listed, info = await asyncio.to_thread(store)
    assert uploaded["files"]["local"]["path"] == "würfel 1.gcode"
    assert listed == ["third.gcode", "würfel 1.gcode"]
    assert info["size"] == path.stat().st_size
    await host.await_state("Operational")
    job = await asyncio.to_thread(client.job_info)
    assert job["job"]["file"]["path"] == "würfel 1.gcode"
    assert job["progress"]["completion"] == 100.0
    assert host.printer.ledger.job_hash == job_hash(lines)


async def test_it_pauses_resumes_restarts_and_cancels(start_host: Any, tmp_path: Path) -> None:
    host = await start_host(speed=8.0)
    client = await asyncio.to_thread(lambda: octorest.OctoRest(url=host.url, apikey=host.key))
    path = tmp_path / "long.gcode"
    path.write_text("\n".join(["G21", "G90", "M83", "G28", *square_lines(3000, feedrate=1200)[7:-2]]) + "\n")
    await asyncio.to_thread(client.upload, str(path))
    await asyncio.to_thread(client.select, "long.gcode", print=True)
    await host.await_state("Printing")
    with pytest.raises(RuntimeError, match="409"):
        await asyncio.to_thread(client.jog, 10)
    await asyncio.to_thread(client.pause)
    await host.await_state("Paused")
    await asyncio.to_thread(client.pause)
    await asyncio.to_thread(client.toggle)
    await host.await_state("Printing")
    await asyncio.to_thread(client.toggle)
    await host.await_state("Paused")
    await asyncio.to_thread(client.resume)
    await host.await_state("Printing")
    await asyncio.to_thread(client.pause)
    await host.await_state("Paused")
    await asyncio.to_thread(client.restart)
    await host.await_state("Operational", "Cancelling", "Printing")
    await host.await_state("Printing")
    await asyncio.to_thread(client.cancel)
    await host.await_state("Operational")
    with pytest.raises(RuntimeError, match="409"):
        await asyncio.to_thread(client.cancel)
