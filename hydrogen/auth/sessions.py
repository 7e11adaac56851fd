"""Sessions: short-lived tokens of our own, for clients that should not hold a key for long.

A session is a JWT, signed with RS256. It says what it rests on: an API key (then it has that key's rights of the moment, and
ends with it), or a person of a provider (then it carries the rights that the provider's token had). Its `jti` can be revoked.

A signing key is made at the first start (`prepare`), or with the first session if that comes earlier, and replaced after
`rotation_seconds`; an old key goes on proving its sessions until the last of them has ended. joserfc is loaded with the first
token and not before.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.auth.session_store import Revocations, SessionStore, SigningRecord, SigningRecords
from hydrogen.auth.signing_key import new_signing_key, signing_key_made_apart
from hydrogen.auth.token_header import key_id_of
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed, FileUnreadable, Forbidden

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ISSUER = "hydrogen"

MOST_REVOKED = 10_000
"""Ended sessions that are remembered one by one, 300 KB on disk. Beyond that all sessions of before are over at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """life_seconds: of a session. rotation_seconds: how long a key signs."""

    life_seconds: float = 3600.0
    rotation_seconds: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """expires_at: Unix seconds."""

    token: str = field(repr=False)
    expires_at: float


class SessionTokens:
    """Makes, proves and ends sessions. Belongs to one event loop."""

    def __init__(self, store: SessionStore, *, clock: Clock, settings: SessionSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or SessionSettings()
        self._lock = asyncio.Lock()
        self._records: SigningRecords | None = None
        self._revoked = Revocations()
        self._loaded: dict[str, RSAKey] = {}

    # --------------------------------------------------------------------------------------------------------- making

    async def issue(self, grant: Grant) -> Session:
        """A session with the rights of `grant`, ending no later than it.

        Raises Forbidden unless the grant came from a key or a provider's token: a session that could renew itself would
        never end. Raises FileUnreadable, HostError when the signing keys cannot be read or kept.
        """
        if grant.via not in ("key", "oidc"):
            raise Forbidden("a session is given for a key or a provider's token, not for a session or a ticket")
        await asyncio.to_thread(_load_joserfc)
        record = await self._signing_record()
        now = self._clock.wall()
        ends_at = now + self._settings.life_seconds
        if grant.expires_at is not None:
            ends_at = min(ends_at, grant.expires_at)
        claims = {
            "iss": ISSUER,
            "sub": grant.principal.name,
            "jti": f"{int(now):x}.{secrets.token_hex(12)}",
            "iat": int(now),
            "exp": int(ends_at),
            **self._ground_of(grant),
        }
        from hydrogen.auth.signature import signed

        token = signed(claims, key=self._key(record), key_id=record.id)
        return Session(token=token, expires_at=float(int(ends_at)))

    def _ground_of(self, grant: Grant) -> dict[str, Any]:
        if grant.key_id is not None:
            return {"key": self._blurred(grant.key_id)}
        principal = grant.principal
        printers = None if principal.printers is None else sorted(principal.printers)
        return {"scopes": sorted(principal.scopes), "printers": printers}

    # -------------------------------------------------------------------------------------------------------- proving

    async def grant_for(self, token: str, ring: KeyRing) -> Grant | None:
        """Whose session it is; None for a token that none of our keys is said to have signed. Raises AuthFailed.

        ring: the API keys of the moment.
        """
        key_id = key_id_of(token)
        records = await self._read_records()
        record = next((known for known in records.keys if known.id == key_id), None)
        if record is None:
            return None
        await asyncio.to_thread(_load_joserfc)
        from hydrogen.auth.signature import OWN_ALGORITHM, Wanted, proven_claims

        wanted = Wanted(algorithms=(OWN_ALGORITHM,), issuer=ISSUER)
        claims = proven_claims(token, self._key(record), wanted, now=self._clock.wall())
        grant = self._grant_from(claims, ring)
        self.check(grant)
        return grant

    def check(self, grant: Grant) -> None:
        """Raises AuthFailed if the session behind this grant was ended."""
        session_id = grant.session_id
        if session_id is None:
            return
        if session_id in self._revoked.sessions or _made_at(session_id) < self._revoked.all_before_at:
            raise AuthFailed("this session was ended")

    def _grant_from(self, claims: Mapping[str, Any], ring: KeyRing) -> Grant:
        ends_at, session_id = float(claims["exp"]), str(claims["jti"])
        if "key" not in claims:
            scopes, printers = frozenset(claims["scopes"]) & SCOPES, claims["printers"]
            allowed = None if printers is None else frozenset(printers)
            principal = Principal(name=str(claims["sub"]), scopes=scopes, printers=allowed)
            return Grant(principal=principal, session_id=session_id, expires_at=ends_at, via="session")
        for entry in ring.entries:
            if hmac.compare_digest(self._blurred(entry.id), str(claims["key"])):
                return replace(entry.grant, session_id=session_id, expires_at=ends_at, via="session")
        raise AuthFailed("the key behind this session was revoked")

    # --------------------------------------------------------------------------------------------------------- ending

    async def revoke(self, grant: Grant) -> None:
        """End this session now, and for every later life of the service. Raises Forbidden for what is no session."""
        if grant.session_id is None or grant.expires_at is None:
            raise Forbidden("only a session can be ended: show its token (Authorization: Bearer <token>)")
        now = self._clock.wall()
        async with self._lock:
            sessions = {name: end for name, end in self._revoked.sessions.items() if end > now}
            sessions[grant.session_id] = grant.expires_at
            revoked = replace(self._revoked, sessions=sessions)
            if len(sessions) > MOST_REVOKED:
                revoked = Revocations(all_before_at=now)
            self._revoked = revoked
            await asyncio.to_thread(self._store.keep_revocations, revoked)

    # ----------------------------------------------------------------------------------------------------------- keys

    async def prepare(self) -> bool:
        """Have a key that signs, so that the first session need not wait for it; True if one was made now.

        Sessions that begin meanwhile do not wait either: whichever key is there first is kept. Raises HostError.
        """
        await self._read_records()
        if self._signing_now() is not None:
            return False
        pem = await signing_key_made_apart()
        async with self._lock:
            if self._signing_now() is not None:
                return False
            await self._keep_key(pem)
            return True

    async def put_damaged_keys_aside(self) -> FileUnreadable | None:
        """If the signing keys on disk make no sense: begin with new ones. Returns what to tell: all sessions have ended."""
        async with self._lock:
            if self._records is not None:
                return None
            return await asyncio.to_thread(self._store.put_damaged_signing_aside)

    async def _read_records(self) -> SigningRecords:
        async with self._lock:
            if self._records is None:
                self._revoked = await asyncio.to_thread(self._store.revocations)
                self._records = await asyncio.to_thread(self._store.signing)
            return self._records

    async def _signing_record(self) -> SigningRecord:
        """The key that signs now; makes one if there is none or the newest has served its time."""
        await self._read_records()
        async with self._lock:
            return self._signing_now() or await self._keep_key(await asyncio.to_thread(new_signing_key))

    def _signing_now(self) -> SigningRecord | None:
        newest = self._records.keys[0] if self._records is not None and self._records.keys else None
        if newest is None or self._clock.wall() - newest.made_at >= self._settings.rotation_seconds:
            return None
        return newest

    async def _keep_key(self, pem: str) -> SigningRecord:
        """From now on this key signs. Call it with the lock held, behind `_read_records`."""
        assert self._records is not None
        now = self._clock.wall()
        made = SigningRecord(id=f"hydrogen-{secrets.token_hex(4)}", pem=pem, made_at=now)
        keys = (made, *(key for key in self._records.keys if not self._is_spent(key, now)))
        self._records = replace(self._records, keys=keys)
        await asyncio.to_thread(self._store.keep_signing, self._records)
        return made

    def _is_spent(self, key: SigningRecord, now: float) -> bool:
        """Has the last session that it can have signed ended?"""
        return now - key.made_at > self._settings.rotation_seconds + self._settings.life_seconds

    def _key(self, record: SigningRecord) -> RSAKey:
        from hydrogen.auth.signature import signing_key

        key = self._loaded.get(record.id)
        if key is None:
            try:
                key = self._loaded[record.id] = signing_key(record.pem)
            except ValueError as error:
                raise FileUnreadable(f"a signing key of the sessions cannot be read ({error})") from error
        return key

    def _blurred(self, key_id: str) -> str:
        secret = self._records.secret if self._records is not None else ""
        return hmac.new(bytes.fromhex(secret), key_id.encode(), hashlib.sha256).hexdigest()


def _made_at(session_id: str) -> float:
    """The moment of its making stands in front of the id (Unix seconds, hex)."""
    return float(int(session_id.partition(".")[0], 16))


def _load_joserfc() -> None:
    """The first time it takes a tenth of a second and 10 MiB: off the loop, and only for who uses sessions."""
    import hydrogen.auth.signature  # noqa: F401
