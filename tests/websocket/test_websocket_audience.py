"""What a client hears: its wish, as far as its rights go."""

from __future__ import annotations

import gc
from types import MappingProxyType

import pytest

from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.model.events import (
    TOPICS,
    ErrorRaised,
    Event,
    HostMeasured,
    PrinterPromptClosed,
    SensorMeasured,
    TemperatureMeasured,
)
from hydrogen.model.host import HostState
from hydrogen.model.printer import ErrorReport
from hydrogen.websocket.audience import DEFAULT_TOPICS, Audience, Audiences, Wish, scope_of

EVERYBODY = Principal(name="owner")
GUEST = Principal(name="guest", printers=frozenset({"voron"}))


def heat(printer: str) -> Event:
    return TemperatureMeasured(at=1.0, printer=printer, heater="tool0", actual_celsius=20.0)


def fault(printer: str | None) -> Event:
    return ErrorRaised(at=1.0, printer=printer, error=ErrorReport(code="x", message="", details=MappingProxyType({})))


def audience_of(principal: Principal, **wish: frozenset[str]) -> Audience:
    return Audiences().of(principal, Wish(**wish))


@pytest.mark.parametrize(
    ("event", "is_wanted"),
    [
        (heat("voron"), True),
        (heat("ender3"), False),
        (PrinterPromptClosed(at=1.0, printer="voron"), False),
        (HostMeasured(at=1.0, host=HostState()), False),
        (fault("voron"), True),
        (fault("ender3"), False),
        (fault(None), True),
    ],
)
def test_rights_come_before_the_wish_and_errors_come_always(event: Event, is_wanted: bool) -> None:
    audience = audience_of(GUEST, topics=frozenset({"temperature"}))
    assert audience.wants(event) is is_wanted


def test_wish_for_one_printer_leaves_the_house_and_its_own_events() -> None:
    audience = audience_of(EVERYBODY, printers=frozenset({"ender3"}))
    assert audience.wants(heat("ender3")) and not audience.wants(heat("voron"))
    assert audience.wants(HostMeasured(at=1.0, host=HostState()))


def test_terminal_is_for_those_who_ask_for_it() -> None:
    assert "terminal" not in DEFAULT_TOPICS


def test_clients_that_hear_the_same_share_one_audience() -> None:
    audiences = Audiences()
    first = audiences.of(EVERYBODY, Wish())
    assert audiences.of(Principal(name="other"), Wish(topics=frozenset(DEFAULT_TOPICS))) is first
    assert audiences.of(GUEST, Wish()) is not first
    assert audiences.of(EVERYBODY, Wish(topics=frozenset())) is not first


def test_audience_without_members_is_forgotten() -> None:
    audiences = Audiences()
    audiences.of(EVERYBODY, Wish())
    gc.collect()
    assert not list(audiences._known)


@pytest.mark.parametrize("topic", sorted(TOPICS - {"error"}))
def test_topic_is_heard_by_those_with_its_scope_only(topic: str) -> None:
    without = Principal(name="x", scopes=SCOPES - {scope_of(topic)})
    assert topic in audience_of(EVERYBODY, topics=TOPICS).topics
    assert topic not in audience_of(without, topics=TOPICS).topics


def test_caller_that_may_not_read_hears_of_errors_only() -> None:
    button = Principal(name="button", scopes=frozenset({"emergency"}))
    audience = audience_of(button)
    assert audience.wants(fault("voron"))
    assert not audience.wants(heat("voron"))


def test_sensors_are_heard_with_the_temperatures_those_of_a_printer_by_who_may_see_it() -> None:
    room, box, chamber = (
        SensorMeasured(at=1.0, printer=printer, sensor="x", value=20.0) for printer in (None, "voron", "ender3")
    )
    guest = audience_of(GUEST, topics=frozenset({"temperature"}))
    assert [guest.wants(event) for event in (room, box, chamber)] == [True, True, False]
    assert not audience_of(EVERYBODY, topics=frozenset({"job"})).wants(room)
    assert audience_of(EVERYBODY).wants(chamber)
