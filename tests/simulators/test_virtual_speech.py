"""The record of texts: what it promises of its templates."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import Complaints, HaltForm, Power, Speech, TemperatureForm
from hydrogen_simulators.personas import PERSONAS

VALUES = {"last": 1, "expected": 2, "got": 300, "got8": 44, "computed": 5, "given": 6, "line": "N3 G1*6"}


@pytest.mark.parametrize("name", PERSONAS)
def test_every_complaint_can_be_said(name):
    complaints = PERSONAS[name].settings.speech.complaints
    for field in fields(Complaints):
        for template in getattr(complaints, field.name):
            assert "{" not in template.format(**VALUES)


@pytest.mark.parametrize("name", PERSONAS)
def test_every_end_can_be_said(name):
    halt = PERSONAS[name].settings.speech.halt
    for template in (*halt.words, *halt.m112_words, *halt.byte_words, *halt.heat_words, *halt.refusal, *halt.revived):
        assert template.format(reason="r", said="s", shown="w", heater="E0", command="G1") or template == ""


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (TemperatureForm(), "T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0"),
        (TemperatureForm(power=Power.NONE, decimals=1), "T:19.4 /0.00 B:19.4 /0.00"),
        (TemperatureForm(bed_first=True, power=Power.NONE), "B:19.38 /0.00 T:19.38 /0.00"),
        (TemperatureForm(tool_key="", power=Power.NONE), "B:19.38 /0.00 T0:19.38 /0.00"),
        (TemperatureForm(power=Power.BED_FIRST, target_decimals=0), "T:19.38 /0 B:19.38 /0 B@:0 @:0"),
        (TemperatureForm(power=Power.BESIDE), "T:19.38 /0.00 @0 B:19.38 /0.00 @0"),
        (TemperatureForm(shows_targets=False, extra=" A:30", suffix=" P:1"), "T:19.38 B:19.38 A:30 @:0 B@:0 P:1"),
    ],
)
def test_temperatures_take_every_form(form, text, talk):
    assert talk(speech=Speech(temperatures=form)).send("M105") == f"ok {text}\n"


def test_power_is_shown_on_the_firmwares_own_scale(talk):
    printer = talk(speech=Speech(temperatures=TemperatureForm(full_power=255)))
    printer.send("M104 S250")
    printer.wait(2)
    assert " @:255 B@:0\n" in printer.send("M105")


def test_speech_is_data_that_can_be_changed_in_one_place(talk):
    quiet = replace(Speech(), mutes=frozenset({"G92", "G28"}), halt=HaltForm(words=("gone: {reason}",)))
    printer = talk(speech=quiet)
    assert printer.send("G92 E0") == "ok P15 B3\n"
    printer.send("G28")
    assert "X:" not in printer.wait(60)
    printer.printer.halt("why", printer.now)
    assert printer.heard() == "gone: why\n"
    assert MarlinSettings(speech=quiet) != MarlinSettings()
