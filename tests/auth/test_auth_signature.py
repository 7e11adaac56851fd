"""Tokens that are what they say, and the known attacks on those that are not."""

from __future__ import annotations

import base64
import json
import warnings
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from hydrogen.auth.signature import Wanted, proven_claims, public_key, signed, signing_key
from hydrogen.auth.signing_key import new_signing_key
from hydrogen.errors import AuthFailed
from tests.support.issuer import part_of_token, signed_by_hand, signed_with_secret

NOW = 1_800_000_000.0
KEY = signing_key(new_signing_key())
PUBLIC = KEY.as_dict(private=False)
CLAIMS: dict[str, Any] = {"iss": "us", "sub": "anna", "exp": int(NOW) + 60}
WANTED = Wanted(algorithms=("RS256",), issuer="us")
ALL = Wanted(algorithms=("RS256", "ES256", "EdDSA"), issuer="us", audience="hydrogen", leeway_seconds=60)


def refused(token: str, wanted: Wanted = WANTED, key: Any = KEY) -> str:
    with pytest.raises(AuthFailed) as caught:
        proven_claims(token, key, wanted, now=NOW)
    assert len(token) < 8 or token not in caught.value.message
    return caught.value.message


def test_what_was_signed_is_proven() -> None:
    assert proven_claims(signed(CLAIMS, key=KEY, key_id="a"), KEY, WANTED, now=NOW) == CLAIMS
    published = public_key(PUBLIC)
    assert published is not None
    assert proven_claims(signed(CLAIMS, key=KEY, key_id="a"), published, WANTED, now=NOW) == CLAIMS


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", ECKey.generate_key("P-256", private=True)), ("EdDSA", OKPKey.generate_key("Ed25519", private=True))],
)
def test_the_other_two_algorithms_are_proven_where_they_are_wanted(algorithm: str, key: Any) -> None:
    claims = {**CLAIMS, "aud": ["other", "hydrogen"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        token = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
    published = public_key(key.as_dict(private=False))
    assert published is not None
    assert proven_claims(token, published, ALL, now=NOW)["sub"] == "anna"
    refused(token, key=published)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_an_unsigned_token_is_refused(algorithm: str) -> None:
    refused(f"{part_of_token({'alg': algorithm})}.{part_of_token(CLAIMS)}.")


@pytest.mark.parametrize("secret", [KEY.as_pem(private=False), json.dumps(PUBLIC).encode()])
def test_a_public_key_taken_for_a_shared_secret_is_refused(secret: bytes) -> None:
    token = signed_with_secret({"alg": "HS256"}, CLAIMS, secret)
    refused(token)
    refused(token, ALL)


def test_a_key_of_another_kind_than_the_algorithm_is_refused() -> None:
    refused(signed(CLAIMS, key=KEY, key_id="a"), ALL, ECKey.generate_key("P-256"))


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = RSAKey.generate_key(2048, private=True)
    header = {"alg": "RS256", "jwk": own.as_dict(private=False)}
    refused(jwt.encode(header, CLAIMS, own, algorithms=["RS256"]))


def test_demands_that_are_not_understood_are_refused() -> None:
    header = {"alg": "RS256", "kid": "a"}
    assert proven_claims(signed_by_hand(header, CLAIMS, KEY), KEY, WANTED, now=NOW) == CLAIMS
    for demand in (
        {"crit": ["exp"], "exp": 1},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"crit": 5},
    ):
        refused(signed_by_hand({**header, **demand}, CLAIMS, KEY))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "them"},
        {"iss": None},
        {"iss": ["us"]},
        {"exp": int(NOW)},
        {"exp": "tomorrow"},
        {"exp": None},
        {"sub": 5},
        {"nbf": int(NOW) + 1},
        {"iat": int(NOW) + 5},
    ],
)
def test_claims_that_are_wrong_are_refused(change: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    refused(signed(claims, key=KEY, key_id="a"))


def test_a_damaged_token_is_refused() -> None:
    token = signed(CLAIMS, key=KEY, key_id="a")
    head, body, mark = token.split(".")
    forged = part_of_token({**CLAIMS, "sub": "root"})
    for damaged in (
        f"{head}.{forged}.{mark}",
        f"{head}.{body}.",
        f"{head}.{body}.{mark[:-4]}",
        f"{head}.{body}",
        "",
        ".",
    ):
        refused(damaged)
    refused(f"{head}.{base64.urlsafe_b64encode(b'[' * 11_000).decode()}.{mark}")


def test_clocks_may_be_a_minute_apart_where_that_is_allowed() -> None:
    for change in ({"exp": int(NOW) - 59}, {"nbf": int(NOW) + 59}):
        token = signed({**CLAIMS, "aud": "hydrogen", **change}, key=KEY, key_id="a")
        assert proven_claims(token, KEY, ALL, now=NOW)
    refused(signed({**CLAIMS, "aud": "hydrogen", "exp": int(NOW) - 61}, key=KEY, key_id="a"), ALL)
    refused(signed({**CLAIMS, "aud": "another"}, key=KEY, key_id="a"), ALL)
    refused(signed(CLAIMS, key=KEY, key_id="a"), ALL)


def test_keys_that_cannot_be_used_are_none() -> None:
    secret = OctKey.generate_key(256).as_dict()
    for jwk in ({}, {"kty": "RSA"}, {"kty": 5}, {"kty": "EC", "crv": "P-0", "x": "a", "y": "b"}, secret):
        assert public_key(jwk) is None
    with pytest.raises(ValueError, match="RSA"):
        signing_key("no key")
