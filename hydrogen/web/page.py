"""Pages for people: one file each, no script, nothing from elsewhere, nothing of a stranger's that is not escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from types import MappingProxyType

HTML = "text/html; charset=utf-8"

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem;border-bottom:1px solid #8888}
code,pre,.path{font:.9rem ui-monospace,monospace}
pre{background:#8881;padding:.6rem;overflow-x:auto}
summary{cursor:pointer;padding:.3rem 0}
details{border-bottom:1px solid #8883}
.method{display:inline-block;min-width:4.5rem;font-weight:700}
.told{margin-left:.8rem;color:#777}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #8883;padding:.3rem .6rem;text-align:left;vertical-align:top}
input,button{font:inherit;padding:.3rem .6rem}
"""


def _digest_of(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


PAGE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_digest_of(STYLE)}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
    }
)
"""A page may hold this style and nothing else that is active; its address, which may hold a key, is told to nobody."""


def page(title: str, body: str) -> bytes:
    """A whole page. title: text. body: HTML, in which everything of others is escaped already."""
    name = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head>\n<body><h1>{name}</h1>\n{body}</body></html>\n"
    ).encode("utf-8", "replace")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """heads, rows: texts, escaped here."""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n{lines}</tbody></table>\n"
