"""What a screen reader is given: chromium's own accessibility tree, as `Accessibility.getFullAXTree` tells it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Page

INTERACTIVE = frozenset(
    {
        *("button", "link", "textbox", "searchbox", "spinbutton", "combobox", "listbox", "slider", "checkbox", "radio"),
        *("switch", "tab", "menuitem", "DisclosureTriangle"),
    }
)

UNTOLD = frozenset({"generic", "none", "GenericContainer", "Unknown", ""})
"""Roles that tell nobody what a thing is."""


@dataclass(frozen=True, kw_only=True)
class AxNode:
    """One node as it is told; those that are ignored are left out. properties: focusable, level, live, invalid …"""

    role: str
    name: str
    description: str
    value: str
    properties: Mapping[str, Any]
    backend: int

    def __str__(self) -> str:
        return f"{self.role} {self.name!r}"


async def ax_nodes(page: Page) -> list[AxNode]:
    """The whole page's, in the order in which it is read."""
    session = await page.context.new_cdp_session(page)
    try:
        told = await session.send("Accessibility.getFullAXTree")
    finally:
        await session.detach()
    by_id = {node["nodeId"]: node for node in told["nodes"]}
    return list(_in_order(told["nodes"][0], by_id))


def _in_order(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Iterator[AxNode]:
    if not node.get("ignored"):
        yield AxNode(
            role=str(_value(node.get("role"))),
            name=str(_value(node.get("name"))).strip(),
            description=str(_value(node.get("description"))),
            value=str(_value(node.get("value"))),
            properties={one["name"]: _value(one["value"]) for one in node.get("properties", ())},
            backend=int(node.get("backendDOMNodeId", 0)),
        )
    for child in node.get("childIds", ()):
        if child in by_id:
            yield from _in_order(by_id[child], by_id)


def _value(told: Mapping[str, Any] | None) -> Any:
    return "" if told is None else told.get("value", "")


def complaints(nodes: list[AxNode]) -> list[str]:
    """What is wrong on any page: things without name or role, an outline with gaps, tables and pictures that tell nothing."""
    return [*_unnamed(nodes), *_outline(nodes), *_tables(nodes), *_pictures(nodes)]


def _unnamed(nodes: list[AxNode]) -> Iterator[str]:
    for node in nodes:
        if node.role in INTERACTIVE and not node.name:
            yield f"{node.role} without a name ({node.value!r})"
        if node.properties.get("focusable") and node.role in UNTOLD:
            yield f"takes the focus but has no role: {node}"
        if node.properties.get("focusable") and node.role not in ("RootWebArea", "main") and not node.name:
            yield f"takes the focus but has no name: {node}"
    landmarks = ("dialog", "alertdialog", "navigation", "region")
    yield from (f"{node.role} without a name" for node in nodes if node.role in landmarks and not node.name)


def _outline(nodes: list[AxNode]) -> Iterator[str]:
    """One first heading on a page, or a second one in a dialog; below it no level is left out."""
    levels = [(int(node.properties["level"]), node.name) for node in nodes if node.role == "heading"]
    in_dialog = any(node.role in ("dialog", "alertdialog") for node in nodes)
    first = 2 if in_dialog else 1
    if not levels or levels[0][0] != first:
        yield f"the outline begins with {levels[:1]}, not with level {first}"
    if sum(level == 1 for level, _ in levels) != (0 if in_dialog else 1):
        yield f"not one first heading: {levels}"
    for (level, _), (after, name) in itertools.pairwise(levels):
        if after > level + 1:
            yield f"{name!r} is of level {after} behind one of level {level}"
    yield from (f"a heading of level {level} without words" for level, name in levels if not name)


def _tables(nodes: list[AxNode]) -> Iterator[str]:
    for at, node in enumerate(nodes):
        if node.role == "table":
            rest = [one.role for one in nodes[at + 1 : at + 400]]
            inside = rest[: rest.index("table")] if "table" in rest else rest
            if "columnheader" not in inside:
                yield f"a table without column headers: {node}"
    yield from ("a column header without words" for node in nodes if node.role == "columnheader" and not node.name)


def _pictures(nodes: list[AxNode]) -> Iterator[str]:
    for node in nodes:
        if node.role in ("image", "img", "graphics-document", "Canvas", "canvas") and not node.name:
            yield f"a picture that tells nothing: {node}"
        if node.role in ("progressbar", "meter") and not (node.name and node.value):
            yield f"progress without name or value: {node} {node.value}"
