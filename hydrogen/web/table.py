"""Everything the HTTP port answers to, in the order in which a request is matched."""

from __future__ import annotations

from hydrogen.web.authentication import AuthenticationRoutes
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.house import WebHouse
from hydrogen.web.system import SystemRoutes


def all_endpoints(door: Door, house: WebHouse) -> list[Endpoint]:
    """The route table of the house."""
    return [
        *AuthenticationRoutes(door, house.audit).endpoints,
        *SystemRoutes(status=house.status, version=house.version).endpoints,
    ]
