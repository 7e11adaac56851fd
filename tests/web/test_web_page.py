"""Pages: one file, one style, nothing active."""

from __future__ import annotations

import base64
import hashlib
import re

from hydrogen.web.page import PAGE_HEADERS, page, table


def test_the_policy_lets_in_the_pages_own_style_and_nothing_else() -> None:
    text = page("T", "<p>b</p>").decode()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy and "script-src" not in policy
    assert "<script" not in text and "style=" not in text and "http" not in text


def test_titles_and_cells_are_escaped() -> None:
    assert b"<title>&lt;b&gt;</title>" in page("<b>", "")
    assert "<td>&lt;b&gt;&amp;</td>" in table(["<i>"], [["<b>&"]]) and "<i>" not in table(["<i>"], [])
    assert page("\ud800", "").startswith(b"<!DOCTYPE html>")
