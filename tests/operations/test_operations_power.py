"""Power, for people: who may, and what it asks of the fleet."""

from __future__ import annotations

import pytest

from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.errors import Forbidden
from hydrogen.operations.power import power_operations
from tests.operations.fleet import WillingFleet, call, named


async def test_on_and_off_go_to_the_fleet() -> None:
    fleet = WillingFleet()
    operations = power_operations(fleet)
    assert await call(named(operations, "power.on")) == {"power": "on"}
    assert await call(named(operations, "power.off")) == {"power": "off"}
    assert await call(named(operations, "power.off"), {"force": True}) == {"power": "off"}
    assert fleet.switched == [
        ("ender3", True, "owner", False),
        ("ender3", False, "owner", False),
        ("ender3", False, "owner", True),
    ]
    assert {operation.scope for operation in operations} == {"control"}


async def test_force_needs_the_scope_of_an_emergency() -> None:
    fleet = WillingFleet()
    guest = Principal(name="guest", scopes=SCOPES - {"emergency"})
    with pytest.raises(Forbidden, match="emergency"):
        await call(named(power_operations(fleet), "power.off"), {"force": True}, principal=guest)
    assert fleet.switched == []
