from __future__ import annotations

from uuid import UUID

from tests.octoprint.conftest import Octo


async def test_clients_find_what_they_look_for(octo: Octo) -> None:
    told = (await octo.ask("GET", "/api/settings")).json
    assert told["feature"]["sdSupport"] is False
    assert isinstance(told["webcam"]["streamUrl"], str)
    assert told["appearance"]["name"] == "ender3"
    assert told["temperature"]["profiles"] == []
    assert UUID(told["plugins"]["discovery"]["upnpUuid"])


async def test_each_address_has_an_identity_of_its_own_that_stays(octo: Octo) -> None:
    async def identity(prefix: str = "") -> str:
        return str((await octo.ask("GET", f"{prefix}/api/settings")).json["plugins"]["discovery"]["upnpUuid"])

    assert await identity() == await identity()
    assert await identity("/printers/ender3") == await identity("/printers/ender3")
    assert await identity("/printers/ender3") != await identity()


async def test_settings_are_those_of_the_configuration(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/settings", {"appearance": {"name": "x"}})).status == 409
