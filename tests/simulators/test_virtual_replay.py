"""A recording becomes a persona that says the same again."""

from __future__ import annotations

import json

import pytest

from hydrogen_simulators.endpoints.recording import Recorder
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.personas import PERSONAS
from hydrogen_simulators.replay import RecordingRefused, persona_from_file, persona_from_recording

QUESTIONS = ["M115", "M503 S0", "M105", "M119", "M114", "G29", "G92 E0", "M106 S128", "M154 S0"]


def portrait_of(settings, path, questions=QUESTIONS):
    """What `hydrogen record` does: the greeting, and questions that move nothing."""
    printer = VirtualMarlin(settings)
    recorder = Recorder(path, {"printer": "somebody's"})
    printer.power_on(0.0)
    recorder.note("printer", printer.data_to_send(), 0.0)
    for question in questions:
        recorder.note("host", question.encode() + b"\n", 1.0)
        printer.receive(question.encode() + b"\n", 1.0)
        recorder.note("printer", printer.data_to_send(), 1.0)
    recorder.close()
    return path


def answers(settings, questions=QUESTIONS):
    printer = VirtualMarlin(settings)
    printer.power_on(0.0)
    said = [printer.data_to_send()]
    for question in questions:
        printer.receive(question.encode() + b"\n", 1.0)
        said.append(printer.data_to_send())
    return said


@pytest.mark.parametrize(
    "name",
    [
        "marlin-2",
        "marlin-2-avr",
        "marlin-1.1",
        "prusa-mk3",
        "prusa-mini",
        "creality",
        "ender-3-v2",
        "anycubic-vyper",
        "anycubic-i3-mega",
    ],
)
def test_a_recorded_marlin_answers_word_for_word(name, tmp_path):
    settings = PERSONAS[name].settings
    persona = persona_from_file(portrait_of(settings, tmp_path / f"{name}.jsonl"))
    assert answers(persona.settings) == answers(settings)
    assert persona.settings.firmware_name.startswith(settings.firmware_name)
    assert persona.title.endswith("(a recording)")


def test_capabilities_and_forms_are_learnt(tmp_path):
    lines = [
        ("host", "M115"),
        (
            "printer",
            "FIRMWARE_NAME:Foo 7 {x} SOURCE_CODE_URL:https://foo PROTOCOL_VERSION:1.0 MACHINE_TYPE:Foo X EXTRUDER_COUNT:2",
        ),
        ("printer", "Cap:EMERGENCY_PARSER:1"),
        ("printer", "ok"),
        ("host", "N5 M105*36"),
        ("printer", "ok T:21.5 /0.0 T0:21.5 /0.0 A:31.0 /0.0"),
        ("host", "M412"),
        ("printer", 'echo:Unknown command: "M412"'),
        ("printer", "ok"),
    ]
    persona = persona_from_recording("foo", [{"from": who, "text": text} for who, text in lines])
    s = persona.settings
    assert (s.firmware_name, s.machine_name, s.extruder_count) == ("Foo 7 {x}", "Foo X", 2)
    assert (s.emergency_parser, s.has_bed, s.advanced_ok) == (True, False, False)
    assert (s.speech.temperatures.decimals, s.speech.temperatures.repeats_tool) == (1, True)
    assert "M412" in s.lacks
    printer = VirtualMarlin(s)
    printer.receive(b"M115\n", 0)
    assert b"FIRMWARE_NAME:Foo 7 {x} SOURCE" in printer.data_to_send()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no recording"),
        ('{"recording": 2}', "is no recording"),
        ("no JSON", "line 1 is not JSON"),
        ("[]", "line 1 is not an object"),
        ('{"recording": 1}\n{"from": "printer", "text": "ok"}', "never answered M115"),
    ],
)
def test_what_teaches_nothing_is_refused(text, complaint, tmp_path):
    (tmp_path / "talk").write_text(text)
    with pytest.raises(RecordingRefused, match=complaint):
        persona_from_file(tmp_path / "talk")


def test_recording_of_the_simulator_itself_can_be_replayed(tmp_path, start_virtual_printer, open_host):
    first = start_virtual_printer("ttyA", record_file=tmp_path / "talk.jsonl", firmware_name="Marlin of the cellar")
    host = open_host(first.link)
    for question in QUESTIONS:
        host.ask(question, "ok")
    first.stop()
    assert json.loads((tmp_path / "talk.jsonl").read_text().splitlines()[0])["firmware"] == "Marlin of the cellar"
    second = start_virtual_printer("ttyB", persona=persona_from_file(tmp_path / "talk.jsonl"))
    assert "Marlin of the cellar" in open_host(second.link).ask("M115", "\nok")
