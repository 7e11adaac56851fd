"""How much of the state a caller may see."""

from __future__ import annotations

from types import MappingProxyType

from hydrogen.auth.principal import Principal
from hydrogen.model.backlog import QueueSummary
from hydrogen.model.printer import PrinterState
from hydrogen.model.sensor import SensorState
from hydrogen.model.state import State
from hydrogen.operations.view import plain_state, printers_seen_by, visible_state

STATE = State(
    printers=MappingProxyType({"ender3": PrinterState(), "voron": PrinterState()}),
    sensors=MappingProxyType(
        {"room": SensorState(), "box": SensorState(printer="voron"), "chamber": SensorState(printer="ender3")}
    ),
    queue=QueueSummary(length=2, held=MappingProxyType({"ender3": "lunch", "voron": "night"})),
)


def test_who_may_read_sees_his_printers() -> None:
    assert printers_seen_by(Principal(name="a")) is None
    assert printers_seen_by(Principal(name="a", printers=frozenset({"voron"}))) == {"voron"}
    assert printers_seen_by(Principal(name="a", scopes=frozenset({"print"}))) == frozenset()


def test_the_rest_is_left_out_of_printers_and_holds() -> None:
    assert visible_state(None, STATE) is STATE
    seen = plain_state(frozenset({"voron"}), STATE)
    assert set(seen["printers"]) == {"voron"}
    assert seen["queue"] == {"length": 2, "next": [], "held": {"voron": "night"}}
    assert set(seen["sensors"]) == {"room", "box"}, "the house's, and those of the printers that are seen"
