"""Who is at the door. The checks of the handshake, in their fixed order, each with its HTTP status.

::

    path            `/` or `/websocket`, else 404 not_found
    peer            403 forbidden: plain text is for the proxies only
    draining        503 unavailable
    room            503 unavailable (so many connections, so many from one address)
    throttle        429 rate_limited: too many failed logins from this address
    credentials     401 auth_failed
    Origin          403 forbidden: a foreign browser page that presents a credential in the URL
    subprotocol     400 invalid_message: only others than ours are offered

Credentials are the affair of `hydrogen/auth`; nothing of them is ever logged or repeated in an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from websockets.http11 import Request as Handshake

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal
from hydrogen.errors import AuthFailed, Forbidden, HydrogenError, InvalidMessage, NotFound, RateLimited

PATHS = frozenset({"/", "/websocket"})

_STATUSES: MappingProxyType[type[HydrogenError], int] = MappingProxyType(
    {AuthFailed: 401, Forbidden: 403, RateLimited: 429},
)
"""What the authority refuses with, as HTTP statuses; anything else (its files cannot be read) is the house's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A handshake that passed: who it is, and what else the URL asked for (raw texts, not yet checked)."""

    grant: Grant
    since: str | None = None
    topics: str | None = None
    printers: str | None = None

    @property
    def principal(self) -> Principal:
        """Who it was at the door; the connection knows who it is now."""
        return self.grant.principal


class Refusal(Exception):
    """The handshake ends here: an HTTP status and the error object of the body."""

    def __init__(self, status: int, error: HydrogenError, retry_after_seconds: int | None = None) -> None:
        super().__init__(status, error.code)
        self.status = status
        self.error = error
        self.retry_after_seconds = retry_after_seconds


class Doorkeeper:
    """Decides on handshakes."""

    def __init__(self, *, authority: Authority, subprotocol: str) -> None:
        self._authority = authority
        self._subprotocol = subprotocol

    def check_path(self, handshake: Handshake) -> None:
        """Raises Refusal 404."""
        if handshake.path.partition("?")[0] not in PATHS:
            raise Refusal(404, NotFound("there is no WebSocket here: use / or /websocket"))

    async def admit(self, handshake: Handshake, address: str) -> Visit:
        """Credentials, Origin, subprotocol. address: the client's. Raises Refusal."""
        request = _request_of(handshake, address)
        try:
            grant = await self._authority.admit(request)
        except HydrogenError as error:
            raise Refusal(_STATUSES.get(type(error), 500), error, error.details.get("retry_after_seconds")) from None
        self._check_subprotocol(handshake)
        query = request.query
        return Visit(
            grant=grant,
            since=query.text("since"),
            topics=query.text("topics"),
            printers=query.text("printers"),
        )

    def _check_subprotocol(self, handshake: Handshake) -> None:
        values = handshake.headers.get_all("Sec-WebSocket-Protocol")
        offered = [name.strip() for value in values for name in value.split(",")]
        if offered and self._subprotocol not in offered:
            message = f"none of the offered subprotocols is known; ours is {self._subprotocol}"
            raise Refusal(400, InvalidMessage(message, expected=self._subprotocol))


def _request_of(handshake: Handshake, address: str) -> Request:
    headers = handshake.headers
    return Request(
        address=address,
        query=Query.of(handshake.path.partition("?")[2]),
        authorization=headers.get_all("Authorization"),
        origins=headers.get_all("Origin"),
        hosts=headers.get_all("Host"),
    )
