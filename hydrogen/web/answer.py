"""What goes back over HTTP: JSON, the error object of every surface, and the status that fits it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import (
    AuthFailed,
    ClientError,
    Conflict,
    DiskFull,
    Forbidden,
    HydrogenError,
    InvalidMessage,
    NotFound,
    RateLimited,
    Replayed,
    Unavailable,
)
from hydrogen.errors import TooLarge as TooLarge
from hydrogen.model.codec import encode_json


class UnsupportedMedia(InvalidMessage):
    """The body is of a kind that is not taken here; `details` has `expected`."""


class AnotherVersion(Conflict):
    """What is there is not what `If-Match` names."""


STATUSES: Mapping[type[HydrogenError], int] = MappingProxyType(
    {
        ClientError: 400,
        TooLarge: 413,
        UnsupportedMedia: 415,
        AnotherVersion: 412,
        AuthFailed: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        Replayed: 409,
        RateLimited: 429,
        Unavailable: 503,
        DiskFull: 507,
    }
)
"""By class, of an error or of what it inherits from; what is not here is the printer's or the host's fault: 500."""

CHALLENGE = 'Key realm="hydrogen", Bearer realm="hydrogen"'


def status_of(error: HydrogenError | type[HydrogenError]) -> int:
    """The HTTP status of an error, or of a class of them."""
    kind = error if isinstance(error, type) else type(error)
    return next((STATUSES[parent] for parent in kind.__mro__ if parent in STATUSES), 500)


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Never stored by anybody: what is true now is not true later, and some of it is secret."""
    return Response(
        encode_json(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def error_answer(error: HydrogenError, *, status: int | None = None) -> Response:
    """`{"error":{"code","message","details"}}` with the status of its kind."""
    code = status or status_of(error)
    headers = {}
    if code == 401:
        headers["WWW-Authenticate"] = CHALLENGE
    wait_seconds = error.details.get("retry_after_seconds")
    if isinstance(wait_seconds, int | float):
        headers["Retry-After"] = str(math.ceil(wait_seconds))
    return json_answer({"error": error.as_wire()}, status=code, headers=headers)


def document_answer(
    request: Request, content: bytes, *, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A document that changes seldom: with an ETag, and 304 for who has it already. Kept by nobody but the caller."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    told = {"ETag": tag, "Cache-Control": "private, no-cache", **(headers or {})}
    if is_known_to(request, tag):
        return Response(status_code=304, headers=told)
    return Response(content, media_type=media_type, headers=told)


def is_known_to(request: Request, tag: str) -> bool:
    """Does `If-None-Match` name this ETag (weakly, RFC 9110 13.1.2)?"""
    given = [part.strip() for value in request.headers.getlist("if-none-match") for part in value.split(",")]
    return "*" in given or tag.removeprefix("W/") in (part.removeprefix("W/") for part in given)
