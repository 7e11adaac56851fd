"""What is announced, to whom, and that it fits into the records."""

from __future__ import annotations

from hydrogen.mdns.announced import (
    HTTP,
    HTTPS,
    HYDROGEN,
    OCTOPRINT,
    OCTOPRINT_API,
    OCTOPRINT_VERSION,
    BoundPort,
    HouseCard,
    services_of,
)
from hydrogen.web import system

CARD = HouseCard(host="pi", version="1.2.3", uuid="0b6b2f9e-7d11-4c2c-9a3e-2f1f6a2d9c11", printers=("ender3", "voron"))
WEB = BoundPort(port=5003, addresses=("192.0.2.7",))
WEBSOCKET = BoundPort(port=5001, addresses=("192.0.2.7",))
NOBODY = BoundPort(port=5003, addresses=())


def test_octoprints_record_has_all_that_its_clients_read() -> None:
    octoprint, http, ours = services_of(CARD, web=WEB, websocket=WEBSOCKET)
    assert [one.kind for one in (octoprint, http, ours)] == [OCTOPRINT, HTTP, HYDROGEN]
    assert (octoprint.port, http.port, ours.port) == (5003, 5003, 5001)
    assert octoprint.properties == {
        "path": "/",
        "api": "0.1",
        "version": "1.11.8",
        "uuid": CARD.uuid,
        "name": "Hydrogen on pi",
        "model": "ender3, voron",
    }
    assert octoprint.server == "pi.local." and octoprint.addresses == ("192.0.2.7",)
    assert ours.properties["version"] == "1.2.3" and ours.properties["http_port"] == "5003"


def test_the_record_and_the_api_tell_the_same_versions() -> None:
    assert (OCTOPRINT_VERSION, OCTOPRINT_API) == (system.OCTOPRINT_VERSION, system.OCTOPRINT_API)


def test_a_port_that_nobody_reaches_is_not_announced() -> None:
    assert services_of(CARD, web=NOBODY, websocket=NOBODY) == []
    assert [one.kind for one in services_of(CARD, web=NOBODY, websocket=WEBSOCKET)] == [HYDROGEN]
    unbound = BoundPort(port=0, addresses=("192.0.2.7",))
    assert services_of(CARD, web=unbound, websocket=unbound) == []


def test_tls_is_told() -> None:
    safe = BoundPort(port=5000, addresses=("192.0.2.7",), is_tls=True)
    octoprint, https, ours = services_of(CARD, web=safe, websocket=safe)
    assert (octoprint.kind, https.kind, ours.properties["scheme"]) == (OCTOPRINT, HTTPS, "wss")


def test_names_fit_into_their_records() -> None:
    card = HouseCard(host="ä" * 80, version="1", uuid="u", printers=("printer",) * 60)
    for one in services_of(card, web=WEB, websocket=WEBSOCKET):
        assert len(one.name.encode()) <= 63 and len(one.server.encode()) <= 63 + len(".local.")
        assert all(len(f"{key}={value}".encode()) < 256 for key, value in one.properties.items())
        assert "." not in one.name
