"""Thermometers: what their lines look like, and what goes wrong."""

from __future__ import annotations

import json

import pytest

from hydrogen_simulators.sensors.thermometer import GARBAGE, Swing, ThermometerPlan


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("bare", "23.50"),
        ("labelled", "T1:23.5 T2:41.0"),
        ("csv", "23.50,41.00"),
        ("json", '{"t1": 23.5, "t2": 41.0}'),
    ],
)
def test_forms_of_a_line(form, line):
    assert ThermometerPlan(form=form, swings=(Swing(celsius=23.5), Swing(celsius=41))).line(1) == line


def test_a_room_swings():
    plan = ThermometerPlan(form="json", swings=(Swing(celsius=20, amplitude=2, period_seconds=8),), every_seconds=2)
    assert [json.loads(plan.line(n))["t1"] for n in (1, 2, 3, 4)] == [20, 22, 20, 18]


def test_garbage_and_silence_come_on_order():
    plan = ThermometerPlan(garbage_every=3, silent_after=4)
    assert [plan.line(n) for n in range(1, 7)] == ["21.00", "21.00", GARBAGE, "21.00", None, None]


@pytest.mark.parametrize(("field", "value"), [("form", "xml"), ("every_seconds", 0)])
def test_impossible_thermometers_are_refused(field, value):
    with pytest.raises(ValueError, match=str(value)):
        ThermometerPlan(**{field: value})
