"""What goes over a push connection, in both of its framings. Pure.

*Raw* (`/sockjs/websocket`): every text is one JSON object, both ways. *SockJS* (`/sockjs/<server>/<session>/...`): the server
sends `o`, then `a[<object>]`, `h` as heartbeat and `c[code,"reason"]` at the end; the client sends `["<text>"]` or `"<text>"`,
the text being JSON again. OctoPrint puts its objects into the array as they are, not as strings, and clients read that.

Source: the SockJS protocol, version 0.3.3; OctoPrint 1.11.8, measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.model.codec import encode_json

OPEN = "o"
HEARTBEAT = "h"

GO_AWAY = (3000, "Go away!")
STILL_OPEN = (2010, "Another connection still open")
"""SockJS' own codes."""

MOST_TEXTS = 32
"""In one array of a client; it sends one, as a rule."""


@dataclass(slots=True, eq=False)
class Message:
    """One message, the same for every client: encoded once, framed once for each framing."""

    raw: str
    _framed: str = field(default="", repr=False)

    @property
    def framed(self) -> str:
        """As SockJS sends it."""
        if not self._framed:
            self._framed = f"a[{self.raw}]"
        return self._framed

    def __len__(self) -> int:
        return len(self.raw)


def message(kind: str, payload: Any) -> Message:
    """`{"<kind>": <payload>}`."""
    return Message(encode_json({kind: payload}).decode())


def close_frame(code: int, reason: str) -> str:
    """The last frame of a SockJS session."""
    return f"c{json.dumps([code, reason], separators=(',', ':'))}"


def objects_in(text: str, *, is_framed: bool) -> Iterator[Mapping[str, Any]]:
    """The JSON objects that a client sent; garbage is passed over, as OctoPrint does. In SockJS' framing an object that stands
    there as it is counts too: octorest sends it so."""
    value = _decoded(text)
    if isinstance(value, dict):
        yield value
    elif is_framed:
        yield from (one for one in map(_decoded, texts_in(value) or ()) if isinstance(one, dict))


def is_sent(text: str) -> bool:
    """Is this what a SockJS client may send?"""
    value = _decoded(text)
    return isinstance(value, dict) or texts_in(value) is not None


def texts_in(value: object) -> list[str] | None:
    """The texts in a decoded frame of a SockJS client; None for what is no frame."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and len(value) <= MOST_TEXTS and all(isinstance(item, str) for item in value):
        return value
    return None


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
