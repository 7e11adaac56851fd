from __future__ import annotations

from hydrogen.model.sensor_events import SensorMeasured


def test_sensors_have_no_topic_of_their_own_and_merge_each_for_itself() -> None:
    readings = [
        SensorMeasured(at=1.0, printer=printer, sensor=sensor, value=20.0)
        for sensor, printer in (("room", None), ("chamber", "p"), ("chamber", "p"))
    ]
    assert {reading.topic for reading in readings} == {"temperature"}
    assert len({reading.sample_key for reading in readings}) == 2
