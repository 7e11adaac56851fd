"""Each key of the two ports' sections is a setting, and reaches the port."""

from __future__ import annotations

from dataclasses import fields

from hydrogen.access import LOOPBACK, Access
from hydrogen.config import configuration_from_table
from hydrogen.config_section import WebSection
from hydrogen.config_websocket import WebSocketSection
from hydrogen.port_settings import web_settings, websocket_settings
from hydrogen.web.settings import WebSettings
from hydrogen.websocket.context import WebSocketSettings

NOT_OF_THE_WEBSOCKET_ALONE = {"commands_per_second", "commands_burst", "issued_at_window_seconds", "allowed_origins"}
"""The registry's and the authority's: they count for every surface."""


def test_every_key_of_the_websocket_table_is_a_setting_with_the_same_default() -> None:
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


def test_every_key_of_the_web_table_is_a_setting_with_the_same_default_and_reaches_the_port() -> None:
    settings = {field.name: field.default for field in fields(WebSettings)}
    for name, key in WebSection.model_fields.items():
        if name not in ("enabled", "host"):
            assert settings[name] == key.default, name
    configuration = configuration_from_table({"web": {"max_body_bytes": 2048, "idle_seconds": 3}}, "test")
    made = web_settings(configuration, Access(keys=("k",)))
    assert (made.max_body_bytes, made.idle_seconds) == (2048, 3)
