"""An alarm as an error of the house."""

from __future__ import annotations

import json

from hydrogen.errors import DeviceError, ErrorCodes, HeatAlarm, error_from_wire
from hydrogen.spooler.heat.heat_alarm import Alarm, Remedy


def test_an_alarm_names_heater_reading_and_remedy_on_the_wire() -> None:
    alarm = Alarm(code="heater_rising", message="it climbs", remedy=Remedy.END_JOB, heater="bed", celsius=99.5)
    wire = json.loads(json.dumps(alarm.error.as_wire()))
    assert wire["details"] == {"heater": "bed", "celsius": 99.5, "remedy": "end_job"}
    assert isinstance(error_from_wire(wire), HeatAlarm)


def test_every_code_of_the_guard_is_a_devices_error() -> None:
    assert all(issubclass(ErrorCodes.class_of(code), DeviceError) for code in ErrorCodes.HEAT)
    assert Alarm(code="heaters_idle", message="m", remedy=Remedy.COOL_DOWN).error.details == {"remedy": "cool_down"}
