"""Dialects against the virtual printers: who is recognised, and does the printer do what its dialect says?"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import reduce
from operator import xor
from pathlib import Path

import pytest

from hydrogen.gcode.dialect import DIALECTS, GENERIC, Dialect, dialect_of
from hydrogen.gcode.emergency import EMERGENCY_WORDS, Notice
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.replies import (
    Acknowledged,
    CapabilityReported,
    FirmwareError,
    FirmwareReported,
    LineNumberError,
    Reply,
    ResendRequested,
    Started,
    TemperatureReported,
    Text,
    parse_firmware,
    parse_reply,
)
from hydrogen_simulators.firmware.marlin import HeaterFailure, VirtualMarlin
from hydrogen_simulators.personas import PERSONAS, persona_named

INTENDED = {
    "marlin-2": "marlin",
    "marlin-2-avr": "marlin",
    "marlin-2-stm32": "marlin",
    "marlin-2-wide": "marlin",
    "marlin-1.1": "marlin-1",
    "lulzbot-taz": "marlin-1",
    "prusa-mk3": "prusa-mk3",
    "prusa-mk2": "prusa-mk2",
    "prusa-mini": "prusa-buddy",
    "creality": "creality",
    "ender-3-v2": "creality",
    "anycubic-i3-mega": "anycubic",
    "anycubic-vyper": "anycubic",
    "anycubic-i3-mega-32": "anycubic-32",
    "repetier": "repetier",
    "smoothieware": "smoothieware",
    "reprapfirmware": "reprapfirmware",
    "reprapfirmware-3": "reprapfirmware-3",
    "klipper": "klipper",
    "teacup": "teacup",
}

INFORMATION = re.compile(
    "|".join(
        (
            r"//(?! *action:).*",  # Klipper's advice around its `!!`, and its `Ready`
            r"(?:echo|[Ii]nfo|WARNING):(?! *(?:busy|Unknown command|cold extrusion|Homing Failed)).*",
            r"PowerUp|Smoothie|SD card ok|hello|adc_init|Taring probe|Loading DWIN .*|mount: .*|app fs start: 0",
            r"(?:Marlin|Compiled:|Detected EEPROM|Free RAM:|Printed filament:).*",
            r"(?:Begin|End) file list|Not SD printing\.?|open failed, File: x\.g\.|Reporting endstop status",
            r"(?:[xyz]_min|filament): \w+|stepper_x:open .*|FR:100%|M106 P0 S\d+|area:.*",
            r"(?:Fanspeed|FlowMultiply|SelectExtruder|TargetExtr0|TargetBed):\d+",
            r"Heating Failed|Thermal Runaway|M112 called\. Emergency Stop\.",  # Prusa: the cause behind `Printer halted`
        )
    )
)
"""What a printer says for people only."""

SCENES = (
    (
        *("M115", "M105", "M114", "M27", "M20", "M20 L", "M21", "M23 x.g", "M119", "M503", "M155 S1", "G999", "FOO"),
        *("", "M117 hi", "M118 hello", "M106 S9", "M220", "M302", "M31", "M73 P1", "G2 X10", "T0", "G1 E5", "G1 X9999"),
        *("G28", "G1 X5 E5", "M140 S40", "M109 S60", "M0 Click", "M108", "M112", "G1 X1", "M999", "FIRMWARE_RESTART"),
    ),
    ("N0 M110 N0*125", "N1 G90*18", "N2 G91*3", "N9 G91*20", "N10 G91*19", "N3 G90", "G90*3", "N2 G90*17", "N3 M999*1"),
    ("M104 S200", "M105", "\x18", "G1 X1", "M105"),
)
"""A talk about everything, one with damaged and disordered lines, and one in which a heater breaks and the board halts."""

UNPROVEN = frozenset({"anycubic-i3-mega-32"})
"""Virtual printers that obey more early words than the transcript of their board proves: the dialect promises less."""

DOCUMENT = Path(__file__).parents[2] / "docs" / "dialects.md"


def numbered(number: int, command: str, damage: int = 0) -> str:
    """A line with number and checksum; `damage` makes the checksum wrong."""
    body = f"N{number} {command}"
    return f"{body}*{reduce(xor, body.encode('latin-1')) ^ damage}"


class Talk:
    """A virtual printer that has booted, and what it says as replies."""

    def __init__(self, persona: str) -> None:
        self.printer = VirtualMarlin(replace(persona_named(persona).settings, instant_motion=True), seed=3)
        self.now = 0.0
        self.printer.power_on(0.0)
        self.greeting = [line.decode("latin-1") for line in self._heard()]
        self.wait(0.5)

    def send(self, *lines: str) -> list[Reply]:
        self.printer.receive("".join(line + "\n" for line in lines).encode("latin-1"), self.now)
        return [parse_reply(line) for line in self._heard()]

    def wait(self, seconds: float) -> list[Reply]:
        self.now += seconds
        self.printer.handle_deadline(self.now)
        return [parse_reply(line) for line in self._heard()]

    def begin(self) -> None:
        """Home, and count from 100."""
        self.send("G28")
        self.wait(1.0)
        self.send(numbered(100, "M110 N100"))

    @property
    def moves(self) -> int:
        return self.printer.ledger.move_count

    def _heard(self) -> list[bytes]:
        return [line for line in self.printer.data_to_send().split(b"\n") if line.strip()]


def identified(talk: Talk) -> FirmwareReported:
    """What M115 says, on a line of its own or behind the `ok`."""
    for reply in talk.send("M115"):
        if isinstance(reply, FirmwareReported):
            return reply
        if isinstance(reply, Acknowledged) and (found := parse_firmware(reply.text)) is not None:
            return found
    raise AssertionError("M115 was not answered")


def oks(replies: list[Reply]) -> int:
    return sum(isinstance(reply, Acknowledged) for reply in replies)


def resends(replies: list[Reply]) -> list[int | None]:
    return [reply.number for reply in replies if isinstance(reply, ResendRequested)]


def test_every_persona_has_an_intended_dialect() -> None:
    assert INTENDED.keys() == PERSONAS.keys()
    assert set(INTENDED.values()) | {"generic"} == DIALECTS.keys()


@pytest.mark.parametrize("persona", PERSONAS)
def test_persona_is_recognised_by_its_answer_to_m115(persona: str) -> None:
    talk = Talk(persona)
    firmware = identified(talk)
    for greeting in (talk.greeting, []):
        found = dialect_of(greeting, firmware.name, machine_type=firmware.machine_type, fields=firmware.fields)
        assert found.name == INTENDED[persona]


@pytest.mark.parametrize(
    ("persona", "dialect"),
    [
        ("marlin-2", "marlin"),
        ("marlin-1.1", "marlin-1"),
        ("prusa-mk3", "prusa-mk3"),
        ("prusa-mini", "prusa-buddy"),
        ("anycubic-vyper", "marlin"),
        ("repetier", "repetier"),
        ("smoothieware", "smoothieware"),
        ("klipper", "generic"),
        ("reprapfirmware", "generic"),
        ("teacup", "generic"),
    ],
)
def test_greeting_alone_tells_the_family_or_nothing(persona: str, dialect: str) -> None:
    assert dialect_of(Talk(persona).greeting).name == dialect


@pytest.mark.parametrize(
    ("greeting", "name", "machine", "fields_"),
    [
        ([], "", "", {}),
        (["start", "hello"], "Sailfish v7.7", "Replicator", {}),
        ([], "not Klipper", "", {}),
        ([], "", "Creality Ender-3", {}),
        (["I was a Smoothie once", "echo:M117 Marlin 2.0"], "", "", {}),
        (["Free RAM: unknown"], "?", "?", {"FIRMWARE_VERSION": "3.3"}),
    ],
)
def test_unknown_firmware_is_generic(greeting: list[str], name: str, machine: str, fields_: dict[str, str]) -> None:
    assert dialect_of(greeting, name, machine_type=machine, fields=fields_) is GENERIC


@pytest.mark.parametrize(
    ("name", "machine", "version", "dialect"),
    [
        ("Prusa-Firmware 3.13.3 based on Marlin", "Prusa i3 MK2.5S", "", "prusa-mk3"),
        ("Prusa-Firmware-Buddy 6.0.0 (Github)", "Prusa-MK4", "", "prusa-buddy"),
        ("RepRapFirmware for Duet 3 MB6HC", "", "3.5.1", "reprapfirmware-3"),
        ("RepRapFirmware for Duet WiFi", "", "1.21", "reprapfirmware"),
        ("RepRapFirmware", "", "", "reprapfirmware-3"),
        ("Marlin Ver 1.0.1.3", "Ender-3 Pro", "", "creality"),
        ("Marlin V1; Sprinter/grbl mashup for gen6", "Mendel", "", "marlin-1"),
        ("Marlin 2.1.2.4 (Jul 1 2024)", "Voron", "", "marlin"),
        ("Marlin", "Something", "", "marlin"),
    ],
)
def test_names_in_the_field(name: str, machine: str, version: str, dialect: str) -> None:
    assert dialect_of([], name, fields={"MACHINE_TYPE": machine, "FIRMWARE_VERSION": version}).name == dialect


def test_the_machine_type_may_come_with_the_fields() -> None:
    firmware = parse_reply(b"FIRMWARE_NAME:Marlin bugfix-1.1.x MACHINE_TYPE:Creality CR-10S EXTRUDER_COUNT:1")
    assert isinstance(firmware, FirmwareReported)
    assert dialect_of([], firmware.name, fields=firmware.fields) is DIALECTS["creality"]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("scene", SCENES, ids=["everything", "damage", "halt"])
def test_no_persona_says_a_line_that_means_something_and_is_text(persona: str, scene: tuple[str, ...]) -> None:
    talk = Talk(persona)
    if scene is SCENES[-1]:
        talk.printer.fail_heater("E0", HeaterFailure.COLD, talk.now)
    replies = [parse_reply(line.encode("latin-1")) for line in talk.greeting]
    for line in scene:
        replies += talk.send(line)
        replies += talk.wait(60.0 if line else 3.0)
    texts = [reply.text for reply in replies if isinstance(reply, Text)]
    assert [text for text in texts if INFORMATION.fullmatch(text) is None] == []
    assert len(replies) > len(texts)


# ------------------------------------------------------------------------- does the printer do what its dialect says?


@pytest.mark.parametrize("persona", PERSONAS)
def test_numbers_are_judged_as_the_dialect_says(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    talk.begin()
    before = talk.moves
    talk.send(numbered(500, "G1 X7"))
    runs_out_of_order = talk.moves > before
    assert runs_out_of_order == (dialect.numbers != "checked")
    talk.begin()
    before = talk.moves
    talk.send(numbered(101, "G1 X9", damage=5))
    runs_damaged = talk.moves > before
    assert runs_damaged == (dialect.numbers == "ignored")


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_damaged_line_is_refused_as_the_dialect_says(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    if dialect.numbers == "ignored":
        return
    talk.begin()
    said = talk.send(numbered(101, "G1 X9", damage=5))
    match dialect.refusal:
        case "resend":
            assert 101 in resends(said)
            assert oks(said) == int(dialect.ok_follows_resend)
        case "silence":
            assert said == []
        case "ok":
            assert [type(reply) for reply in said] == [LineNumberError, Acknowledged]


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_gap_in_the_numbers_is_answered_as_the_dialect_says(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    talk.begin()
    said = talk.send(numbered(109, "G1 X9"))
    if dialect.numbers == "checked":
        assert resends(said) == [101]
        assert oks(said) == int(dialect.ok_follows_resend)
    else:
        assert resends(said) == []
        assert oks(said) == 1


@pytest.mark.parametrize("persona", PERSONAS)
def test_an_ok_says_planned_or_queued_as_the_dialect_says(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    at_once = oks(talk.send("G4 P3000"))
    assert at_once == int(dialect.ok_comes_when == "queued")


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_heat_wait_ends_by_the_word_of_the_dialect_or_by_none(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    talk.send("M109 S200")
    talk.wait(2.0)
    talk.send("M108")
    said = talk.wait(3.0)
    still_waits = any(isinstance(reply, TemperatureReported) for reply in said)
    assert still_waits == (dialect.breaks_heat_wait_by is None) or persona in UNPROVEN
    assert not still_waits or dialect.breaks_heat_wait_by is None


@pytest.mark.parametrize("persona", PERSONAS)
def test_m112_is_obeyed_during_a_dwell_as_the_dialect_says(persona: str) -> None:
    talk, dialect = Talk(persona), DIALECTS[INTENDED[persona]]
    has_parser = CapabilityReported("EMERGENCY_PARSER", True) in talk.send("M115")
    notice = dialect.notice_of(b"M112", has_parser=has_parser)
    has_room = persona_named(persona).settings.queue_size > 1
    is_promised = notice is Notice.ON_ARRIVAL or (notice is Notice.WHEN_READ and has_room)
    talk.send("G4 P5000")
    talk.send("M112")
    assert talk.printer.is_halted == is_promised or persona in UNPROVEN
    assert talk.printer.is_halted or not is_promised


@pytest.mark.parametrize("persona", [name for name in PERSONAS if name not in UNPROVEN])
def test_words_when_read_are_those_that_the_printer_obeys_then(persona: str) -> None:
    settings = persona_named(persona).settings
    obeyed = {word.encode() for word in settings.speech.words_when_read - settings.lacks}
    if not settings.emergency_parser:
        assert DIALECTS[INTENDED[persona]].words_when_read == obeyed


def test_repetier_restarts_when_it_reads_m112() -> None:
    assert DIALECTS["repetier"].notice_of(b"M112", has_parser=False) is Notice.WHEN_READ
    assert Started() in Talk("repetier").send("M112")


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_halting_byte_halts_where_the_dialect_has_one(persona: str) -> None:
    talk = Talk(persona)
    talk.send("G4 P5000")
    talk.printer.receive(b"\x18", talk.now)
    said = [parse_reply(line) for line in talk._heard()]
    assert talk.printer.is_halted == (DIALECTS[INTENDED[persona]].halting_byte == b"\x18")
    if talk.printer.is_halted:
        assert any(isinstance(reply, FirmwareError) and reply.is_fatal for reply in said)


def test_teacup_asks_by_the_remainder_after_it_has_said_the_whole_number() -> None:
    talk, modulus = Talk("teacup"), DIALECTS["teacup"].resend_modulus
    assert modulus == 256
    talk.begin()
    talk.send(numbered(3000, "G1 X1"))
    assert resends(talk.send(numbered(3001, "G1 X1", damage=9))) == [3001, 3001 % modulus]


@pytest.mark.parametrize("persona", [name for name in PERSONAS if DIALECTS[INTENDED[name]].numbers == "checked"])
def test_the_probe_is_refused_except_at_its_remainder_by_the_modulus(persona: str) -> None:
    talk, modulus = Talk(persona), DIALECTS[INTENDED[persona]].number_modulus
    probe = int(PROBE[1:].split()[0])
    last = probe % (modulus or 65_536) - 1
    talk.send(numbered(last, f"M110 N{last}"))
    said = talk.send(PROBE.decode().rstrip())
    assert resends(said) == ([] if modulus else [last + 1])


# --------------------------------------------------------------------------------------------------- the data itself


def test_no_window_where_it_cannot_be_safe() -> None:
    for dialect in DIALECTS.values():
        if dialect.may_open_window:
            assert dialect.numbers == "checked"
            assert dialect.refusal == "resend"
            assert dialect.ok_follows_resend
            assert dialect.ok_comes_when == "planned"


def test_exactly_once_is_promised_only_where_numbers_are_checked() -> None:
    for dialect in DIALECTS.values():
        assert (dialect.guarantee == "exactly_once") == (dialect.numbers == "checked")


def test_generic_is_the_cautious_default() -> None:
    assert DIALECTS["generic"] is GENERIC
    assert Dialect(name=GENERIC.name, title=GENERIC.title) == GENERIC
    assert not GENERIC.may_open_window
    assert all(GENERIC.notice_of(word, has_parser=False) is Notice.IN_TURN for word in EMERGENCY_WORDS)


def test_marlin_obeys_all_words_on_arrival_with_a_parser_and_three_when_read_without() -> None:
    marlin = DIALECTS["marlin"]
    assert {marlin.notice_of(word, has_parser=True) for word in EMERGENCY_WORDS} == {Notice.ON_ARRIVAL}
    early = {word for word in EMERGENCY_WORDS if marlin.notice_of(word, has_parser=False) is Notice.WHEN_READ}
    assert early == EMERGENCY_WORDS - {b"M876"}


def test_a_dialect_is_a_value() -> None:
    for name, dialect in DIALECTS.items():
        assert name == dialect.name
        assert hash(dialect) == hash(replace(dialect))
        assert dialect.words_on_arrival | dialect.words_when_read <= EMERGENCY_WORDS
        assert dialect.breaks_heat_wait_by in {None, b"M108"}


def test_the_document_has_a_row_for_every_dialect_and_a_word_on_every_field() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE))
    assert DIALECTS.keys() <= rows
    for field in fields(Dialect):
        assert f"`{field.name}`" in text
