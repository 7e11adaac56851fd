"""docs/protocol.schema.json and docs/asyncapi.json, from the code: `python -m tests.roof.protocol_pages` writes them."""

from __future__ import annotations

from pathlib import Path

from hydrogen.cli.protocol import protocol_text

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = {"protocol.schema.json": False, "asyncapi.json": True}
"""Name, and whether it is the AsyncAPI document."""

if __name__ == "__main__":
    for name, is_asyncapi in PAGES.items():
        (DOCS / name).write_text(protocol_text(is_asyncapi=is_asyncapi), encoding="utf-8")
