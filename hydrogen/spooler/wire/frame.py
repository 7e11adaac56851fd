"""Frames on the spooler's socket: one JSON object a line, `kind` first, at most 64 KiB both ways.

::

    service → spooler   hello{protocol, version, instance, role}   request{id, request, params}   acknowledge{fact}
    spooler → service   hello{protocol, version, instance, printer, pid}   attached{state}   event{event, fact}
                        reply{id, result | error}   heartbeat{}   log{level, event, fields}   replaced{}   refused{error}

Unknown kinds and unknown fields are ignored by both, so that either side may be the older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hydrogen.errors import InvalidMessage, ProtocolMismatch
from hydrogen.model.codec import decode_json, encode_json

MAX_FRAME_BYTES = 65_536
"""Bytes of one frame, line end included. What is longer is cut by whoever makes it, never by the socket."""

PROTOCOL = "1.0"
"""What we speak, `major.minor`: the minor rises with additions, the major when an older reader would misunderstand."""


class ProtocolVersion(NamedTuple):
    """`major.minor` of a hello."""

    major: int
    minor: int


def protocol_version(text: object) -> ProtocolVersion:
    """Parse `major.minor`; raises ProtocolMismatch for anything else."""
    major, _, minor = str(text).partition(".")
    if not (major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit()):
        raise ProtocolMismatch(f"the other side names no protocol version: {str(text)[:40]!r}", found=str(text)[:40])
    return ProtocolVersion(int(major), int(minor))


def check_service_speaks(spooler: object, *, service: object = PROTOCOL) -> None:
    """A service speaks its own major and the one before; raises ProtocolMismatch otherwise."""
    theirs, ours = protocol_version(spooler), protocol_version(service)
    if theirs.major not in (ours.major, ours.major - 1):
        raise ProtocolMismatch(
            f"the spooler speaks protocol {spooler}, the service {service}: a service understands its own major version"
            " and the one before. Let the print end, then restart both with the same version",
            spooler=str(spooler),
            service=str(service),
        )


def encode_frame(kind: str, body: Mapping[str, Any]) -> bytes:
    """One line. Raises InvalidMessage when it would be longer than MAX_FRAME_BYTES or holds what JSON has not."""
    try:
        data = encode_json({"kind": kind, **body}) + b"\n"
    except (TypeError, ValueError) as error:
        raise InvalidMessage(f"a {kind} frame cannot be encoded: {error}") from None
    if len(data) > MAX_FRAME_BYTES:
        raise InvalidMessage(f"a {kind} frame of {len(data)} bytes is over the limit", limit_bytes=MAX_FRAME_BYTES)
    return data


class FrameReader:
    """Bytes in, frames out; holds at most one unfinished frame."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The frames that `data` completes, in order.

        Raises InvalidMessage for a frame that is too long, no JSON, or no object with a `kind`; after that the stream is
        out of step and must be closed.
        """
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) >= MAX_FRAME_BYTES:
            raise InvalidMessage(f"a frame is longer than {MAX_FRAME_BYTES} bytes", limit_bytes=MAX_FRAME_BYTES)
        return [_frame(line) for line in lines if line]


def _frame(line: bytes) -> dict[str, Any]:
    if len(line) >= MAX_FRAME_BYTES:
        raise InvalidMessage(f"a frame is longer than {MAX_FRAME_BYTES} bytes", limit_bytes=MAX_FRAME_BYTES)
    body = decode_json(line)
    if not isinstance(body, dict) or not isinstance(body.get("kind"), str):
        raise InvalidMessage("a frame must be a JSON object with a string `kind`")
    return body
