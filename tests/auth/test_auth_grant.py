"""What credentials are good for, and until when."""

from __future__ import annotations

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal


def test_a_grant_ends_at_its_moment_and_one_without_an_end_never() -> None:
    principal = Principal(name="p")
    assert not Grant(principal=principal).is_over(1e12)
    assert not Grant(principal=principal, expires_at=10.0).is_over(9.999)
    assert Grant(principal=principal, expires_at=10.0).is_over(10.0)
