"""`hydrogen protocol`, and the pages that it wrote."""

from __future__ import annotations

import json

import pytest

from hydrogen.cli.main import main
from hydrogen.cli.protocol import Document, protocol_text
from tests.roof.protocol_pages import DOCS, PAGES


@pytest.mark.parametrize(("name", "document"), PAGES.items())
def test_page_is_what_the_code_says(name: str, document: Document) -> None:
    """Write it anew with `python -m tests.roof.protocol_pages`."""
    assert (DOCS / name).read_text(encoding="utf-8") == protocol_text(document)


def test_command_prints_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocol", "schema"]) == 0
    assert "ask.command.job.start" in json.loads(capsys.readouterr().out)["$defs"]
    assert main(["protocol", "schema", "--asyncapi"]) == 0
    assert json.loads(capsys.readouterr().out)["asyncapi"] == "3.0.0"
    assert main(["protocol", "schema", "--openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


def test_document_does_not_depend_on_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [protocol_text(document) for document in Document]
    monkeypatch.setenv("HOME", "/nowhere")
    assert [protocol_text(document) for document in Document] == before
