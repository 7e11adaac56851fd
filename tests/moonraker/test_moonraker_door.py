"""Who is let in by Moonraker's door, and how a refusal looks there."""

from __future__ import annotations

import json

import pytest

from hydrogen.errors import AuthFailed, Conflict, Forbidden, HydrogenError, NotFound
from hydrogen.moonraker.door import refusal
from tests.web.conftest import KEY, Web


@pytest.mark.parametrize(
    ("error", "status"),
    [(AuthFailed("x"), 401), (Forbidden("x"), 401), (NotFound("x"), 404), (Conflict("x"), 409)],
)
def test_a_refusal_has_moonrakers_shape(error: HydrogenError, status: int) -> None:
    answer = refusal(error)
    assert answer.status_code == status
    assert json.loads(answer.body) == {"error": {"code": status, "message": "x", "traceback": ""}}


@pytest.mark.parametrize(
    "headers",
    [{"x-api-key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"Authorization": f"Key {KEY}"}],
)
async def test_a_key_opens_in_every_way(web: Web, headers: dict[str, str]) -> None:
    assert (await web.ask("GET", "/server/info", key=None, headers=headers)).status == 200
