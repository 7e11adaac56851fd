"""Thumbnails under addresses that only those know who were told them."""

from __future__ import annotations

from hydrogen.errors import NotFound
from hydrogen.octoprint.picture import PictureRoutes
from tests.octoprint.conftest import Octo


class OnePicture:
    async def thumbnail(self, sha256: str, number: int) -> tuple[str, bytes]:
        raise NotFound(f"{sha256}/{number}")


def test_the_largest_picture_has_an_address_relative_to_the_servers() -> None:
    routes = PictureRoutes(OnePicture())
    address = routes.address_of({"sha256": "ab"}, [{"width": 16}, {"width": 220}, {"width": 32}])
    assert address is not None and address.startswith("plugin/hydrogen/thumbnail/ab/1/") and address.endswith(".png")
    assert routes.address_of({"sha256": "ab"}, ()) is None and routes.address_of({}, [{"width": 1}]) is None


def test_another_life_seals_otherwise() -> None:
    pictures = [{"width": 16}]
    first, second = PictureRoutes(OnePicture()), PictureRoutes(OnePicture())
    assert first.address_of({"sha256": "ab"}, pictures) != second.address_of({"sha256": "ab"}, pictures)


async def test_an_address_that_nobody_was_told_is_not_there(octo: Octo) -> None:
    for seal in ("0" * 32, "x", "%C3%A4"):
        answer = await octo.ask("GET", f"/plugin/hydrogen/thumbnail/ab/0/{seal}.png", key=None)
        assert answer.status == 404
