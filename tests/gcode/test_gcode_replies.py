from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import ErrorCodes
from hydrogen.gcode.replies import (
    Acknowledged,
    ActionRequested,
    Busy,
    CapabilityReported,
    FirmwareError,
    FirmwareReported,
    Idle,
    LineNumberError,
    PositionReported,
    Reply,
    ResendRequested,
    Skipped,
    Started,
    TemperatureReported,
    Text,
    TuningReported,
    UnknownCommand,
    parse_firmware,
    parse_position,
    parse_reply,
)

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "transcripts").glob("*.txt"))

words = st.sampled_from(
    [
        b"ok",
        b" N",
        b"13",
        b" P15",
        b" B3",
        b"Resend:",
        b"rs ",
        b"Error:",
        b"Last Line: ",
        b"T:",
        b"B:",
        b" /",
        b"@:0",
        b"W:?",
        b"echo:",
        b"busy:",
        b"//action:",
        b"!! ",
        b"X:",
        b"Y:",
        b"Z:",
        b"-",
        b"1.5",
        b"FIRMWARE_NAME:",
        b"EXTRUDER_COUNT:",
        b"Cap:",
        b"start",
        b"wait",
        b"skip ",
        b"rs N",
        b"fatal:",
        b"ALARM:",
        b"\xff",
        b"\x00",
        b" ",
        b"99999999999999999999",
        b"nan",
        b"Unknown command:",
        b'"',
        b"\xc2\xb2",
    ]
)


def test_numbered_ok_may_carry_temperatures_as_well() -> None:
    reply = parse_reply(b"ok N7603 P15 B4 T:21.50 /0.00 B:22.00 /60.00 @:0 B@:127")
    assert isinstance(reply, Acknowledged)
    assert (reply.number, reply.planner_free, reply.slots_free) == (7603, 15, 4)
    assert reply.temperatures is not None
    assert {r.heater: r.actual_celsius for r in reply.temperatures.readings} == {"tool0": 21.5, "bed": 22.0}
    unnumbered = parse_reply(b"ok P15 B3 T:21.50 /0.00")
    assert isinstance(unnumbered, Acknowledged)
    assert unnumbered.number is None
    assert unnumbered.temperatures is not None


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 5


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_line_of_a_transcript_has_its_type(transcript: Path) -> None:
    lines = [line for line in transcript.read_text(encoding="utf-8").splitlines() if line.startswith("<")]
    assert lines
    for line in lines:
        expected, _, said = line[1:].partition("|")
        reply = parse_reply(said.replace("\\r", "\r").encode())
        assert type(reply).__name__ == expected, said


@given(st.binary(max_size=120) | st.lists(words | st.binary(max_size=3), max_size=10).map(b"".join))
def test_parse_reply_takes_any_bytes(line: bytes) -> None:
    assert isinstance(parse_reply(line), get_args(Reply))


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"ok", Acknowledged()),
        (b"ok\r", Acknowledged()),
        (b"ok ", Acknowledged()),
        (b"ok N13 P15 B3", Acknowledged(number=13, planner_free=15, slots_free=3)),
        (b"ok N13 P15 B3\r", Acknowledged(number=13, planner_free=15, slots_free=3)),
        (b"ok P0 B0", Acknowledged(planner_free=0, slots_free=0)),
        (b"ok N7", Acknowledged(number=7)),
        (b"ok 13", Acknowledged(number=13, text="13")),
        (b"ok N:5", Acknowledged(number=5, text="N:5")),
        (b"ok C: X:0.0000 Y:1.0000", Acknowledged(text="C: X:0.0000 Y:1.0000")),
        (b"ok E: Bad G-code 999", Acknowledged(text="E: Bad G-code 999")),
        (b"ok - ignored", Acknowledged(text="- ignored")),
        (b"ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:?", Acknowledged(text="FIRMWARE_NAME:Klipper FIRMWARE_VERSION:?")),
    ],
)
def test_acknowledgements_tell_what_they_carry(line: bytes, reply: Acknowledged) -> None:
    assert parse_reply(line) == reply


