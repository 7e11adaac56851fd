"""Signed tokens (JWT, RFC 7519): making and proving them. The one door to joserfc; loaded only where somebody uses tokens.

What is refused, whoever signed: any algorithm but those asked for (so `none`, and a public key taken for a shared secret), a
key of another kind than the algorithm's, a `crit` header (RFC 7515 4.1.11: we understand none), claims of a wrong type.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hydrogen.auth.signing_key import RSA_BITS
from hydrogen.errors import AuthFailed

OWN_ALGORITHM = "RS256"

_BASE64_BITS = 6

PublicKey = RSAKey | ECKey | OKPKey

_KINDS: Mapping[str, type[PublicKey]] = {"RS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}

_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, RecursionError)
"""What the library raises for tokens and keys that strangers made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a token must be. leeway_seconds: how far the clocks of signer and host may be apart."""

    algorithms: Collection[str]
    issuer: str
    audience: str | None = None
    leeway_seconds: int = 0


def signing_key(pem: str) -> RSAKey:
    """The key of a PEM text. Raises ValueError."""
    try:
        return RSAKey.import_key(pem)
    except _UNREADABLE as error:
        raise ValueError(f"not an RSA key: {error}") from error


def public_key(jwk: Mapping[str, Any]) -> PublicKey | None:
    """The key of a JWK that a provider publishes; None for one we have no use for, or that is too short to trust."""
    try:
        match jwk.get("kty"):
            case "RSA" if len(str(jwk.get("n"))) * _BASE64_BITS >= RSA_BITS:
                key = RSAKey.import_key(dict(jwk))
                return key if key.raw_value.key_size >= RSA_BITS else None
            case "EC" if jwk.get("crv") == "P-256":
                return ECKey.import_key(dict(jwk))
            case "OKP" if jwk.get("crv") == "Ed25519":
                return OKPKey.import_key(dict(jwk))
            case _:
                return None
    except _UNREADABLE:
        return None


def signed(claims: Mapping[str, Any], *, key: RSAKey, key_id: str) -> str:
    """The claims as a token."""
    header = {"alg": OWN_ALGORITHM, "kid": key_id}
    return jwt.encode(header, dict(claims), key, algorithms=[OWN_ALGORITHM])


def proven_claims(token: str, key: PublicKey, wanted: Wanted, *, now: float) -> dict[str, Any]:
    """The claims of a token that this key has signed and that is good at `now` (Unix seconds). Raises AuthFailed."""
    try:
        with warnings.catch_warnings():
            # RFC 9864 gave EdDSA over Ed25519 a name of its own; providers go on using the old one.
            warnings.simplefilter("ignore", SecurityWarning)
            found = jwt.decode(token, _key_for(key, wanted.algorithms), algorithms=list(wanted.algorithms))
        if "crit" in found.header:
            raise AuthFailed("this token makes demands (crit) that are not understood here")
        _registry(wanted, now).validate(found.claims)
    except _UNREADABLE as error:
        # The library's words may quote the token; its code never does.
        raise AuthFailed(f"this token is not valid ({getattr(error, 'error', 'malformed')})") from None
    return dict(found.claims)


def _key_for(key: PublicKey, algorithms: Collection[str]) -> Callable[[Any], PublicKey]:
    def choose(token: Any) -> PublicKey:
        algorithm = token.headers().get("alg")
        if algorithm not in algorithms or not isinstance(key, _KINDS[algorithm]):
            raise ValueError("the key is not of this algorithm's kind")
        return key

    return choose


def _registry(wanted: Wanted, now: float) -> jwt.JWTClaimsRegistry:
    claims: dict[str, Any] = {
        "iss": {"essential": True, "value": wanted.issuer},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "nbf": {"essential": False},
        "iat": {"essential": False},
    }
    if wanted.audience is not None:
        claims["aud"] = {"essential": True, "value": wanted.audience}
    return jwt.JWTClaimsRegistry(now=int(now), leeway=wanted.leeway_seconds, **claims)
