"""The feed without a port: built once for all, nothing running while nobody is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hydrogen.auth.authority import Authority
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.model.events import (
    FileAdded,
    PrinterPositionReported,
    PrinterStateChanged,
    TemperatureMeasured,
)
from hydrogen.model.job import JobState
from hydrogen.model.printer import Position, PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.octoprint.face import Face, Faces
from hydrogen.octoprint.push.client import Greeting, PushClient
from hydrogen.octoprint.push.feed import Feed, Sources
from hydrogen.octoprint.sessions import FaceSessions
from hydrogen.octoprint.translate import FileFacts

BOB = Principal(name="bob")


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.bus = Bus(lambda name, error: None)
        printers = {
            "a": PrinterState(status=PrinterStatus.PRINTING, job=JobState(id="j", file="x.gcode")),
            "b": PrinterState(status=PrinterStatus.IDLE),
        }
        self.context = Context(epoch="e", initial=State(printers=MappingProxyType(printers)), bus=self.bus)
        self.authority = Authority(KeyRing(), clock=self.clock)
        self.sessions = FaceSessions(self.authority, self.clock)
        self.wanted: frozenset[str] | None = None
        self.histories = 0
        self.faces = Faces(self.context)
        self.feed = Feed(
            self.faces,
            bus=self.bus,
            authority=self.authority,
            terminal=self,
            sources=Sources(facts=self.facts, temperatures=self.temperatures, report=lambda name, error: None),
            clock=self.clock,
        )

    def want(self, printers: frozenset[str], *, by: str) -> None:
        self.wanted = printers

    async def facts(self, path: str, printer: str) -> FileFacts | None:
        return FileFacts(path=path, size_bytes=7)

    async def temperatures(self, printer: str) -> Sequence[Mapping[str, Any]]:
        self.histories += 1
        return [{"time": 1}]

    async def client(self, printer: str | None = None) -> PushClient:
        made = PushClient(
            printer,
            rooms=self.feed,
            sessions=self.sessions,
            greeting=Greeting(version="1"),
            is_framed=False,
            clock=self.clock,
        )
        session = self.sessions.begin(Grant(principal=BOB))
        await made.receive(json.dumps({"auth": f"bob:{session.id}"}))
        return made

    def heat(self, celsius: float, printer: str = "a") -> None:
        self.context.publish(
            TemperatureMeasured(at=self.clock.wall(), printer=printer, heater="bed", actual_celsius=celsius)
        )


def told(client: PushClient) -> list[dict[str, Any]]:
    return [json.loads(message.raw) for message in client.outbox.take_now()]


async def test_clients_share_what_is_built_and_the_history() -> None:
    bench = Bench()
    first, second, root = await bench.client("a"), await bench.client("a"), await bench.client()
    assert bench.histories == 1
    for client in (first, second, root):
        ((kind, body),) = told(client)[0].items()
        assert (kind, body["job"]["file"]["size"], body["temps"]) == ("history", 7, [{"time": 1}])
    bench.heat(60.0)
    bench.feed.tick()
    messages = [client.outbox.take_now() for client in (first, second, root)]
    assert len(messages[0]) == 1 and messages[0][0] is messages[1][0] is messages[2][0]
    for client in (first, second, root):
        client.close()
    assert bench.feed.clients == 0


async def test_a_printer_of_which_nothing_is_new_is_not_told_of() -> None:
    bench = Bench()
    client, other = await bench.client("a"), await bench.client("b")
    told(client), told(other)
    bench.feed.tick()
    bench.heat(20.0, "b")
    bench.feed.tick()
    bench.feed.tick()
    assert told(client) == [] and len(told(other)) == 1
    client.close()
    other.close()


async def test_a_client_that_does_not_read_keeps_one_state_only() -> None:
    bench = Bench()
    client = await bench.client("a")
    told(client)
    for number in range(50):
        bench.heat(float(number))
        bench.feed.tick()
    (only,) = told(client)
    assert only["current"]["temps"][-1]["bed"]["actual"] == 49.0
    client.close()


async def test_events_go_to_the_printers_clients_and_the_houses_to_all() -> None:
    bench = Bench()
    client, other = await bench.client("a"), await bench.client("b")
    told(client), told(other)
    bench.context.publish(PrinterStateChanged(at=1.0, printer="b", status=PrinterStatus.PAUSED))
    assert told(client) == [] and told(other)[0]["event"]["type"] == "PrinterStateChanged"
    bench.context.publish(FileAdded(at=1.0, path="y.gcode", size_bytes=1, modified_at=1.0))
    assert [message["event"]["type"] for message in told(client)] == ["Upload", "FileAdded", "UpdatedFiles"]
    assert len(told(other)) == 3
    client.close()
    other.close()


async def test_while_it_prints_only_the_height_is_an_event() -> None:
    bench = Bench()
    client = await bench.client("a")
    told(client)
    bench.context.publish(PrinterPositionReported(at=1.0, printer="a", position=Position(x_mm=1.0, z_mm=0.2)))
    bench.context.publish(PrinterPositionReported(at=1.0, printer="a", position=Position(x_mm=2.0, z_mm=0.2)))
    assert [message["event"]["type"] for message in told(client)] == ["ZChange"]
    client.close()


async def test_nothing_listens_and_nothing_ticks_while_nobody_is_there() -> None:
    bench = Bench()
    before = len(bench.bus._registrations)
    client = await bench.client("a")
    assert len(bench.bus._registrations) == before + 1 and bench.feed._ticker is not None
    client.close()
    client.close()
    assert len(bench.bus._registrations) == before and bench.feed._ticker is None
    assert bench.wanted == frozenset()


async def test_a_file_that_a_client_selects_is_an_event() -> None:
    bench = Bench()
    client = await bench.client("b")
    told(client)
    face = Face(printer="b")
    for path, name in (("x/y.gcode", "FileSelected"), (None, "FileDeselected")):
        bench.faces.select(face, path)
        await bench.feed.look()
        (event, current) = told(client)
        assert event["event"]["type"] == name and current["current"]["job"]["file"]["path"] == path
        assert event["event"]["payload"].get("path") == path
    client.close()