def test_the_ok_of_m105_carries_the_temperatures() -> None:
    reply = parse_reply(b"ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0")
    assert isinstance(reply, Acknowledged)
    assert reply.number is None
    assert reply.temperatures is not None
    assert [reading.heater for reading in reply.temperatures.readings] == ["tool0", "bed"]


@pytest.mark.parametrize("line", [b"okok", b"okay", b"o", b"OK", b"not ok", b"okT:20", b"echo:ok"])
def test_what_only_looks_like_an_ok_acknowledges_nothing(line: bytes) -> None:
    assert isinstance(parse_reply(line), Text)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"Resend: 5", 5),
        (b"Resend:5", 5),
        (b"Resend: 5\r", 5),
        (b"Resend: N5", 5),
        (b"resend: 5", 5),
        (b"rs N5", 5),
        (b"rs 5", 5),
        (b"rs  5", 5),
        (b"rs N13 Expected checksum 42", 13),
        (b"rs N13 Expected", None),
        (b"Resend: -2", -2),
        (b"Resend:", None),
        (b"Resend: 5O03", None),
        (b"Resend: \xff", None),
        (b"Resend: 99999999999", None),
    ],
)
def test_resend_numbers_are_believed_only_when_they_are_numbers(line: bytes, number: int | None) -> None:
    assert parse_reply(line) == ResendRequested(number)


@pytest.mark.parametrize(
    ("line", "kind", "last_line"),
    [
        (b"Error:checksum mismatch, Last Line: 4", "checksum", 4),
        (b"Error:Line Number is not Last Line Number+1, Last Line: 5002", "number", 5002),
        (b"Error:No Checksum with line number, Last Line: 27", "no_checksum", 27),
        (b"Error:No Line Number with checksum, Last Line: 3", "other", 3),
        (b"Error: checksum mismatch, Last Line: -1\r", "checksum", -1),
        (b"Error:something damaged, Last Line: 8", "other", 8),
        (b"Error:checksum mismatch, Last L", "checksum", None),
        (b"Error:expected line 14 got 16", "number", 13),
        (b"Error:Wrong checksum", "checksum", None),
        (b"Error:Missing checksum", "no_checksum", None),
        (b"Error:Format error", "other", None),
        (b"//last:6 curr:8 rcv:N8 G1 X1", "number", 6),
        (b"//####checkSum error expect:0x13,actual:0x14!str:N2 G91*20", "checksum", None),
    ],
)
def test_rejected_lines_tell_why_and_the_last_accepted_number(line: bytes, kind: str, last_line: int | None) -> None:
    reply = parse_reply(line)
    assert isinstance(reply, LineNumberError)
    assert (reply.kind, reply.last_line) == (kind, last_line)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"Error:Printer halted. kill() called!", "printer_halted"),
        (b"Error:!! KILL caused by KILL button/pin", "printer_halted"),
        (b"Error:Heating failed, system stopped! Heater_ID: E0", "thermal_runaway"),
        (b"Error:Thermal Runaway, system stopped! Heater_ID: 0", "thermal_runaway"),
        (b"Error:MAXTEMP triggered, system stopped! Heater_ID: E0", "temperature_limit"),
        (b"Error:MINTEMP triggered, system stopped! Heater_ID: bed", "temperature_limit"),
        (b"Error:0: Extruder switched off. MINTEMP triggered !", "temperature_limit"),
        (b"echo:Homing Failed", "homing_failed"),
        (b"Error:Homing failed", "homing_failed"),
        (b"// Klipper state: Shutdown", "printer_halted"),
        (b"!! Shutdown due to M112 command", "printer_halted"),
        (b"!! MCU 'mcu' shutdown: Timer too close", "printer_halted"),
        (b"!! Heater extruder not heating at expected rate", "thermal_runaway"),
        (b"Printer stopped due to errors. Fix the error and use M999 to restart.", "printer_halted"),
    ],
)
def test_the_end_of_a_printer_is_fatal_and_names_its_cause(line: bytes, code: str) -> None:
    reply = parse_reply(line)
    assert isinstance(reply, FirmwareError)
    assert (reply.code, reply.is_fatal) == (code, True)
    assert reply.code in ErrorCodes.HALT


