"""What the dashboard's page may load and reach: itself, and the WebSocket beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


def security_headers(host: str, websocket_port: int) -> Mapping[str, str]:
    """host: the request's `Host`; one that is none is left out of the policy, and then no other port can be reached.

    Nothing comes from elsewhere, no script or style stands in the page, nobody may frame it, and its address is told to
    nobody. `blob:` is for pictures that were fetched with the session.
    """
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src " + " ".join(["'self'", *_sockets(host, websocket_port)]),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def _sockets(host: str, port: int) -> list[str]:
    found = _HOST.fullmatch(host)
    if found is None:
        return []
    name, shown_port = found.group(1), found.group(2) or ""
    own = [f"{scheme}://{name}{shown_port}" for scheme in ("ws", "wss")]  # Safari does not count these as 'self'
    return own + ([f"{scheme}://{name}:{port}" for scheme in ("ws", "wss")] if port else [])
