"""Clients from npm, as they come: @jamesgopsill/octoprint-client and octo-client for the requests, sockjs-client for push.

Their packages are installed with `npm ci` into pytest's cache, by the lock file in `tests/compat/npm`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.ledger import job_hash
from tests.compat.conftest import Host
from tests.integration.house_process import square_lines

FOLDER = Path(__file__).parent / "npm"
INSTALL_SECONDS = 55
PRINT_SECONDS = 50

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None, reason="there is no node with npm here"
)


@pytest.fixture(scope="session")
def packages(request: pytest.FixtureRequest) -> Path:
    """A folder with the script and its packages; made once for a lock file."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    folder = Path(request.config.cache.mkdir("npm")) / hashlib.sha256(lock).hexdigest()[:16]  # type: ignore[union-attr]
    folder.mkdir(exist_ok=True)
    for file in FOLDER.iterdir():
        shutil.copy(file, folder)
    if not (folder / "installed").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, check=True, timeout=INSTALL_SECONDS)
        (folder / "installed").touch()
    return folder


@pytest.mark.parametrize("transport", ["websocket", "xhr-streaming", "xhr-polling"])
async def test_a_print_is_begun_and_followed_to_its_end(
    packages: Path, host: Host, tmp_path: Path, transport: str
) -> None:
    lines = square_lines(40)
    file = tmp_path / "cube.gcode"
    file.write_text("\n".join(lines) + "\n")
    seen = await run(packages, host, file, transport)
    assert seen["version"].startswith("OctoPrint ") and seen["printerState"] == "Operational"
    assert seen["transport"] == transport
    assert seen["first"] == "connected" and seen["kinds"][:2] == ["connected", "history"]
    for event in ("Upload", "UpdatedFiles", "PrintStarted", "PrintDone", "PrinterStateChanged"):
        assert event in seen["events"], event
    assert seen["events"].index("PrintStarted") < seen["events"].index("PrintDone")
    assert seen["done"]["name"] == "cube.gcode" and seen["done"]["origin"] == "local"
    assert seen["files"] == ["cube.gcode"] and 0 < seen["longest"] < 4096
    assert host.printer.ledger.job_hash == job_hash(lines)


async def run(packages: Path, host: Host, file: Path, transport: str) -> dict[str, Any]:
    """What the script saw."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(packages / "print.mjs"),
        host.url,
        host.key,
        str(file),
        transport,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PRINT_SECONDS):
            out, error = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, error.decode()
    return dict(json.loads(out.decode().splitlines()[-1]))
