"""The service: announced when the ports are bound, anew when something changed, goodbye at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hydrogen.mdns import announcer
from hydrogen.mdns.announced import AnnouncedService, HouseCard
from hydrogen.mdns.announcer import Announcer, BoundHosts, announcers_of
from hydrogen.system.identity import load_identity
from hydrogen.system.info import WebSocketFigures
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

CARD = HouseCard(host="pi", version="1", uuid="u")


def service(port: int) -> AnnouncedService:
    return AnnouncedService(kind="_x._tcp.local.", name="x", port=port, addresses=("192.0.2.7",), server="x.local.")


class ListeningSpeaker:
    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.announced: list[list[AnnouncedService]] = []
        self.is_closed = False

    async def announce(self, services: Sequence[AnnouncedService]) -> Sequence[str]:
        if self.failures:
            self.failures -= 1
            raise OSError("no network")
        self.announced.append(list(services))
        return [one.name for one in services]

    async def close(self) -> None:
        self.is_closed = True


@asynccontextmanager
async def announcing(speaker: ListeningSpeaker, services: list[AnnouncedService]) -> AsyncIterator[Announcer]:
    made = Announcer(lambda: tuple(services), make_speaker=lambda: speaker, log=RecordingLog())
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.wait({running})
    await made.release()
    await made.release()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcer, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(announcer, "RETRY_SECONDS", 0.02)


async def test_what_changes_is_announced_anew_and_what_does_not_is_not() -> None:
    speaker, services = ListeningSpeaker(), [service(1)]
    async with announcing(speaker, services) as made:
        await wait_until(lambda: speaker.announced == [[service(1)]])
        made.review()
        services[:] = [service(2)]
        made.review()
        await wait_until(lambda: speaker.announced[-1] == [service(2)])
        assert len(speaker.announced) == 2 and not speaker.is_closed
    assert speaker.is_closed


async def test_a_network_that_is_not_there_is_tried_again() -> None:
    speaker = ListeningSpeaker(failures=2)
    async with announcing(speaker, [service(1)]):
        await wait_until(lambda: speaker.announced == [[service(1)]])


async def test_a_house_without_a_network_loads_nothing() -> None:
    speaker = ListeningSpeaker()
    asked: list[int] = []

    def services() -> tuple[AnnouncedService, ...]:
        asked.append(1)
        return ()

    made = Announcer(services, make_speaker=lambda: speaker, log=RecordingLog())
    running = asyncio.create_task(made.run())
    await wait_until(lambda: len(asked) == 1)
    made.review()
    await wait_until(lambda: len(asked) == 2)
    running.cancel()
    await asyncio.wait({running})
    await made.release()
    assert speaker.announced == [] and not speaker.is_closed


@pytest.mark.parametrize(
    ("web", "websocket", "count"),
    [("127.0.0.1", "127.0.0.1", 0), (None, "localhost", 0), ("0.0.0.0", "127.0.0.1", 1), (None, "0.0.0.0", 1)],
)
def test_on_loopback_there_is_no_announcer(tmp_path: Path, web: str | None, websocket: str, count: int) -> None:
    hosts = BoundHosts(web=web, websocket=websocket)
    assert len(announcers_of(CARD, hosts, tmp_path, WebSocketFigures(), RecordingLog())) == count


async def test_the_bound_ports_and_the_houses_uuid_are_announced(tmp_path: Path) -> None:
    figures = WebSocketFigures(port=5002, web_port=5003)
    hosts = BoundHosts(web="192.0.2.7", websocket="192.0.2.7")
    (made,) = announcers_of(CARD, hosts, tmp_path, figures, RecordingLog())
    octoprint, _, ours = made._services()
    assert (octoprint.port, ours.port) == (5003, 5002)
    assert octoprint.properties["uuid"] == load_identity(tmp_path) == ours.properties["uuid"]
