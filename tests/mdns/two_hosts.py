"""Two hosts on a cable of their own, as two network namespaces: one announces a house, the other one listens.

    unshare --map-root-user --net python -m tests.mdns.two_hosts DATA_DIR

What the listener hears is told line by line as JSON: the addresses of the house, sorted; null once it has said goodbye.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from hydrogen.mdns import announcer
from hydrogen.mdns.announced import OCTOPRINT, HouseCard
from hydrogen.mdns.announcer import BoundHosts, announcers_of
from hydrogen.system.info import WebSocketFigures
from tests.support.recording_log import RecordingLog

CABLE_IS_MISSING = 77
"""Exit code: no such interfaces can be made here."""

HOUSE, SECOND, LISTENER = "192.0.2.1", "192.0.2.77", "192.0.2.2"
EVERY_SECONDS = 0.1


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, stderr=subprocess.DEVNULL)


async def announce(data_dir: Path) -> int:
    announcer.SETTLE_SECONDS = 0.2
    ip("link", "set", "lo", "up")
    try:
        ip("link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
    except subprocess.CalledProcessError:
        return CABLE_IS_MISSING
    listener = await asyncio.create_subprocess_exec(
        *("unshare", "--net", sys.executable, "-m", "tests.mdns.two_hosts"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert listener.stdin is not None and listener.stdout is not None
    assert await listener.stdout.readline() == b"ready\n"
    ip("link", "set", "lan1", "netns", str(listener.pid))
    listener.stdin.write(b"go\n")
    hosts = BoundHosts(web="0.0.0.0", websocket="0.0.0.0")
    figures = WebSocketFigures(port=5001, web_port=5000)
    (house,) = announcers_of(HouseCard(host="pi", version="1"), hosts, data_dir, figures, RecordingLog())
    running = asyncio.create_task(house.run())
    await asyncio.sleep(EVERY_SECONDS)  # it watches; there is no network yet
    ip("addr", "add", f"{HOUSE}/24", "dev", "lan0")
    ip("link", "set", "lan0", "up")
    for wanted, begin in (([HOUSE], None), ([HOUSE, SECOND], SECOND), ([HOUSE], f"-{SECOND}"), (None, "")):
        if begin == "":
            running.cancel()
            await asyncio.wait({running})
            await house.release()
        elif begin is not None:
            ip("addr", "del" if begin.startswith("-") else "add", f"{begin.lstrip('-')}/24", "dev", "lan0")
        while json.loads(await listener.stdout.readline()) != wanted:
            pass
        print(json.dumps(wanted), flush=True)
    listener.stdin.close()
    return await listener.wait()


async def listen() -> int:
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{LISTENER}/24", "dev", "lan1")
    ip("link", "set", "lan1", "up")
    zeroconf = AsyncZeroconf(interfaces=[LISTENER], ip_version=IPVersion.V4Only)
    names: set[str] = set()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        (names.discard if state_change is ServiceStateChange.Removed else names.add)(name)

    browser = AsyncServiceBrowser(zeroconf.zeroconf, OCTOPRINT, handlers=[heard])
    over = loop.run_in_executor(None, sys.stdin.readline)
    while not over.done():
        told = None
        for name in tuple(names):
            info = await zeroconf.async_get_service_info(OCTOPRINT, name, 500)
            told = told if info is None else sorted(info.parsed_addresses())
        print(json.dumps(told), flush=True)
        await asyncio.sleep(EVERY_SECONDS)
    await browser.async_cancel()
    await zeroconf.async_close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(announce(Path(sys.argv[1])) if len(sys.argv) > 1 else listen()))
