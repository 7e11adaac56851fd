"""Paths as data: routed in their order, and never two of one name or place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.web.endpoint import Endpoint, Good, object_schema, routes_of


async def handle(_request: Request) -> Response:
    """What it
    promises."""
    return Response()


ONE = Endpoint(
    name="thing.show",
    method="GET",
    path="/api/thing",
    handler=handle,
    tag="thing",
    summary="Show it",
    scope="read",
    answers={200: Good(summary="It")},
)


def test_the_docstring_is_the_description() -> None:
    assert ONE.description == "What it promises."


def test_endpoints_become_routes_in_their_order() -> None:
    other = replace(ONE, name="thing.make", method="POST")
    assert [(route.path, route.name) for route in routes_of([ONE, other])] == [
        ("/api/thing", "thing.show"),
        ("/api/thing", "thing.make"),
    ]


@pytest.mark.parametrize("twin", [replace(ONE, path="/api/other"), replace(ONE, name="thing.twin")])
def test_twins_are_refused(twin: Endpoint) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        routes_of([ONE, twin])


def test_an_object_schema_requires_all_its_fields() -> None:
    assert object_schema(a="string")["required"] == ["a"]
