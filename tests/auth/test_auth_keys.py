"""Keys: found, not told."""

from __future__ import annotations

import hmac
from typing import Any

import pytest

from hydrogen.auth import keys as module
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import SCOPES, Principal

ONE, TWO = "key-number-one-1", "key-number-two-2"


def test_each_key_stands_for_its_principal() -> None:
    first, second = Principal(name="first"), Principal(name="second")
    ring = KeyRing([ApiKey(key=ONE, principal=first), ApiKey(key=TWO, principal=second)])
    assert ring.principal_for(ONE) is first
    assert ring.principal_for(TWO) is second


@pytest.mark.parametrize("key", ["", ONE[:-1], ONE + "x", ONE.upper(), "\x00", "ключ", "\udc80"])
def test_no_other_key_is_found(key: str) -> None:
    assert KeyRing.of_full_keys([ONE, TWO]).principal_for(key) is None


def test_full_keys_are_named_in_their_order_and_may_everything() -> None:
    ring = KeyRing.of_full_keys([ONE, TWO])
    principal = ring.principal_for(TWO)
    assert principal == Principal(name="key2", scopes=SCOPES, printers=None)
    assert len(ring) == 2


def test_empty_key_is_no_key() -> None:
    ring = KeyRing.of_full_keys([""])
    assert len(ring) == 0
    assert ring.principal_for("") is None


def test_every_key_is_compared_whichever_is_presented(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Any] = []

    class Counting:
        @staticmethod
        def compare_digest(left: bytes, right: bytes) -> bool:
            compared.append((left, right))
            return hmac.compare_digest(left, right)

    monkeypatch.setattr(module, "hmac", Counting)
    ring = KeyRing.of_full_keys([ONE, TWO, "key-number-three"])
    for key in (ONE, "key-number-three", "a stranger's"):
        compared.clear()
        ring.principal_for(key)
        assert len(compared) == 3


def test_no_key_shows_in_a_representation() -> None:
    key = ApiKey(key=ONE, principal=Principal(name="p"))
    ring = KeyRing([key])
    assert ONE not in repr(key)
    assert ONE not in repr(ring) + repr(vars(ring))
