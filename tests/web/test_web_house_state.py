"""What is true now, as far as the caller may see it."""

from __future__ import annotations

from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from tests.web.conftest import BLIND_KEY, READER_KEY, Web


async def test_the_state_is_the_snapshots(web: Web) -> None:
    told = (await web.ask("GET", "/api/state", key=READER_KEY)).json
    assert (told["epoch"], told["seq"]) == ("e", 0)
    assert told["state"]["printers"]["ender3"]["job"]["fraction"] == 0.25
    assert told["state"]["sensors"] == {}
    assert (await web.ask("GET", "/api/printers")).json == {"printers": told["state"]["printers"]}
    assert (await web.ask("GET", "/api/printers/ender3")).json == told["state"]["printers"]["ender3"]
    assert (await web.ask("GET", "/api/printers/voron")).code == "not_found"


async def test_who_may_not_read_or_not_this_printer_sees_nothing_of_it(web: Web) -> None:
    assert (await web.ask("GET", "/api/state", key=BLIND_KEY)).status == 403
    guest = Principal(name="guest", scopes=frozenset({"read"}), printers=frozenset({"voron"}))
    web.authority.take_keys(KeyRing([ApiKey(key="web-guest-key-1", principal=guest)]))
    assert (await web.ask("GET", "/api/printers", key="web-guest-key-1")).json == {"printers": {}}
    assert (await web.ask("GET", "/api/printers/ender3", key="web-guest-key-1")).code == "not_found"


async def test_head_tells_the_same_without_a_body(web: Web) -> None:
    whole, head = await web.ask("GET", "/api/state"), await web.ask("HEAD", "/api/state")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.body))
