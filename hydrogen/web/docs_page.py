"""The OpenAPI document as a page that a person can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from hydrogen.web.page import page, table


def docs_page(document: Mapping[str, Any]) -> bytes:
    """The page; `document` as openapi.py makes it."""
    info = document["info"]
    by_tag: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    refusals = document["components"]["responses"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            by_tag[told["tags"][0]].append(_operation(method.upper(), path, told, refusals))
    about = {tag["name"]: tag["description"] for tag in document["tags"]}
    chapters = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>\n<p>{_prose(about[tag])}</p>\n{"".join(parts)}'
        for tag, parts in by_tag.items()
    )
    links = " · ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in by_tag)
    schemas = "".join(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    return page(
        f"Hydrogen {info['version']}: HTTP",
        f"<p>{_prose(info['description'])}</p>\n<p>For programs: <code>/openapi.json</code>. Credentials: "
        "<code>Authorization: Key &lt;key&gt;</code> or <code>Authorization: Bearer &lt;token&gt;</code>.</p>\n"
        f'<p>{links} · <a href="#schemas">schemas</a></p>\n{chapters}<h2 id="schemas">schemas</h2>\n{schemas}',
    )


def _operation(method: str, path: str, told: Mapping[str, Any], refusals: Mapping[str, Any]) -> str:
    parts = [f"<p>{_prose(told['description'])}</p>\n"]
    parameters = told.get("parameters", [])
    if parameters:
        rows = [[one["name"], one["in"], _kind(one["schema"]), one.get("description", "")] for one in parameters]
        parts.append(table(["parameter", "in", "kind", ""], rows))
    for media, content in told.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<p>Body: <code>{escape(media)}</code></p>\n{_pretty(content.get('schema', {}))}")
    for status, answer in told["responses"].items():
        if "$ref" in answer:
            answer = refusals[answer["$ref"].rpartition("/")[2]]
        parts.append(f"<p><code>{escape(status)}</code> {_prose(answer['description'])}</p>\n")
        for content in answer.get("content", {}).values():
            if status.startswith("2") and "schema" in content:
                parts.append(_pretty(content["schema"]))
    return (
        f'<details id="{escape(told["operationId"])}"><summary><span class="method">{escape(method)}</span>'
        f'<span class="path">{escape(path)}</span><span class="told">{escape(told["summary"])}</span></summary>\n'
        f"{''.join(parts)}</details>\n"
    )


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    return f'<details id="schema-{escape(name)}"><summary>{escape(name)}</summary>\n{_pretty(schema)}</details>\n'


def _pretty(schema: Mapping[str, Any]) -> str:
    return f"<pre>{escape(json.dumps(schema, indent=1, ensure_ascii=False))}</pre>\n"


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "")
    limits = [f"{name} {schema[name]}" for name in ("minimum", "maximum", "minLength", "maxLength") if name in schema]
    words = ", ".join(schema.get("enum", ()))
    return " ".join(filter(None, [kind if isinstance(kind, str) else " or ".join(kind), words, ", ".join(limits)]))


def _prose(text: str) -> str:
    """Text with `code` in it."""
    plain, *rest = escape(text).split("`")
    for index, part in enumerate(rest):
        plain += f"<code>{part}" if index % 2 == 0 else f"</code>{part}"
    return plain if len(rest) % 2 == 0 else f"{plain}</code>"
