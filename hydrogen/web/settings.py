"""How the HTTP port is to behave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """port: 0 takes any free one. port_fallback: try the following nine if it is taken. allowed_origins: pages of other hosts
    that may call (CORS). allowed_hosts: names under which pages may call (host_rule.py). requests_per_second and
    requests_burst: of one address; above that 429. max_connections: in all, and max_connections_per_address, bound what
    strangers can hold. head_seconds: for a request's head, and body_seconds for its body, to arrive; idle_seconds: between
    two requests. upload_idle_seconds: how long an upload, or a client that does not read its answer, may stand still; 30 s, a
    weak wireless network comes back within that or not at all. max_body_bytes: of the bodies that are read whole.
    max_message_bytes, ping_seconds, unsent_seconds: of a WebSocket's messages, between two pings and until their
    answer, and for a client that does not read. command_seconds and urgent_seconds: until an operation has answered.
    grace_seconds: for requests in flight at the end.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    port_fallback: bool = True
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    requests_per_second: float = 50.0
    requests_burst: int = 200
    max_connections: int = 256
    max_connections_per_address: int = 64
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    idle_seconds: float = 15.0
    upload_idle_seconds: float = 30.0
    max_body_bytes: int = 65_536
    max_message_bytes: int = 65_536
    ping_seconds: float = 20.0
    unsent_seconds: float = 10.0
    command_seconds: float = 900.0
    urgent_seconds: float = 10.0
    grace_seconds: float = 1.0
