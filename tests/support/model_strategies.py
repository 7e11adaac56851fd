"""Hypothesis strategies for the words of the house.

`values_of` makes any value of a model type from its type hints. `histories` makes events in an order that the house could
really see: progress is only ever reported of the job that runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from hydrogen.model.events import ALL_EVENTS, Event, JobProgressed, TemperatureMeasured
from hydrogen.model.reduce import reduce
from hydrogen.model.state import State

PRINTERS = ("ender3", "prusa")
HEATERS = ("tool0", "tool1", "bed")
SENSORS = ("chamber", "room")
JOBS = ("job-1", "job-2")

_times = st.floats(min_value=0, max_value=4_000_000_000)
_finite = st.floats(allow_nan=False, allow_infinity=False)
_texts = st.text(max_size=8)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _finite | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint as the model uses them; optional numbers may be NaN, which the wire knows as null."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = next(argument for argument in arguments if argument is not NoneType)
        return st.none() | (st.floats() if inner is float else values_of(inner))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(_texts, values_of(arguments[1]), max_size=3).map(MappingProxyType)
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if is_dataclass(hint) and isinstance(hint, type):
        return objects_of(hint)
    return {float: _finite, int: st.integers(-(2**63), 2**63), str: _texts, bool: st.booleans()}.get(hint, _json)


def objects_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Objects of a model dataclass, with every field drawn."""
    hints = get_type_hints(kind)
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for item in fields(kind):
        if item.name == "at" or item.name.endswith("_at"):
            drawn[item.name] = _times if hints[item.name] is float else st.none() | _times
        else:
            drawn[item.name] = values_of(hints[item.name])
    return st.builds(kind, **drawn)


any_event: st.SearchStrategy[Event] = st.one_of(*(objects_of(kind) for kind in ALL_EVENTS))


@st.composite
def histories(draw: st.DrawFn, *, min_size: int = 0, max_size: int = 25) -> list[Event]:
    """Events of two printers and the house in a believable order."""
    state, events = State(), []
    for event in draw(st.lists(any_event, min_size=min_size, max_size=max_size)):
        placed = _placed(draw, event, state)
        if placed is not None:
            events.append(placed)
            state = reduce(state, placed)
    return events


def _placed(draw: st.DrawFn, event: Event, state: State) -> Event | None:
    """The event with names from the small sets above, so that histories meet themselves; None if it could not happen."""
    changes: dict[str, Any] = {"printer": draw(st.sampled_from(PRINTERS))}
    if event.topic == "host":
        changes["printer"] = None
    if isinstance(event, TemperatureMeasured):
        changes["heater"] = draw(st.sampled_from(HEATERS))
    if hasattr(event, "sensor"):
        changes |= {"sensor": draw(st.sampled_from(SENSORS)), "printer": draw(st.none() | st.sampled_from(PRINTERS))}
    if hasattr(event, "job"):
        changes["job"] = draw(st.sampled_from(JOBS))
    if isinstance(event, JobProgressed):
        printer = state.printers.get(changes["printer"])
        if printer is None or printer.job is None:
            return None
        changes["job"] = printer.job.id
    return replace(event, **changes)
