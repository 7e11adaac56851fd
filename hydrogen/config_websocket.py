"""The table `[websocket]`: the door, and how much may come through it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hydrogen.config_section import PortNumber, Section, Texts


class WebSocketSection(Section):
    """The WebSocket, the one door for live data."""

    host: str = Field(
        default="0.0.0.0",  # noqa: S104
        description="Address to bind. All addresses by default, because a printer host is used from other machines; "
        "without a key that somebody chose, and in production without `[tls]`, only loopback is bound.",
    )
    port: PortNumber = Field(
        default=5001,
        description="TCP port; 0 takes any free one. 5001 is what clients of Hydrogen try first.",
    )
    port_fallback: bool = Field(
        default=True,
        description="If the port is taken, try the next ones, ten in all. On by default, so that a second service starts "
        "beside the first; the bound port is in the log and in `hydrogen.json`.",
    )
    status_interval_seconds: Annotated[float, Field(ge=0.1, le=60)] = Field(
        default=1.0,
        description="Seconds between two status frames to every client. One, as in the original server's configuration.",
    )
    max_message_bytes: Annotated[int, Field(ge=1024, le=2**30)] = Field(
        default=65_536,
        description="The longest message a client may send, in bytes, summed over its fragments; a longer one is closed "
        "with 1009. Commands are far smaller; the limit bounds what a stranger can make the service hold.",
    )
    max_connections: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=512,
        description="Clients at the same time; above that the handshake is answered with 503. Bounds memory.",
    )
    max_connections_per_address: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=64,
        description="Clients at the same time from one address, so that one that reconnects in a loop cannot use up the "
        "rest.",
    )
    allowed_origins: Texts = Field(
        default=(),
        description="Web pages of other hosts that may connect with a key in the URL, as browsers name them "
        "(`https://farm.example`). Empty by default: a page that somebody opens elsewhere must not reach the printer.",
    )
    max_handshakes: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=128,
        description="TCP connections at the same time whose handshake is not finished; further ones are cut off at once. "
        "Bounds what strangers can hold who only open connections.",
    )
    max_handshakes_per_address: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=32,
        description="The same from one address; a browser opens six at most.",
    )
    handshakes_per_second: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=20.0,
        description="Handshakes per second from one address, in the long run; above that 503 with a random `Retry-After` "
        "of 1 to 5 s, so that those who were cut off together do not come back together.",
    )
    handshakes_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=60,
        description="Handshakes from one address at once; about as many as one address may have clients (64).",
    )
    handshake_timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=10.0,
        description="Seconds from the TCP connection to the end of the handshake; then it is cut off. A request that "
        "comes byte by byte holds a place no longer than this.",
    )
    ping_interval_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=20.0,
        description="Seconds between two pings to a client. A client may be silent for as long as it likes, but not its "
        "machine.",
    )
    ping_timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=20.0,
        description="Seconds that a client may take to answer a ping; then it is closed with 1011. With the interval, "
        "the longest time that a client whose cable was pulled holds a place.",
    )
    max_unsent_bytes: Annotated[int, Field(ge=131_072, le=2**30)] = Field(
        default=1_048_576,
        description="Bytes that may wait for a client that reads too slowly; more, and it is closed with 1013. Samples "
        "merge while they wait, so that this is some thousand facts.",
    )
    max_unsent_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0,
        description="Seconds that the oldest of them may wait; then the same. What is older is worth less than a fresh "
        "snapshot.",
    )
    messages_per_second: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=1000.0,
        description="Messages per second of one principal, and of one address, whatever they ask; above that "
        "`rate_limited`. Emergency stop and cool-down are not counted, here and below.",
    )
    messages_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=2000,
        description="The same at once.",
    )
    commands_per_second: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=30.0,
        description="Commands per second of one principal, over all its connections; above that `rate_limited`. Faster "
        "than a person, slower than a loop that ran away.",
    )
    commands_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=60,
        description="Commands of one principal at once.",
    )
    commands_in_flight: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=32,
        description="Commands of one connection that have no answer yet; above that `rate_limited`. Some wait for the "
        "printer for minutes.",
    )
    issued_at_window_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=30.0,
        description="Seconds that a command's `issued_at` may differ from our clock; outside it is refused as `replayed`, "
        "unless our clock is not synchronised. Clocks of phones are some seconds off, commands are under way for less than "
        "one.",
    )
    questions_per_second: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=200.0,
        description="`status` and `ping` messages per second of one connection; above that `rate_limited`.",
    )
    questions_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=200,
        description="The same at once.",
    )
    subscriptions_per_second: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=5.0,
        description="`subscribe` messages per second of one connection; above that `rate_limited`. With `since` a small "
        "message asks for a large answer.",
    )
    subscriptions_burst: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=20,
        description="The same at once.",
    )
    invalid_messages: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100,
        description="Invalid messages of one connection within `invalid_window_seconds`; then it is closed with 1008. A "
        "client with a defect is answered, a flood of nonsense is not.",
    )
    invalid_window_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0,
        description="Seconds, see above.",
    )
    allowed_hosts: Texts = Field(
        default=(),
        description="Names of the public DNS by which web pages may call this host (`printer.example.com`), besides "
        "addresses, names without dots and names of the local network (`.local`, `.lan`, `.home.arpa`, `.internal`, "
        "`.home`, `.localdomain`). Empty by default: a foreign page could let its own name point here. Programs may call "
        "by any name.",
    )
