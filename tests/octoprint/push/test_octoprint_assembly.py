"""Push as it stands in a house: the history comes from the house's own record of temperatures."""

from __future__ import annotations

from tests.octoprint.push.push_peer import push_peer
from tests.octoprint.push.test_octoprint_websocket import measured
from tests.web.conftest import Web


async def test_the_history_has_the_temperatures_that_the_house_remembers(web: Web) -> None:
    web.context.publish(measured(204.5))
    async with push_peer(web) as peer:
        history = await peer.log_in(web)
    assert history["temps"] == [{"time": 1_700_000_000, "tool0": {"actual": 204.5, "target": 210.0}}]
    assert not web.reports
