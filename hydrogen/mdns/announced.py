"""What is announced: OctoPrint's record for slicers and Home Assistant, plain HTTP for browsers, and our WebSocket. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

OCTOPRINT = "_octoprint._tcp.local."
HTTP = "_http._tcp.local."
HTTPS = "_https._tcp.local."
HYDROGEN = "_hydrogen._tcp.local."

OCTOPRINT_API = "0.1"
"""The version of the API that OctoPrint tells in its record."""

OCTOPRINT_VERSION = "1.11.8"
"""The OctoPrint whose API is served: `server` of `/api/version`."""

LONGEST_LABEL_BYTES = 63
"""Of one part of a name (RFC 1035, 2.3.4)."""

LONGEST_TEXT_BYTES = 200
"""Of one value; a whole `key=value` must stay under 256 (RFC 6763, 6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPort:
    """A port that listens. addresses: by which other machines reach it; without any it is not announced. port 0: not bound."""

    port: int
    addresses: tuple[str, ...]
    is_tls: bool = False

    @property
    def is_reachable(self) -> bool:
        return self.port > 0 and bool(self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseCard:
    """What the house tells of itself. host: the machine's name, without a domain. uuid: the one of `load_identity`."""

    host: str
    version: str
    uuid: str = ""
    printers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The instance's name for people, at most 63 bytes."""
        return _cut(f"Hydrogen on {self.host}".replace(".", " "), LONGEST_LABEL_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedService:
    """One DNS-SD service: `name` within `kind`, at `port` of `server`, with TXT records."""

    kind: str
    name: str
    port: int
    addresses: tuple[str, ...]
    server: str
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def services_of(card: HouseCard, *, web: BoundPort, websocket: BoundPort) -> Sequence[AnnouncedService]:
    """What other machines may find. Nothing for ports that they do not reach."""
    about = {"version": card.version, "uuid": card.uuid, "name": card.name}
    found: list[AnnouncedService] = []

    def announce(kind: str, port: BoundPort, properties: Mapping[str, str]) -> None:
        if port.is_reachable:
            found.append(
                AnnouncedService(
                    kind=kind,
                    name=card.name,
                    port=port.port,
                    addresses=port.addresses,
                    server=f"{_cut(card.host, LONGEST_LABEL_BYTES)}.local.",
                    properties={key: _cut(value, LONGEST_TEXT_BYTES) for key, value in properties.items() if value},
                )
            )

    model = ", ".join(card.printers)
    announce(OCTOPRINT, web, {"path": "/", "api": OCTOPRINT_API, **about, "version": OCTOPRINT_VERSION, "model": model})
    announce(HTTPS if web.is_tls else HTTP, web, {"path": "/"})
    http_port = str(web.port) if web.is_reachable else ""
    scheme = "wss" if websocket.is_tls else "ws"
    announce(HYDROGEN, websocket, {"path": "/", "scheme": scheme, "http_port": http_port, **about})
    return found


def _cut(text: str, limit: int) -> str:
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
