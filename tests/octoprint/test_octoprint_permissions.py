from __future__ import annotations

from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.octoprint.permissions import PERMISSIONS, groups_of, needs_of, permissions_of, user_record


def test_every_permission_rests_on_a_scope_of_ours() -> None:
    assert set(PERMISSIONS.values()) <= SCOPES


def test_who_may_do_everything_is_an_admin() -> None:
    owner = Principal(name="owner")
    assert groups_of(owner) == ["admins", "users"]
    assert permissions_of(owner) == sorted(PERMISSIONS)
    record = user_record(owner)
    assert (record["name"], record["admin"], record["active"], record["user"]) == ("owner", True, True, True)


def test_who_may_look_only_may_not_print() -> None:
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    assert groups_of(reader) == ["readonly"]
    assert "STATUS" in permissions_of(reader)
    assert "PRINT" not in permissions_of(reader)
    assert "status" in needs_of(reader)["role"]
    assert needs_of(reader)["group"] == ["readonly"]
    assert user_record(reader)["admin"] is False


def test_a_slicers_key_is_a_users() -> None:
    assert groups_of(Principal(name="slicer", scopes=frozenset({"read", "files", "print"}))) == ["users"]
