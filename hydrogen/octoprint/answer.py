"""What goes back in OctoPrint's shape: `{"error": text}`, and the codes that its clients act on.

403 for everybody who is not let in (Home Assistant asks for a key again on 403 only), 409 for a printer that is not
operational, 204 with an empty body for a command that was carried out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.proxy import TrustedProxies
from hydrogen.errors import AuthFailed, DeviceError, FileRejected, HydrogenError, LineRefused, SpoolerLost, Unavailable
from hydrogen.octoprint.face import Face
from hydrogen.web.answer import UnsupportedMedia, json_answer, status_of
from hydrogen.web.door import peer_of


class NotOperational(Unavailable):
    """The printer is not there, so that there is nothing to tell of it and nothing to be done with it."""


STATUSES: Mapping[type[HydrogenError], int] = MappingProxyType(
    {
        AuthFailed: 403,
        UnsupportedMedia: 400,
        FileRejected: 415,
        LineRefused: 400,
        NotOperational: 409,
        Unavailable: 409,
        SpoolerLost: 409,
        DeviceError: 409,
    }
)
"""Where OctoPrint answers otherwise than the rest of the house; by class, or by what it inherits from."""


def status_for(error: HydrogenError) -> int:
    """The status that OctoPrint's clients expect. Unavailable that names a time to wait is an overload: 503; a name that is no
    G-code file's is 415."""
    if error.details.get("reason") == "suffix":
        return 415
    if isinstance(error, Unavailable) and "retry_after_seconds" in error.details:
        return 503
    return next((STATUSES[parent] for parent in type(error).__mro__ if parent in STATUSES), status_of(error))


def refusal(error: HydrogenError) -> Response:
    """`{"error": text}` with the status of its kind."""
    headers = {}
    wait_seconds = error.details.get("retry_after_seconds")
    if isinstance(wait_seconds, int | float):
        headers["Retry-After"] = str(math.ceil(wait_seconds))
    return json_answer({"error": error.message}, status=status_for(error), headers=headers)


def told(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return json_answer(body, status=status, headers=headers)


def done() -> Response:
    """204, with no body and no kind of content: clients take any other 2xx for a failure."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def server_address(request: Request, face: Face, proxies: TrustedProxies) -> str:
    """`http://host:port`, as the client wrote it, with the face's prefix and without a slash at the end.

    A trusted proxy's `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Script-Name` count.
    """
    headers = request.headers
    scheme, host, path = request.url.scheme, headers.get("host") or request.url.netloc, ""
    if proxies.trusts(peer_of(request.scope)):
        scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
        host = headers.get("x-forwarded-host", host).split(",")[0].strip()
        path = headers.get("x-script-name", "").rstrip("/")
    return f"{scheme}://{host}{path}{face.prefix}"
