"""The table `[websocket]`: what stands there is what the WebSocket does."""

from __future__ import annotations

import pytest

from hydrogen.config import configuration_from_table
from hydrogen.errors import ConfigurationInvalid


@pytest.mark.parametrize("key", ["handshakes_per_second", "messages_burst", "ping_timeout_seconds", "max_unsent_bytes"])
def test_a_limit_that_lets_nothing_through_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=key):
        configuration_from_table({"websocket": {key: 0}}, "test")
