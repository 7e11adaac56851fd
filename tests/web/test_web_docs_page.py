"""The description for people."""

from __future__ import annotations

import re

from hydrogen.web.docs_page import docs_page
from tests.web.conftest import READER_KEY, Web


async def test_every_path_is_on_the_page_and_every_link_leads_into_it(web: Web) -> None:
    document = (await web.ask("GET", "/openapi.json")).json
    text = docs_page(document).decode()
    for path, methods in document["paths"].items():
        assert f'<span class="path">{path}</span>' in text
        for told in methods.values():
            assert f'<details id="{told["operationId"]}">' in text
    anchors = set(re.findall(r' id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= anchors
    assert not re.findall(r"(?:src|href)=\"(?!#)", text) and "<script" not in text
    assert text.count("<code>") == text.count("</code>")


async def test_what_a_document_says_is_escaped() -> None:
    told = {
        "operationId": "<a>",
        "tags": ["<t>"],
        "summary": "<s>",
        "description": "<d> `<c>` `open",
        "parameters": [{"name": "<p>", "in": "query", "schema": {"type": ["string", "null"], "enum": ["<e>"]}}],
        "requestBody": {"content": {"<m>": {"schema": {"type": "<x>"}}}},
        "responses": {"200": {"description": "<r>"}, "404": {"$ref": "#/components/responses/Gone"}},
    }
    document = {
        "info": {"version": "<v>", "description": "<i>"},
        "tags": [{"name": "<t>", "description": "<td>"}],
        "paths": {"/<path>": {"get": told}},
        "components": {"schemas": {"<n>": {}}, "responses": {"Gone": {"description": "<gone>"}}},
    }
    text = docs_page(document).decode()
    for word in ("a", "t", "s", "d", "c", "e", "m", "x", "r", "v", "i", "path", "n", "gone"):
        assert f"<{word}>" not in text and f"&lt;{word}&gt;" in text, word
    assert "<code>&lt;c&gt;</code>" in text


async def test_the_page_is_served_compressed_with_a_strict_policy(web: Web) -> None:
    answer = await web.ask("GET", "/docs", key=READER_KEY, headers={"Accept-Encoding": "gzip"})
    assert (answer.status, answer.headers["content-encoding"]) == (200, "gzip")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    again = await web.ask("GET", "/docs", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304
