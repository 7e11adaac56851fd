"""What all connections share: the settings, the collaborators, and the frames that are encoded once for many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.model.codec import encode_json
from hydrogen.operations.view import plain_state, printers_seen_by
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.websocket.audience import Audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketSettings:
    """How the WebSocket is to behave. What can be configured has the names and defaults of `[websocket]`, explained there.

    commands_in_flight: of one connection. drain_seconds and grace_seconds: how long the shutdown waits for commands in
    flight, and for a client to answer the close frame; together below the 2 s of the phase.
    """

    host: str = "127.0.0.1"
    port: int = 5001
    port_fallback: bool = True
    subprotocol: str = "hydrogen-protocol"
    max_message_bytes: int = 65_536
    status_interval_seconds: float = 1.0
    max_connections: int = 512
    max_connections_per_address: int = 64
    max_handshakes: int = 128
    max_handshakes_per_address: int = 32
    handshakes_per_second: float = 20.0
    handshakes_burst: int = 60
    handshake_timeout_seconds: float = 10.0
    ping_interval_seconds: float = 20.0
    ping_timeout_seconds: float = 20.0
    max_unsent_bytes: int = 1_048_576
    max_unsent_seconds: float = 10.0
    messages_per_second: float = 1000.0
    messages_burst: int = 2000
    questions_per_second: float = 200.0
    questions_burst: int = 200
    subscriptions_per_second: float = 5.0
    subscriptions_burst: int = 20
    invalid_messages: int = 100
    invalid_window_seconds: float = 10.0
    allowed_hosts: tuple[str, ...] = ()
    commands_in_flight: int = 32
    command_timeout_seconds: float = 900.0
    urgent_timeout_seconds: float = 10.0
    drain_seconds: float = 0.5
    grace_seconds: float = 1.0


class ServerContext:
    """Shared by all connections of one server; belongs to one event loop."""

    def __init__(
        self,
        settings: WebSocketSettings,
        *,
        house: Context,
        status: StatusBuilder,
        figures: WebSocketFigures,
        clock: Clock,
        log: Log,
    ) -> None:
        self.settings = settings
        self.house = house
        self.figures = figures
        self.clock = clock
        self.log = log
        self.audiences = Audiences()
        self._status = status
        self._snapshots: dict[frozenset[str] | None, tuple[bytes, int]] = {}

    def status_frame(self, principal: Principal, message_id: str | None = None) -> bytes:
        """The status of this moment; the long part only for the scope `admin`."""
        frame: dict[str, Any] = {"type": "status"}
        if message_id is not None:
            frame["id"] = message_id
        return encode_json(frame | self._status.build(is_long=principal.may("admin")))

    def snapshot_frame(self, principal: Principal) -> tuple[bytes, int]:
        """The state of this moment as far as the caller may see it, and its seq. Encoded once per seq and set of rights."""
        snapshot = self.house.snapshot()
        seen = printers_seen_by(principal)
        cached = self._snapshots.get(seen)
        if cached is not None and cached[1] == snapshot.seq:
            return cached
        frame = {
            "type": "snapshot",
            "epoch": snapshot.epoch,
            "seq": snapshot.seq,
            "state": plain_state(seen, snapshot.state),
        }
        made = (encode_json(frame), snapshot.seq)
        self._snapshots = {rights: kept for rights, kept in self._snapshots.items() if kept[1] == snapshot.seq}
        self._snapshots[seen] = made
        return made


def error_frame(error: Mapping[str, Any], message_id: str | None = None) -> bytes:
    """`{"type":"error","id":…,"error":{code,message,details}}`; without an id if none was readable."""
    body: dict[str, Any] = {"type": "error"}
    if message_id is not None:
        body["id"] = message_id
    return encode_json(body | {"error": error})
