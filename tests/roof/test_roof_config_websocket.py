"""The table `[websocket]`: what stands there is what the WebSocket does."""

from __future__ import annotations

from dataclasses import fields

import pytest

from hydrogen.access import LOOPBACK, Access
from hydrogen.app import websocket_settings
from hydrogen.config import configuration_from_table
from hydrogen.config_websocket import WebSocketSection
from hydrogen.errors import ConfigurationInvalid
from hydrogen.websocket.context import WebSocketSettings

NOT_OF_THE_WEBSOCKET_ALONE = {"commands_per_second", "commands_burst", "issued_at_window_seconds", "allowed_origins"}
"""The registry's and the authority's: they count for every surface."""


def test_every_key_is_a_setting_with_the_same_default() -> None:
    settings = {field.name: field.default for field in fields(WebSocketSettings)}
    for name, key in WebSocketSection.model_fields.items():
        if name not in NOT_OF_THE_WEBSOCKET_ALONE | {"host"}:
            assert settings[name] == key.default, name


def test_what_is_configured_reaches_the_websocket() -> None:
    table = {"websocket": {"host": "::1", "handshakes_burst": 7, "allowed_hosts": ["printer.example.com"]}}
    configuration = configuration_from_table(table, "test")
    settings = websocket_settings(configuration, Access(keys=("k",)))
    assert (settings.host, settings.handshakes_burst) == ("::1", 7)
    assert "printer.example.com" in settings.allowed_hosts
    assert websocket_settings(configuration, Access(keys=("k",), is_generated=True)).host == LOOPBACK


@pytest.mark.parametrize("key", ["handshakes_per_second", "messages_burst", "ping_timeout_seconds", "max_unsent_bytes"])
def test_a_limit_that_lets_nothing_through_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=key):
        configuration_from_table({"websocket": {key: 0}}, "test")
