"""Which addresses are called from here at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from hydrogen.auth.proxy import is_loopback


def is_fetchable(url: str) -> bool:
    """Is this an address we call: https, or http to this machine, without a user's name in it?"""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return is_safe and bool(host) and "@" not in parts.netloc
