"""octoprint-cli (PyPI), run as its users run it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from hydrogen_simulators.ledger import job_hash
from tests.compat.conftest import Host
from tests.integration.house_process import square_lines

pytest.importorskip("octoprint_cli")


class Cli:
    def __init__(self, host: Host, folder: Path) -> None:
        self._config = folder / "octoprint-cli.ini"
        self._config.write_text(
            f"[server]\nServerAddress = {host.url}\nApiKey = {host.key}\n[preferences]\nUpdateCheck = false\n"
        )

    async def run(self, *arguments: str, code: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-m", "octoprint_cli", "--config", str(self._config), *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        text = said.decode()
        assert process.returncode == code, text
        return text


async def test_it_looks_prints_and_commands(host: Host, tmp_path: Path) -> None:
    cli = Cli(host, tmp_path)
    assert "OctoPrint v1.11.8 - API v0.1" in await cli.run("version")
    lines = square_lines(200)
    file = tmp_path / "cube.gcode"
    file.write_text("\n".join(lines) + "\n")
    assert "File uploaded" in await cli.run("files", "upload", str(file))
    assert "cube.gcode" in await cli.run("files", "list")
    assert "cube.gcode" in await cli.run("files", "info", "cube.gcode")
    await cli.run("print", "select", "cube.gcode")
    await cli.run("print", "start")
    await host.await_state("Operational")
    assert host.printer.ledger.job_hash == job_hash(lines)
    assert "cube.gcode" in await cli.run("print", "status")
    assert "Extruder" in await cli.run("temp", "status")
    await cli.run("temp", "extruder", "180")
    await cli.run("temp", "bed", "40")
    await cli.run("gcode", "M117 hello")
    assert str(host.printer.link) in await cli.run("connection", "status")
    await cli.run("connection", "disconnect")
    await host.await_state("Offline")
    await cli.run("connection", "status")
    await cli.run("connection", "connect")
    await host.await_state("Operational")
