"""The virtual Marlin against ``facts/marlin.md``: connecting, ordinary commands, the card slot."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"
GREETING = (
    "start\nPowerUp\nMarlin bugfix-2.1.x\necho: Last Updated: 2024-07-30 | Author: (none, default config)\n"
    "echo: Compiled: Nov 22 2026\necho: Free Memory: 0  PlannerBufferBytes: 1472\n"
    "echo:V90 stored settings retrieved (606 bytes; crc 3090941\n//action:notification Stored settings retrieved\n"
    "//action:prompt_end\necho:No SD card\n"
)


def test_power_gives_the_greeting(talk):
    printer = talk()
    printer.printer.power_on(0)
    assert printer.heard() == GREETING


def test_board_may_start_without_a_word(talk):
    printer = talk(greets_on_power=False)
    printer.printer.power_on(0)
    assert printer.heard() == ""


def test_reset_forgets_numbers_heat_and_queue_but_not_temperatures(talk):
    printer = talk()
    printer.send("M109 S210", "M110 N77")
    printer.wait(30)
    hot = printer.printer.temperatures["E0"].actual_celsius
    printer.printer.reset(printer.now)
    assert printer.heard().startswith("start\n External Reset\n")
    assert printer.printer.last_line_number == 0
    assert printer.printer.temperatures["E0"].target_celsius == 0
    assert printer.printer.temperatures["E0"].actual_celsius == pytest.approx(hot)
    assert printer.send("G90") == OK
    assert printer.printer.ledger.counts["resets"] == 1


def test_soft_reset_greets_again_even_after_a_kill(talk):
    printer = talk()
    printer.send("M112")
    assert printer.send("KILL") == GREETING
    assert printer.send("G90") == OK


def test_m115_tells_name_capabilities_and_area(talk):
    reply = talk().send("M115")
    lines = reply.split("\n")
    assert lines[0] == (
        "FIRMWARE_NAME:Marlin bugfix-2.1.x (Nov 22 2026 19:12:08) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
        "PROTOCOL_VERSION:1.0 MACHINE_TYPE:Virtual Marlin KINEMATICS:Cartesian EXTRUDER_COUNT:1 "
        "UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff"
    )
    assert lines[1] == "Cap:SERIAL_XON_XOFF:0"
    assert "Cap:AUTOREPORT_TEMP:1" in lines
    assert "Cap:EMERGENCY_PARSER:1" in lines
    assert lines[37] == "Cap:CONFIG_EXPORT:0"
    box = "{min:{x:0.00,y:0.00,z:0.00},max:{x:200.00,y:200.00,z:200.00}}"
    assert lines[38:] == [f"area:{{full:{box},work:{box}}}", "ok P15 B3", ""]


def test_m115_tells_what_the_build_lacks(talk):
    reply = talk(emergency_parser=False, auto_report=False).send("M115")
    assert "Cap:EMERGENCY_PARSER:0\n" in reply
    assert "Cap:AUTOREPORT_TEMP:0\n" in reply


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("FOO", 'echo:Unknown command: "FOO"\n' + OK),
        ("X10", 'echo:Unknown command: "X10"\n' + OK),
        ("G999", 'echo:Unknown command: "G999"\n' + OK),
        ("*", 'echo:Unknown command: "*"\n' + OK),
        ("(paren) M105", 'echo:Unknown command: "(paren) M105"\n' + OK),
        ("m105", 'echo:Unknown command: "m105"\n' + OK),
        ("g1 x1", 'echo:Unknown command: "g1 x1"\n' + OK),
        ("G29", 'echo:Unknown command: "G29"\n' + OK),
        ("M125", 'echo:Unknown command: "M125"\n' + OK),
        ("G1", OK),
        ("T0", OK),
        ("T1", OK),
        ("G4 P0 M105", OK),
        ("G2 X10", "Error:G2/G3 bad parameters\n" + OK),
        ("M302", "echo:Cold extrudes are disabled (min temp 170C)\n" + OK),
        ("M220", "FR:100%\n" + OK),
        ("M220 S50", OK),
        ("M106 S128", "M106 P0 S128\n" + OK),
        ("M107", "M106 P0 S0\n" + OK),
        ("M73 P12 R34", "echo: M73 Progress: 12%; Time left: 34m;\n" + OK),
        ("M31", "//action:notification 0s\r\necho:Print time: 0s\n" + OK),
        ("M76", "//action:pause\n" + OK),
        ("M113", "echo:M113 S2\n" + OK),
        ("M412", "echo:Filament runout ON ; Host handling OFF\n" + OK),
        (
            "M119",
            "Reporting endstop status\nx_min: open\ny_min: open\nz_min: open\nfilament: TRIGGERED\n" + OK,
        ),
        (
            "M500",
            "echo:Settings Stored (606 bytes; crc 30909)\n//action:notification Settings Stored\r\n"
            "//action:notification Settings Stored\n" + OK,
        ),
        ("M118 hello", "hello\r\n" + OK),
        ("M118 E1 hello", "echo:hello\r\n" + OK),
        ("M118 A1 action:test", "//action:test\r\n" + OK),
        ("M118 //action:pause", "//action:pause\r\n" + OK),
        ("M117 text", OK),
        ("M16 Wrong Name", "echo:INCORRECT PRINTER\nError:Printer halted. kill() called!\n//action:poweroff\n"),
        ("M20", "echo:No media\n" + OK),
        ("M21", "echo:No SD card\n" + OK),
        ("M22", "echo:SD card released\n" + OK),
        ("M23 nofile.g", "echo:Now fresh file: nofile.g\nopen failed, File: nofile.g.\n" + OK),
        ("M24", "//action:resume\n" + OK),
        ("M25", "//action:pause\n" + OK),
        ("M27", "Not SD printing\n" + OK),
        ("M30 nofile.g", "Deletion failed, File: nofile.g.\n" + OK),
        ("M104 S200", OK),
        ("M140 S30", "//action:notification Bed Heating...\r\n" + OK),
        ("M109", OK),
        ("M21 P", "echo:No SD card\n" + OK),
    ]
    + [
        (silent, OK)
        for silent in [
            "G20",
            "G21",
            "G90",
            "G91",
            "M17",
            "M26",
            "M82",
            "M83",
            "M108",
            "M155",
            "M400",
            "M410",
            "M876",
            "M907",
        ]
    ],
)
def test_command_is_answered_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply


def test_m503_lists_with_headings_and_s0_without(talk):
    printer = talk()
    assert printer.send("M503").startswith("echo:; Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\n")
    assert printer.send("M503 S0").startswith("  M92 X80.00")


def test_g29_runs_where_the_build_has_levelling(talk):
    printer = talk(has_leveling=True)
    assert printer.send("G29") == ""
    assert printer.wait(30).endswith(OK)


def test_chamber_is_unknown_until_the_build_has_one(talk):
    assert talk().send("M141 S40").startswith("echo:Unknown command")
    printer = talk(has_chamber=True)
    printer.send("M141 S40")
    assert " C:19.38 /40.00 " in printer.send("M105")


def test_several_extruders_report_each(talk):
    reply = talk(extruder_count=2).send("M104 T1 S50", "M105")
    assert "ok T:19.38 /0.00 B:19.38 /0.00 T0:19.38 /0.00 T1:19.38 /50.00 @:0 B@:0 @0:0 @1:0\n" in reply


def test_muted_board_executes_without_a_word(talk):
    printer = talk()
    printer.printer.mute()
    assert printer.send("G90", "M105") == ""
    printer.printer.unmute()
    assert printer.send("G91") == OK
    assert printer.printer.ledger.lines == ["G90", "M105", "G91"]


def test_command_latency_delays_each_ok(talk):
    printer = talk(command_latency_seconds=0.01)
    assert printer.send("G90", "M105") == ""
    assert printer.wait(0.01) == "ok P15 B2\n"
    assert printer.wait(0.01).startswith("ok T:")
