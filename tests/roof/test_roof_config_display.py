"""The camera and the presets, from their tables."""

from __future__ import annotations

import pytest

from hydrogen.config import configuration_from_table, configured_printers
from hydrogen.config_display import PresetSection, WebcamSection, presets_of
from hydrogen.errors import ConfigurationInvalid
from hydrogen.fleet.printer import TemperaturePreset, Webcam

STREAM = "http://pi:8080/?action=stream"


def test_without_an_address_there_is_no_camera() -> None:
    assert WebcamSection(name="Bed").webcam() is None
    assert WebcamSection(stream_url=STREAM, rotate_90=True).webcam() == Webcam(stream_url=STREAM, rotate_90=True)


def test_presets_keep_their_order() -> None:
    made = presets_of({"PLA": PresetSection(nozzle_celsius=205.0, bed_celsius=60.0), "Off": PresetSection()})
    assert made == (
        TemperaturePreset(name="PLA", nozzle_celsius=205.0, bed_celsius=60.0),
        TemperaturePreset(name="Off"),
    )


def test_a_printers_own_tables_take_the_place_of_the_houses() -> None:
    table = {
        "webcam": {"stream_url": "/webcam/?action=stream"},
        "temperature_presets": {"PLA": {"nozzle_celsius": 205.0}},
        "printers": {
            "a": {"driver": "marlin", "port": "/dev/a"},
            "b": {
                "driver": "marlin",
                "port": "/dev/b",
                "webcam": {"stream_url": STREAM, "aspect_ratio": "4:3"},
                "temperature_presets": {"ABS": {"nozzle_celsius": 240.0, "chamber_celsius": 50.0}},
            },
        },
    }
    first, second = configured_printers(configuration_from_table(table, "test"))
    assert first.display.webcam == Webcam(stream_url="/webcam/?action=stream")
    assert [preset.name for preset in first.display.presets] == ["PLA"]
    assert second.display.webcam == Webcam(stream_url=STREAM, aspect_ratio="4:3")
    assert second.display.presets == (TemperaturePreset(name="ABS", nozzle_celsius=240.0, chamber_celsius=50.0),)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"webcam": {"stream_url": "javascript:alert(1)"}}, "webcam.stream_url"),
        ({"webcam": {"stream": STREAM}}, "webcam.stream"),
        ({"temperature_presets": {"PLA": {"nozzle_celsius": 2000.0}}}, "temperature_presets.PLA.nozzle_celsius"),
        ({"temperature_presets": {"": {}}}, "temperature_presets"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(table: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        configuration_from_table(table, "test")
    assert str(refused.value.details["key"]).startswith(key)