@pytest.mark.parametrize(
    "line",
    [
        b"Error:G2/G3 bad parameters",
        b"Error:Serial status mismatch",
        b"!! Move out of range: 999.000 10.000 0.000 [0.000]",
        b"!! bad",
    ],
)
def test_ordinary_complaints_stop_nothing(line: bytes) -> None:
    reply = parse_reply(line)
    assert isinstance(reply, FirmwareError)
    assert (reply.code, reply.is_fatal) == ("firmware_error", False)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"M106 P0 S128", TuningReported("fan", 0, 128.0)),
        (b"M106 P7 S0\r", TuningReported("fan", 7, 0.0)),
        (b"FR:100%", TuningReported("speed", 0, 100.0)),
        (b"echo:E0 Flow: 95%", TuningReported("flow", 0, 95.0)),
        (b"E1 Flow: 95%", TuningReported("flow", 1, 95.0)),
    ],
)
def test_fans_speed_and_flow_are_told(line: bytes, reply: TuningReported) -> None:
    assert parse_reply(line.rstrip(b"\r")) == reply


@pytest.mark.parametrize(
    "line", [b"M106 P0 S", b"M106 P0", b"M106 P0 S128 more", b"FR:%", b"FR:100", b"echo:M106 P0 S1", b"echo:E0 Flow: %"]
)
def test_half_a_word_of_them_is_text(line: bytes) -> None:
    assert isinstance(parse_reply(line), Text)


@pytest.mark.parametrize(
    "line", [b"start", b"start\r", b"\x00start", b"\xff\x00start", b"// Klipper state: Disconnect"]
)
def test_a_board_that_comes_up_is_noticed_behind_the_noise_of_its_reset(line: bytes) -> None:
    assert parse_reply(line) == Started()


@pytest.mark.parametrize("line", [b"starting", b"Print start", b"echo:start", b"okstart", b"// Klipper state: Ready"])
def test_other_starts_are_text(line: bytes) -> None:
    assert isinstance(parse_reply(line), Text)


@pytest.mark.parametrize("line", [b"wait", b"wait\r", b"\x00wait"])
def test_an_idle_firmware_says_so(line: bytes) -> None:
    assert parse_reply(line) == Idle()


@pytest.mark.parametrize("line", [b"waiting", b"wait 5", b"echo:wait", b"w", b"Wait"])
def test_other_waits_are_text(line: bytes) -> None:
    assert isinstance(parse_reply(line), Text)


def test_a_skipped_line_is_named() -> None:
    assert parse_reply(b"skip 13") == Skipped(13)
    assert parse_reply(b"skip 13\r") == Skipped(13)
    assert isinstance(parse_reply(b"skip it"), Text)
    assert isinstance(parse_reply(b"skip 13 of 14"), Text)


def test_busy_says_what_the_printer_does() -> None:
    assert parse_reply(b"echo:busy: processing") == Busy("processing")
    assert parse_reply(b"echo:busy: paused for user") == Busy("paused for user")
    assert parse_reply(b"busy:processing") == Busy("processing")


@pytest.mark.parametrize(
    ("line", "position"),
    [
        (b"X:0.00 Y:-1.50 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000", PositionReported(x=0.0, y=-1.5, z=5.0, e=0.0)),
        (b"X:0.000 Y:0.000 Z:0.000 E:0.000", PositionReported(x=0.0, y=0.0, z=0.0, e=0.0)),
        (b"X:1 Y:2 Z:3", PositionReported(x=1.0, y=2.0, z=3.0, e=None)),
    ],
)
def test_positions_are_the_planned_end_point(line: bytes, position: PositionReported) -> None:
    assert parse_reply(line) == position
    assert parse_position(line.decode()) == position


