"""Paths as data: routed in their order, and never two of one name or place."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal
from hydrogen.errors import Forbidden
from hydrogen.web.door import grant_of
from hydrogen.web.endpoint import WEBSOCKET, Endpoint, Good, object_schema, routes_of


async def handle(_request: Request) -> Response:
    """What it
    promises."""
    return Response()


ONE = Endpoint(
    name="thing.show",
    method="GET",
    path="/api/thing",
    handler=handle,
    tag="thing",
    summary="Show it",
    scope="read",
    answers={200: Good(summary="It")},
)


def test_the_docstring_is_the_description() -> None:
    assert ONE.description == "What it promises."


def test_endpoints_become_routes_in_their_order() -> None:
    other = replace(ONE, name="thing.make", method="POST")
    third = replace(ONE, name="thing.list", path="/api/things")
    routes = [(route.path, route.name, route.methods) for route in routes_of([ONE, other, third])]
    assert routes == [
        ("/api/thing", "thing.show+thing.make", {"GET", "HEAD", "POST"}),
        ("/api/things", "thing.list", {"GET", "HEAD"}),
    ]


class Door:
    """Lets `reader` in, for the scope `read`."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    async def admit(self, request: Request, scope: str | None = None) -> Grant:
        self.asked.append(scope)
        if scope != "read":
            raise Forbidden("no")
        request.state.grant = Grant(principal=Principal(name="reader"), via="key")
        return grant_of(request)


async def status_of(method: str, *endpoints: Endpoint, door: Door | None = None) -> int:
    sent: list[int] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("status", 0))

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def refuse(_request: Request, _error: Exception) -> Response:
        return Response(status_code=403)

    scope = {
        "type": "http",
        "method": method,
        "path": "/api/thing",
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    await Starlette(routes=routes_of(endpoints, door), exception_handlers={Forbidden: refuse})(scope, receive, send)
    return sent[0]


async def test_callers_are_let_in_before_the_handler_is_called() -> None:
    door, called = Door(), []

    async def note(request: Request) -> Response:
        called.append(grant_of(request).principal.name)
        return Response()

    assert await status_of("GET", replace(ONE, handler=note), door=door) == 200
    assert await status_of("GET", replace(ONE, handler=note, scope="admin"), door=door) == 403
    assert (door.asked, called) == (["read", "admin"], ["reader"])


async def test_an_open_path_asks_nobody_and_a_handler_may_ask_itself() -> None:
    door = Door()
    for endpoint in (replace(ONE, scope=None), replace(ONE, scope="admin", admits_itself=True)):
        assert await status_of("GET", endpoint, door=door) == 200
    assert door.asked == []


async def test_each_method_of_a_path_has_its_handler_and_head_is_gets() -> None:
    async def make(_request: Request) -> Response:
        return Response(status_code=201)

    both = (ONE, replace(ONE, name="thing.make", method="POST", handler=make))
    assert [await status_of(method, *both) for method in ("GET", "HEAD", "POST", "PUT")] == [200, 200, 201, 405]


@pytest.mark.parametrize("twin", [replace(ONE, path="/api/other"), replace(ONE, name="thing.twin")])
def test_twins_are_refused(twin: Endpoint) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        routes_of([ONE, twin])


def test_an_object_schema_requires_all_its_fields() -> None:
    assert object_schema(a="string")["required"] == ["a"]


def test_what_is_upgraded_to_a_websocket_is_routed_beside_the_requests_of_its_path() -> None:
    async def serve(_socket: WebSocket) -> None:
        raise AssertionError

    upgraded = replace(ONE, name="one.socket", method=WEBSOCKET, socket=serve)
    routes = routes_of([ONE, upgraded])
    assert [(type(route), route.path) for route in routes] == [(WebSocketRoute, ONE.path), (Route, ONE.path)]
    with pytest.raises(ValueError, match="twice"):
        routes_of([upgraded, replace(upgraded, name="another")])
