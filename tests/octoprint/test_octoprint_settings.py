from __future__ import annotations

from uuid import UUID

from hydrogen.octoprint.settings import settings_body
from tests.octoprint.conftest import Octo

STREAM, SNAPSHOT = "http://pi:8080/?action=stream", "http://pi:8080/?action=snapshot"


async def test_clients_find_what_they_look_for(octo: Octo) -> None:
    told = (await octo.ask("GET", "/api/settings")).json
    assert told["feature"]["sdSupport"] is False
    assert told["appearance"]["name"] == "ender3"
    assert told["temperature"]["profiles"] == [{"name": "PLA", "extruder": 205.0, "bed": 60.0, "chamber": None}]
    assert UUID(told["plugins"]["discovery"]["upnpUuid"])


async def test_each_address_has_an_identity_of_its_own_that_stays(octo: Octo) -> None:
    async def identity(prefix: str = "") -> str:
        return str((await octo.ask("GET", f"{prefix}/api/settings")).json["plugins"]["discovery"]["upnpUuid"])

    assert await identity() == await identity()
    assert await identity("/printers/ender3") == await identity("/printers/ender3")
    assert await identity("/printers/ender3") != await identity()


async def test_a_camera_is_told_as_old_and_as_young_clients_read_it(octo: Octo) -> None:
    webcam = (await octo.ask("GET", "/api/settings")).json["webcam"]
    assert (webcam["webcamEnabled"], webcam["streamUrl"], webcam["snapshotUrl"]) == (True, STREAM, SNAPSHOT)
    (listed,) = webcam["webcams"]
    assert (listed["name"], listed["displayName"], listed["canSnapshot"]) == ("classic", "Bed", True)
    assert webcam["defaultWebcam"] == webcam["snapshotWebcam"] == listed["name"]
    assert listed["compat"]["stream"] == listed["extras"]["stream"] == STREAM
    classic = (await octo.ask("GET", "/api/settings")).json["plugins"]["classicwebcam"]
    assert (classic["stream"], classic["snapshot"]) == (STREAM, SNAPSHOT)


def test_without_a_camera_everything_that_clients_index_is_there() -> None:
    webcam = settings_body("mk3", "u")["webcam"]
    assert (webcam["webcamEnabled"], webcam["streamUrl"], webcam["webcams"], webcam["defaultWebcam"]) == (
        False,
        "",
        [],
        None,
    )
    assert "classicwebcam" not in settings_body("mk3", "u")["plugins"]


async def test_who_looks_for_the_camera_where_octopi_has_it_is_sent_on(octo: Octo) -> None:
    for action, address in (("snapshot", SNAPSHOT), ("stream", STREAM)):
        answer = await octo.ask("GET", f"/webcam/?action={action}")
        assert (answer.status, answer.headers["location"]) == (302, address)
    assert (await octo.ask("GET", "/webcam/?action=snapshot", key=None)).status == 403


async def test_settings_are_those_of_the_configuration(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/settings", {"appearance": {"name": "x"}})).status == 409
