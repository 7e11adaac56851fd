"""Keys: found, not told."""

from __future__ import annotations

import hmac
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from hydrogen.auth import keys as module
from hydrogen.auth.keys import ApiKey, KeyEntry, KeyRing, digest_of_key, new_key
from hydrogen.auth.principal import SCOPES, Principal

ONE, TWO = "key-number-one-1", "key-number-two-2"


def found(ring: KeyRing, key: str) -> Principal | None:
    entry = ring.find(key)
    return None if entry is None else entry.principal


def test_each_key_stands_for_its_principal() -> None:
    first, second = Principal(name="first"), Principal(name="second")
    ring = KeyRing([ApiKey(key=ONE, principal=first), ApiKey(key=TWO, principal=second)])
    assert found(ring, ONE) is first
    assert found(ring, TWO) is second


@pytest.mark.parametrize("key", ["", ONE[:-1], ONE + "x", ONE.upper(), "\x00", "ключ", "\udc80"])
def test_no_other_key_is_found(key: str) -> None:
    assert KeyRing.of_full_keys([ONE, TWO]).find(key) is None


def test_full_keys_are_named_in_their_order_and_may_everything() -> None:
    ring = KeyRing.of_full_keys([ONE, TWO])
    principal = found(ring, TWO)
    assert principal == Principal(name="key2", scopes=SCOPES, printers=None)
    assert len(ring) == 2


def test_empty_key_is_no_key() -> None:
    ring = KeyRing.of_full_keys([""])
    assert len(ring) == 0
    assert ring.find("") is None


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
        ring.find(key)
        assert len(compared) == 3


def test_no_key_shows_in_a_representation() -> None:
    key = ApiKey(key=ONE, principal=Principal(name="p"))
    ring = KeyRing([key])
    assert ONE not in repr(key)
    assert ONE not in repr(ring) + repr(vars(ring))


def test_made_keys_are_long_recognisable_and_never_the_same() -> None:
    made = {new_key() for _ in range(1000)}
    assert len(made) == 1000
    assert all(key.startswith("hyd_") and len(key) == 36 for key in made)


def test_entries_are_found_by_key_and_by_id_and_stand_beside_the_configured_ones() -> None:
    entry = KeyEntry(digest=digest_of_key(TWO), principal=Principal(name="panel"), expires_at=5.0)
    ring = KeyRing.of_full_keys([ONE]).with_entries([entry])
    assert [known.principal.name for known in ring.entries] == ["key1", "panel"]
    assert ring.find(TWO) is entry and ring.by_id(entry.id) is entry
    assert ring.by_id("other") is None
    grant = entry.grant
    assert (grant.principal, grant.key_id, grant.expires_at) == (entry.principal, entry.id, 5.0)


def test_how_long_a_refusal_takes_tells_nothing_of_how_close_the_guess_was() -> None:
    # Ratios of medians of interleaved rounds: what the machine does besides hits all kinds of guesses alike.
    ring = KeyRing.of_full_keys([f"{ONE}-{number}" for number in range(50)])
    near, far, long = f"{ONE}-1"[:-1], "zzz", "z" * 36
    rounds: dict[str, list[float]] = {near: [], far: [], long: []}
    for _ in range(300):
        for guess, spent in rounds.items():
            began = perf_counter()
            assert ring.find(guess) is None
            spent.append(perf_counter() - began)
    medians = [median(spent) for spent in rounds.values()]
    assert max(medians) < 1.5 * min(medians), medians
