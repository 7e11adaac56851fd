"""What the dashboard may load and reach."""

from __future__ import annotations

import pytest

from hydrogen.webui.security_policy import security_headers


def policy(host: str, port: int = 5001) -> dict[str, list[str]]:
    told = security_headers(host, port)["Content-Security-Policy"].split("; ")
    return {name: values.split() for name, _, values in (part.partition(" ") for part in told)}


def test_nothing_comes_from_elsewhere_and_nothing_active_stands_in_the_page() -> None:
    told = policy("pi.local:5000")
    assert told["default-src"] == ["'none'"]
    assert told["script-src"] == told["style-src"] == ["'self'"]
    assert not any("unsafe" in value or value == "*" for values in told.values() for value in values)
    assert told["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize("host", ["pi.local:5000", "192.168.1.7:5000", "pi", "[fd00::7]:5000"])
def test_the_websocket_beside_it_can_be_reached(host: str) -> None:
    name = host.removesuffix(":5000")
    assert {f"ws://{name}:5003", f"wss://{name}:5003", f"ws://{host}"} <= set(policy(host, 5003)["connect-src"])


@pytest.mark.parametrize("host", ["", "a;script-src *", "a b", "x'unsafe-inline'", "pi:5000\r\nX: y", "*"])
def test_a_host_that_is_none_adds_nothing_to_the_policy(host: str) -> None:
    assert policy(host)["connect-src"] == ["'self'"]
