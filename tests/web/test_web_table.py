"""The route table of the house."""

from __future__ import annotations

from hydrogen.web.door import Door
from hydrogen.web.endpoint import routes_of
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints
from hydrogen.websocket.message import message_schemas
from tests.web.conftest import Web

WEBSOCKET_ONLY = {"subscribe"}
INSTEAD = {"status": "/api/system/info", "ping": "/api/system/health", "authenticate": "/api/auth/session"}
"""What a message of the WebSocket is over HTTP; a command is its operation's path."""


async def test_what_can_be_said_over_the_websocket_can_be_said_here(web: Web) -> None:
    house = web.server._house
    paths = {endpoint.path for endpoint in all_endpoints(Door(house.authority, WebSettings(), house.proxies), house)}
    assert set(message_schemas()) == WEBSOCKET_ONLY | set(INSTEAD) | {"command"}
    assert set(INSTEAD.values()) | {"/api/state"} <= paths
    assert {f"/api/operations/{name}" for name in house.registry.names} <= paths


async def test_every_endpoint_is_routed_and_tells_what_it_is_for(web: Web) -> None:
    house = web.server._house
    endpoints = all_endpoints(Door(house.authority, WebSettings(), house.proxies), house)
    assert {route.path for route in routes_of(endpoints)} == {endpoint.path for endpoint in endpoints}
    for endpoint in endpoints:
        assert endpoint.summary
        assert endpoint.description
        assert endpoint.answers