def test_positions_of_smoothieware_and_teacup_stand_behind_their_ok() -> None:
    for line, position in (
        (b"ok C: X:0.0000 Y:1.5000 Z:2.0000 E:3.0000", PositionReported(x=0.0, y=1.5, z=2.0, e=3.0)),
        (b"ok X:1.000,Y:2.000,Z:3.000,E:4.000,F:1500", PositionReported(x=1.0, y=2.0, z=3.0, e=4.0)),
    ):
        reply = parse_reply(line)
        assert isinstance(reply, Acknowledged)
        assert parse_position(reply.text) == position


def test_actions_carry_their_argument() -> None:
    assert parse_reply(b"RequestPause:Extruder Jam Detected!") == ActionRequested("pause", "Extruder Jam Detected!")
    assert parse_reply(b"//action:prompt_begin Click please\r") == ActionRequested("prompt_begin", "Click please")
    assert parse_reply(b"// action:cancel") == ActionRequested("cancel", "")
    assert parse_reply("//action:notification Düse heiß".encode()) == ActionRequested("notification", "Düse heiß")
    assert parse_reply(b"//action:") == Text("//action:")


def test_capabilities_are_on_or_off() -> None:
    assert parse_reply(b"Cap:EMERGENCY_PARSER:1") == CapabilityReported("EMERGENCY_PARSER", True)
    assert parse_reply(b"Cap:Z_PROBE:0\r") == CapabilityReported("Z_PROBE", False)
    assert parse_reply(b"Cap:BROKEN") == Text("Cap:BROKEN")


def test_unknown_commands_are_quoted() -> None:
    assert parse_reply(b'echo:Unknown command: "G29"') == UnknownCommand("G29")
    assert parse_reply(b'// Unknown command:"M155"') == UnknownCommand("M155")
    assert parse_reply(b'echo:Unknown command: ""') == UnknownCommand("")
    assert parse_reply(b"Unknown command:G999") == UnknownCommand("G999")
    assert parse_reply(b"Bad command: M155 S1") == UnknownCommand("M155 S1")
    assert parse_reply(b"Error: Bad command: M155 S1") == UnknownCommand("M155 S1")


def test_firmware_values_keep_their_blanks_and_colons() -> None:
    reply = parse_reply(
        b"FIRMWARE_NAME:Marlin bugfix-2.1.x (Nov 22 2026 19:12:08) SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin "
        b"PROTOCOL_VERSION:1.0 MACHINE_TYPE:Marlin Native KINEMATICS:Cartesian EXTRUDER_COUNT:2 UUID:cede2a2f"
    )
    assert isinstance(reply, FirmwareReported)
    assert reply.name == "Marlin bugfix-2.1.x (Nov 22 2026 19:12:08)"
    assert reply.machine_type == "Marlin Native"
    assert reply.extruder_count == 2
    assert reply.fields["SOURCE_CODE_URL"] == "https://github.com/MarlinFirmware/Marlin"
    assert list(reply.fields) == [
        "FIRMWARE_NAME",
        "SOURCE_CODE_URL",
        "PROTOCOL_VERSION",
        "MACHINE_TYPE",
        "KINEMATICS",
        "EXTRUDER_COUNT",
        "UUID",
    ]


def test_klipper_identifies_itself_behind_its_ok() -> None:
    reply = parse_reply(b"ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12")
    assert isinstance(reply, Acknowledged)
    firmware = parse_firmware(reply.text)
    assert firmware is not None
    assert (firmware.name, firmware.extruder_count, firmware.fields["FIRMWARE_VERSION"]) == ("Klipper", 1, "v0.12")


def test_what_has_no_name_identifies_nothing() -> None:
    assert parse_firmware("MACHINE_TYPE:x") is None


def test_heat_up_lines_are_reports_that_wait() -> None:
    reply = parse_reply(b" T:170.23 /210.00 B:19.38 /0.00 @:127 B@:0 W:?")
    assert isinstance(reply, TemperatureReported)
    assert reply.report.is_waiting


@pytest.mark.parametrize("line", [b"", b" ", b"\x00", b"\xff\xfe", b"\n"])
def test_nothing_and_noise_are_text(line: bytes) -> None:
    assert isinstance(parse_reply(line), Text)


def test_text_that_is_not_utf8_stays_readable() -> None:
    assert parse_reply(b"echo:caf\xe9") == Text("echo:café")
