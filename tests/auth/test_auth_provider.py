"""What a provider publishes, and what it might send instead; over real HTTP."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from hydrogen.auth.provider import LARGEST_DOCUMENT_BYTES, published_keys
from hydrogen.errors import Unavailable
from tests.support.issuer import serving

DISCOVERY = "/.well-known/openid-configuration"


def asked(pages: dict[str, Any], path: str = "") -> Any:
    """What is published by these pages, in which URL stands for the server's address."""
    with serving(pages) as url:
        for name, page in pages.items():
            if isinstance(page, dict):
                words = {key: value for key, value in page.items() if isinstance(value, str)}
                pages[name] = page | {key: word.replace("URL", url) for key, word in words.items()}
        return published_keys(url + path)


def test_keys_are_found_by_discovery() -> None:
    pages = {DISCOVERY: {"issuer": "URL", "jwks_uri": "URL/keys"}, "/keys": {"keys": [{"kid": "a"}, 5]}}
    assert asked(pages) == ({"kid": "a"},)
    below = {f"/realm{DISCOVERY}": {"issuer": "URL/realm", "jwks_uri": "URL/keys"}, "/keys": {"keys": []}}
    assert asked(below, "/realm") == ()


@pytest.mark.parametrize(
    "pages",
    [
        {},
        {DISCOVERY: {"issuer": "URL/other", "jwks_uri": "URL/keys"}, "/keys": {"keys": []}},
        {DISCOVERY: {"issuer": "URL"}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": 5}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": "file:///etc/passwd"}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": "http://login.example/keys"}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": "URL/keys"}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": "URL/keys"}, "/keys": {"keys": 5}},
        {DISCOVERY: {"issuer": "URL", "jwks_uri": "URL/keys"}, "/keys": (500, {}, b"")},
        {DISCOVERY: (200, {}, b"{" * 100)},
        {DISCOVERY: (200, {}, b"\xff")},
        {DISCOVERY: (200, {}, b"[]")},
        {DISCOVERY: (200, {}, b" " * (LARGEST_DOCUMENT_BYTES + 1))},
        {DISCOVERY: (302, {"Location": "/elsewhere"}, b""), "/elsewhere": {"issuer": "URL", "jwks_uri": "URL/keys"}},
    ],
)
def test_anything_else_is_no_answer(pages: dict[str, Any]) -> None:
    with pytest.raises(Unavailable):
        asked(pages)


def test_nobody_at_home_is_no_answer() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="does not answer"):
            published_keys(f"http://127.0.0.1:{free.getsockname()[1]}")
