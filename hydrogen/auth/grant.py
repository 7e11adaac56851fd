"""What proven credentials are good for, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hydrogen.auth.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who somebody is, for how long, and by what.

    key_id: the API key at the bottom of it; when that key goes, so does everything that was made from it (tickets,
    sessions, open connections). session_id: the session token it came by. expires_at: Unix seconds, None for never.
    via: what was shown; only a key or a provider's token can be exchanged for something else.
    """

    principal: Principal
    key_id: str | None = None
    session_id: str | None = None
    expires_at: float | None = None
    via: Literal["key", "ticket", "session", "oidc"] = "key"

    def is_over(self, wall: float) -> bool:
        """Has it expired at this moment (Unix seconds)?"""
        return self.expires_at is not None and wall >= self.expires_at
