"""The route table of the house."""

from __future__ import annotations

from hydrogen.web.door import Door
from hydrogen.web.endpoint import routes_of
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints
from tests.web.conftest import Web


async def test_every_endpoint_is_routed_and_tells_what_it_is_for(web: Web) -> None:
    house = web.server._house
    endpoints = all_endpoints(Door(house.authority, WebSettings(), house.proxies), house)
    assert {route.path for route in routes_of(endpoints)} == {endpoint.path for endpoint in endpoints}
    for endpoint in endpoints:
        assert endpoint.summary
        assert endpoint.description
        assert endpoint.answers
