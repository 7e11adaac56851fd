"""What a caller may."""

from __future__ import annotations

from hydrogen.auth.principal import SCOPES, Principal


def test_principal_of_the_house_may_do_everything_everywhere() -> None:
    owner = Principal(name="owner")
    assert all(owner.may(scope) for scope in SCOPES)
    assert owner.may_reach("any") and owner.may_reach(None)


def test_principal_may_only_what_its_scopes_say() -> None:
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    assert reader.may("read")
    assert not any(reader.may(scope) for scope in SCOPES - {"read"})
    assert not reader.may("no-such")


def test_principal_reaches_its_printers_and_the_house_only() -> None:
    guest = Principal(name="guest", printers=frozenset({"voron"}))
    assert guest.may_reach("voron") and guest.may_reach(None)
    assert not guest.may_reach("ender3")
    assert not Principal(name="nobody", printers=frozenset()).may_reach("voron")
