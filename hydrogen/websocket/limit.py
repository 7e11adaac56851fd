"""How often a client may ask. What makes a printer safe is never limited, and commands have their limit in the registry.

Three limits, each answered with `rate_limited` and the time to wait; the connection stays open. All messages: of one
principal, and of one address. Questions (`status`, `ping`): of one connection. Subscribing: of one connection, because with
`since` a small message asks for a large answer.
"""

from __future__ import annotations

from hydrogen.auth.rate_limit import Rate, RateLimit, check_tokens
from hydrogen.core.clock import Clock
from hydrogen.websocket.connection import ClientConnection
from hydrogen.websocket.context import WebSocketSettings
from hydrogen.websocket.message import Message, Ping, StatusRequest, Subscribe


class MessageLimit:
    """One for all connections of a server."""

    def __init__(self, settings: WebSocketSettings, *, clock: Clock) -> None:
        messages = Rate(per_second=settings.messages_per_second, burst=settings.messages_burst)
        self._clock = clock
        self._of_principal = RateLimit("messages", messages, clock=clock)
        self._of_address = RateLimit("messages", messages, clock=clock)

    def check(self, connection: ClientConnection, message: Message) -> None:
        """Count a message that is not urgent. Raises RateLimited."""
        self._of_principal.take(connection.principal.name)
        self._of_address.take(connection.socket.address)
        now = self._clock.monotonic()
        if isinstance(message, StatusRequest | Ping):
            check_tokens("questions", connection.questions, now)
        elif isinstance(message, Subscribe):
            check_tokens("subscriptions", connection.subscriptions, now)
