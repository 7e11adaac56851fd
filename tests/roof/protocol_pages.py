"""docs/protocol.schema.json, asyncapi.json, openapi.json, from the code: `python -m tests.roof.protocol_pages` writes them."""

from __future__ import annotations

from pathlib import Path

from hydrogen.cli.protocol import Document, protocol_text

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {
    "protocol.schema.json": Document.SCHEMA,
    "asyncapi.json": Document.ASYNCAPI,
    "openapi.json": Document.OPENAPI,
}

if __name__ == "__main__":
    for name, document in PAGES.items():
        (DOCS / name).write_text(protocol_text(document), encoding="utf-8")
