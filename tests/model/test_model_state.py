from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from hydrogen.model.codec import encode_json, plain
from hydrogen.model.host import HostState
from hydrogen.model.state import State


def test_an_empty_house_has_no_printers_and_an_unmeasured_host() -> None:
    assert State() == State(printers={}, host=HostState())


def test_the_state_is_replaced_never_changed() -> None:
    state = State()
    with pytest.raises(FrozenInstanceError):
        state.host = HostState()  # type: ignore[misc]
    with pytest.raises(TypeError):
        state.printers["ender3"] = None  # type: ignore[index]


def test_its_form_on_the_wire() -> None:
    assert encode_json(plain(State())) == (
        b'{"printers":{},"sensors":{},"host":{"cpu_share":null,"memory_share":null,"disk_free_bytes":null,"temperature_celsius":null,"throttling":null,"disk_total_bytes":null,"disk":null,'
        b'"throttling_since_boot":null,"clock_trusted":null,"swap_share":null},'
        b'"host_trouble":[],"queue":{"length":0,"next":[],"held":{}}}'
    )
