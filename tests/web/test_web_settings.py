"""Defaults that are safe by themselves."""

from __future__ import annotations

from hydrogen.web.settings import WebSettings


def test_everything_that_strangers_can_make_us_hold_is_bounded() -> None:
    settings = WebSettings()
    assert settings.host == "127.0.0.1"
    assert settings.max_connections_per_address <= settings.max_connections <= 1024
    assert max(settings.head_seconds, settings.body_seconds, settings.idle_seconds) <= 30
    assert settings.max_body_bytes <= 65_536
