"""What goes back over HTTP: JSON, the error object of every surface, and the status that fits it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from hydrogen.errors import (
    AuthFailed,
    Conflict,
    DiskFull,
    FileRejected,
    Forbidden,
    HydrogenError,
    InvalidMessage,
    NotFound,
    RateLimited,
    Replayed,
    TooLarge,
    Unavailable,
)
from hydrogen.model.codec import encode_json

STATUSES: Mapping[type[HydrogenError], int] = MappingProxyType(
    {
        InvalidMessage: 400,
        AuthFailed: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        Replayed: 409,
        RateLimited: 429,
        TooLarge: 413,
        FileRejected: 422,
        Unavailable: 503,
        DiskFull: 507,
    }
)
"""By class; what is not here is the printer's or the host's fault: 500."""

CHALLENGE = 'Key realm="hydrogen", Bearer realm="hydrogen"'


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Never stored by anybody: what is true now is not true later, and some of it is secret."""
    return Response(
        encode_json(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def status_of(error: HydrogenError) -> int:
    """The HTTP status of its kind."""
    return STATUSES.get(type(error), 500)


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
