from __future__ import annotations

from tests.octoprint.conftest import Octo
from tests.web.conftest import BLIND_KEY


async def test_slicers_take_us_for_octoprint(octo: Octo) -> None:
    told = (await octo.ask("GET", "/api/version", headers={"Content-Type": "application/json"})).json
    assert told["text"].startswith("OctoPrint ")
    assert "1.2.3" in told["text"]
    assert (told["api"], told["server"]) == ("0.1", "1.11.8")
    assert told["capabilities"] == {"upload-by-put": True}


async def test_any_key_may_ask(octo: Octo) -> None:
    assert (await octo.ask("GET", "/api/version", key=BLIND_KEY)).status == 200
    assert (await octo.ask("GET", "/api/server", key=BLIND_KEY)).json == {"version": "1.11.8", "safemode": None}
