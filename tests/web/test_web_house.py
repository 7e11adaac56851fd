"""What the HTTP port is given."""

from __future__ import annotations

import dataclasses

import pytest

from tests.web.conftest import Web


async def test_the_house_of_the_http_port_cannot_be_changed(web: Web) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        web.server._house.version = "2"  # type: ignore[misc]
