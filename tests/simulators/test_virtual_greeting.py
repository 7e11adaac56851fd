"""What a board says when it starts and when it is asked who it is, against ``facts/marlin.md`` "Connect"."""

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
