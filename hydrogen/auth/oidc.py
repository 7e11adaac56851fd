"""Tokens of an OpenID provider: a person signs in there, and is known here by what the provider has signed.

The provider's keys are kept, and asked for again every hour, and when a token names a key that is not known: once in 30 s at
most, whatever names arrive, and by one caller while the others wait. When the provider does not answer, the last good keys
stay: who is signed in, works on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.auth.token_header import key_id_of
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import AuthFailed, Forbidden, Unavailable

if TYPE_CHECKING:
    from hydrogen.auth.signature import PublicKey

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"""Public-key signatures only: what checks a token must not be able to make one."""

LEEWAY_SECONDS = 60
"""How far the clocks of provider and host may be apart."""

REFRESH_SECONDS = 3600.0
COOL_DOWN_SECONDS = 30.0

MOST_KEYS = 32
"""Of a provider; those that rotate have two or three."""

LONGEST_SUBJECT = 255
"""Characters: OpenID Connect Core 1.0, section 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """issuer: exactly as the provider calls itself. audience: what its tokens for us are addressed to. group_claim: the claim
    that lists a person's groups. scopes_of_group: what each group may; default_scopes: what everybody may.
    """

    issuer: str
    audience: str
    group_claim: str = "groups"
    scopes_of_group: Mapping[str, frozenset[str]] = field(default_factory=dict)
    default_scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Keys:
    """named: by `kid`. all: those without a name too."""

    named: Mapping[str, PublicKey] = field(default_factory=dict)
    all: Sequence[PublicKey] = ()


class OidcTokens(Service):
    """Belongs to one event loop."""

    name = "oidc"

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        fetch: Callable[[str], Sequence[Mapping[str, Any]]],
        clock: Clock,
        log: Log,
    ) -> None:
        """fetch: the keys of an issuer, in a thread; raises Unavailable (provider.py)."""
        self._settings = settings
        self._fetch = fetch
        self._clock = clock
        self._log = log
        self._lock = asyncio.Lock()
        self._keys = _Keys()
        self._asked_at: float | None = None

    async def run(self) -> None:
        """Fetch the keys now and every hour; after a failure again when the cool-down is over."""
        while True:
            is_good = await self.refresh()
            await asyncio.sleep(REFRESH_SECONDS if is_good else COOL_DOWN_SECONDS)

    async def grant_for(self, token: str) -> Grant:
        """Who it is. Raises AuthFailed, Forbidden (known there, without rights here)."""
        key_id = key_id_of(token)
        if not self._known(key_id):
            await self._ask_for(key_id)
        keys = self._known(key_id)
        if not keys:
            raise AuthFailed("the key that signed this token is not one of the provider's")
        return self._grant_from(self._claims_of(token, keys))

    async def refresh(self) -> bool:
        """Ask the provider for its keys. False if it does not answer, or has none that can be used: the old ones stay."""
        async with self._lock:
            return await self._ask()

    async def _ask_for(self, key_id: str | None) -> None:
        async with self._lock:
            # Whoever waited for the lock may find what it came for.
            if not self._known(key_id) and self._may_ask():
                await self._ask()

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._clock.monotonic() - self._asked_at >= COOL_DOWN_SECONDS

    async def _ask(self) -> bool:
        self._asked_at = self._clock.monotonic()
        try:
            published = await asyncio.to_thread(self._fetch, self._settings.issuer)
        except Unavailable as error:
            self._log.warning("provider not reached", error=error)
            return False
        keys = await asyncio.to_thread(_keys_from, published)
        if not keys.all:
            self._log.warning("provider has no keys", issuer=self._settings.issuer, published=len(published))
            return False
        self._keys = keys
        self._log.info("provider asked", issuer=self._settings.issuer, usable=len(keys.all))
        return True

    def _known(self, key_id: str | None) -> Sequence[PublicKey]:
        """The keys that may have signed: one by its name; all of them for a token that names none."""
        if key_id is None:
            return self._keys.all
        key = self._keys.named.get(key_id)
        return () if key is None else (key,)

    def _claims_of(self, token: str, keys: Sequence[PublicKey]) -> Mapping[str, Any]:
        from hydrogen.auth.signature import Wanted, proven_claims

        settings = self._settings
        wanted = Wanted(
            algorithms=ALGORITHMS, issuer=settings.issuer, audience=settings.audience, leeway_seconds=LEEWAY_SECONDS
        )
        refusal = AuthFailed("this token is not valid")
        for key in keys:
            try:
                return proven_claims(token, key, wanted, now=self._clock.wall())
            except AuthFailed as error:
                refusal = error
        raise refusal

    def _grant_from(self, claims: Mapping[str, Any]) -> Grant:
        subject = claims["sub"]
        if not (0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
            raise AuthFailed("this token names its person wrongly (sub)")
        if claims.get("token_use", "access") != "access":
            raise AuthFailed("this token is for something else (token_use)")
        scopes = self._scopes_of(claims.get(self._settings.group_claim))
        if not scopes:
            raise Forbidden("this person has no rights here: none of its groups has (auth.oidc_groups)")
        principal = Principal(name=f"oidc:{subject}", scopes=scopes)
        return Grant(principal=principal, expires_at=float(claims["exp"]) + LEEWAY_SECONDS, via="oidc")

    def _scopes_of(self, groups: object) -> frozenset[str]:
        listed = groups if isinstance(groups, list) else groups.split() if isinstance(groups, str) else []
        scopes = self._settings.default_scopes
        for group in listed:
            if isinstance(group, str):
                scopes |= self._settings.scopes_of_group.get(group, frozenset())
        return scopes & SCOPES


def _keys_from(published: Sequence[Mapping[str, Any]]) -> _Keys:
    """In a thread: joserfc is loaded here, and reading keys takes its time."""
    from hydrogen.auth.signature import public_key

    named: dict[str, PublicKey] = {}
    found: list[PublicKey] = []
    for jwk in published:
        if len(found) == MOST_KEYS:
            break
        key = public_key(jwk) if jwk.get("use", "sig") == "sig" else None
        if key is not None:
            found.append(key)
            name = jwk.get("kid")
            if isinstance(name, str):
                named.setdefault(name, key)
    return _Keys(named, found)
