"""Documents are made once, when somebody asks."""

from __future__ import annotations

import asyncio

import pytest

from hydrogen.web import documents
from tests.web.conftest import BLIND_KEY, Web


async def test_documents_are_made_once_however_many_ask_at_once(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = documents.openapi_document

    def count(*given: object) -> object:
        made.append(1)
        return make(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "openapi_document", count)
    paths = ["/openapi.json", "/docs", "/openapi.json", "/docs"]
    answers = await asyncio.gather(*(web.ask("GET", path) for path in paths))
    assert [answer.status for answer in answers] == [200] * 4
    assert made == [1]


async def test_who_may_not_read_is_not_told(web: Web) -> None:
    for path in ("/openapi.json", "/docs"):
        assert (await web.ask("GET", path, key=BLIND_KEY)).code == "forbidden"
