"""Push, put together for a house: the feed, its clients, their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.octoprint.door import FaceDoor
from hydrogen.octoprint.lore import FileLore
from hydrogen.octoprint.push.client import Greeting, PushClient
from hydrogen.octoprint.push.feed import Feed, Sources
from hydrogen.octoprint.push.routes import push_endpoints
from hydrogen.octoprint.push.websocket import PushSockets
from hydrogen.octoprint.push.xhr import XhrRoutes
from hydrogen.octoprint.push.xhr_session import XhrSessions
from hydrogen.octoprint.translate import history_body
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.house import WebHouse
from hydrogen.web.system import OCTOPRINT_VERSION

READER = Principal(name="octoprint push", scopes=frozenset({"read"}))
"""Who asks for the temperatures that all clients of a printer share; who may hear of it is looked at before."""


def push_of(house: WebHouse, door: FaceDoor, lore: FileLore) -> list[Endpoint]:
    """Every path of push."""

    async def temperatures(printer: str) -> Sequence[Mapping[str, Any]]:
        told = await house.registry.execute(READER, "temperature.history", printer, {}, source=READER.name)
        return history_body(told["heaters"])

    feed = Feed(
        door.faces,
        bus=house.bus,
        authority=house.authority,
        terminal=house.terminal,
        sources=Sources(facts=lore.facts, temperatures=temperatures, report=house.report),
        clock=house.clock,
    )
    greeting = Greeting(version=OCTOPRINT_VERSION, display_version=f"{OCTOPRINT_VERSION} (Hydrogen {house.version})")

    def make_client(printer: str | None, is_framed: bool) -> PushClient:
        return PushClient(
            printer, rooms=feed, sessions=door.sessions, greeting=greeting, is_framed=is_framed, clock=house.clock
        )

    return push_endpoints(PushSockets(make_client), XhrRoutes(XhrSessions(make_client), door.web))
