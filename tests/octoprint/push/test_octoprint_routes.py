"""The paths of push: at the root and below each printer, open to strangers, in no document."""

from __future__ import annotations

from hydrogen.octoprint.push.routes import push_endpoints
from hydrogen.octoprint.push.websocket import PushSockets
from hydrogen.octoprint.push.xhr import XhrRoutes
from hydrogen.octoprint.push.xhr_session import XhrSessions
from hydrogen.web.endpoint import WEBSOCKET, routes_of


def test_every_path_is_there_twice() -> None:
    def nobody(_printer: str | None, _is_framed: bool) -> object:
        raise AssertionError

    sockets = PushSockets(nobody)  # type: ignore[arg-type]
    endpoints = push_endpoints(sockets, XhrRoutes(XhrSessions(nobody), None))  # type: ignore[arg-type]
    paths = {(one.method, one.path) for one in endpoints}
    for path in ("/sockjs/websocket", "/sockjs/{server}/{session}/websocket"):
        assert {(WEBSOCKET, path), (WEBSOCKET, f"/printers/{{printer}}{path}")} <= paths
    assert ("GET", "/sockjs/info") in paths and ("POST", "/sockjs/{server}/{session}/xhr_streaming") in paths
    assert len(paths) == len(endpoints) == len(routes_of(endpoints)) == 16
    assert all(one.scope is None and not one.is_documented for one in endpoints)
