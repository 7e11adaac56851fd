"""The thermal model."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.heater import Heater
from hydrogen_simulators.firmware.settings import BED, HOTEND


@pytest.mark.parametrize(("kind", "target", "seconds"), [(HOTEND, 210, 90), (BED, 60, 80)])
def test_heater_reaches_its_target_and_stays(kind, target, seconds):
    heater = Heater("E0", kind, 21.0)
    heater.set_target(target, 0.0)
    heater.advance(1.0)
    assert heater.actual_celsius < 25
    heater.advance(seconds)
    assert heater.actual_celsius == pytest.approx(target, abs=1.5)
    heater.advance(seconds + 300)
    assert heater.actual_celsius == pytest.approx(target, abs=0.1)
    assert 0 < heater.reading.power < 127


def test_result_does_not_depend_on_how_often_it_is_asked():
    often, rarely = Heater("E0", HOTEND, 21.0), Heater("E0", HOTEND, 21.0)
    for heater in (often, rarely):
        heater.set_target(200, 0.0)
    for tenth in range(1, 501):
        often.advance(tenth / 10)
    rarely.advance(50.0)
    assert often.actual_celsius == pytest.approx(rarely.actual_celsius, abs=1e-9)


def test_heater_cools_to_the_room():
    heater = Heater("E0", HOTEND, 21.0)
    heater.set_target(200, 0.0)
    heater.advance(100)
    heater.set_target(0, 100)
    heater.advance(100_000)
    assert heater.actual_celsius == pytest.approx(21.0, abs=0.01)
