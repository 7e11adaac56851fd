"""How much of the house's state a caller may see: the same at every surface."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.model.codec import plain
from hydrogen.model.state import State


def printers_seen_by(principal: Principal) -> frozenset[str] | None:
    """None for all; none at all without the scope `read`, whatever else the caller may do."""
    return principal.printers if principal.may("read") else frozenset()


def visible_state(seen: frozenset[str] | None, state: State) -> State:
    """The state without the printers that are not among `seen`, their sensors, and what the queue tells of them."""
    if seen is None:
        return state
    printers = {name: printer for name, printer in state.printers.items() if name in seen}
    sensors = {
        name: sensor for name, sensor in state.sensors.items() if sensor.printer is None or sensor.printer in seen
    }
    held = {name: reason for name, reason in state.queue.held.items() if name in seen}
    queue = replace(state.queue, held=MappingProxyType(held))
    return replace(state, printers=MappingProxyType(printers), sensors=MappingProxyType(sensors), queue=queue)


def plain_state(seen: frozenset[str] | None, state: State) -> dict[str, Any]:
    """The visible state as JSON values, as snapshots have it."""
    shown: dict[str, Any] = plain(visible_state(seen, state))
    return shown
