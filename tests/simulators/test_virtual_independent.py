"""Firmwares that are no Marlin: connect, M105, M115, rejected lines and the end, as their sources say."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.marlin import HeaterFailure

REPETIER_GREETING = (
    "start\r\nInfo:External Reset\r\nDetected EEPROM version:20\r\nInfo:Autoleveling enabled\r\nFree RAM:3487\r\n"
)


def test_repetier_from_connect_to_reset(talk_to, line):
    printer = talk_to("repetier")
    assert printer.greeting == REPETIER_GREETING
    assert printer.send("N0 M110 N0*125") == "ok\r\n"
    assert printer.send("M105") == "ok 0\r\nT:19.38 /0 B:19.38 /0 B@:0 @:0\r\n"
    assert printer.send(line(1, "M115")).startswith("ok 1\r\nFIRMWARE_NAME:Repetier_1.0.4 FIRMWARE_URL:")
    assert printer.send("N2 G90*1") == "Error:Wrong checksum\r\n\r\nResend:2\r\nok\r\n"
    assert printer.send(line(2, "G90")) == "ok 2\r\n"
    assert printer.send(line(5, "G90")) == "Error:expected line 3 got 5\r\n\r\nResend:3\r\nok\r\n"
    assert printer.send("M112") == REPETIER_GREETING
    assert printer.send(line(1, "G90")) == "ok 1\r\n"


def test_repetier_passes_over_the_garbage_behind_a_rejected_line(talk_to, line):
    printer = talk_to("repetier")
    printer.send("N1 G90*1")
    for number in range(2, 16):
        assert printer.send(line(number, "G90")) == f"skip {number}\r\nok\r\n"
    assert printer.send(line(16, "G90")).startswith("Error:expected line 1 got 16\r\n")
    assert printer.send(line(1, "G90")) == "ok 1\r\n"


def test_repetier_asks_again_while_nothing_comes(talk_to, line):
    printer = talk_to("repetier")
    printer.send("N1 G90*1")
    assert printer.wait(0.5) == "\r\nResend:1\r\nok\r\n" * 2
    printer.send(line(1, "G90"))
    assert printer.wait(0.9) == ""


def test_repetier_asks_for_a_line_that_was_begun_and_not_ended(talk_to, line):
    printer = talk_to("repetier")
    printer.send_bytes(line(1, "G90").encode()[:5])
    assert printer.wait(0.25) == "\r\nResend:1\r\nok\r\n"


def test_repetier_says_wait_each_idle_second_and_not_while_it_works(talk_to):
    printer = talk_to("repetier")
    assert printer.wait(3.5) == "wait\r\n" * 3
    assert printer.send("G4 S5") == "ok 0\r\n"
    assert "wait" not in printer.wait(4.9)
    assert printer.wait(1.2) == "wait\r\n" * 2


def test_repetier_acknowledges_before_it_runs_and_takes_one_line_at_a_time(talk_to, line):
    printer = talk_to("repetier")
    assert printer.send(line(1, "G4 S2"), line(2, "G90")) == "ok 1\r\n"
    assert "ok 2\r\n" in printer.wait(2.1)


def test_repetier_judges_the_checksum_of_a_line_that_lost_its_head(talk_to, line):
    printer = talk_to("repetier")
    assert printer.send(line(1, "G1 X7")[len("N1 ") :]).startswith("Error:Wrong checksum\r\n")
    assert printer.printer.position.x == 0


def test_repetier_numbers_go_round_at_65536(talk_to, line):
    printer = talk_to("repetier")
    printer.send(line(65535, "M110"))
    assert printer.send(line(65536, "G90")) == "ok 65536\r\n"
    assert printer.send(line(1, "G90")) == "ok 1\r\n"


def test_repetier_answers_with_its_error_until_m999(talk_to):
    printer = talk_to("repetier")
    printer.printer.overheat("E0", 0.5)
    fatal = (
        "fatal:Heater/sensor error - Printer stopped and heaters disabled due to this error. "
        "Fix error and restart with M999."
    )
    assert printer.heard() == fatal + "\r\n"
    assert printer.send("G28") == f"ok 0\r\n{fatal}\r\n"
    assert printer.send("M999") == "ok 0\r\n"
    assert printer.send("G90") == "ok 0\r\n"


def test_repetier_tells_targets_behind_the_ok(talk_to):
    assert talk_to("repetier").send("M140 S60", "M104 S200") == ("ok 0\r\nTargetBed:60\r\nok 0\r\nTargetExtr0:200\r\n")


def test_smoothieware_from_connect_to_halt_and_back(talk_to, line):
    printer = talk_to("smoothieware")
    assert printer.greeting == "Smoothie\r\nok\r\n"
    assert printer.send("N0 M110 N0*125") == "ok\r\n"
    assert printer.send("M105") == "ok T:19.4 /0.0 @0 B:19.4 /0.0 @0\r\n"
    assert printer.send(line(1, "M115")).startswith(
        "FIRMWARE_NAME:Smoothieware, FIRMWARE_URL:http%3A//smoothieware.org"
    )
    assert printer.send("N2 G90*1") == "rs N2\r\n"
    assert printer.send(line(5, "G90")) == "rs N2\r\n"
    assert printer.send("N2 G90") == "ok\r\n"
    assert printer.send("") == "ok\r\n"
    assert printer.send("; nothing") == "ok\r\n"
    assert printer.send("HELLO") == "ok - ignored\r\n"
    stopped = "ok Emergency Stop Requested - reset or M999 required to exit HALT state\r\n"
    assert printer.send("M112") == stopped
    assert printer.send("G28") == "!!\r\n"
    assert printer.send("M105").startswith("ok T:19.4")
    assert printer.send("M999") == "WARNING: After HALT you should HOME as position is currently unknown\r\nok\r\n"
    assert printer.send("G90") == "ok\r\n"


def test_smoothieware_counts_from_zero_and_ignores_an_unnumbered_m110(talk_to, line):
    printer = talk_to("smoothieware")
    assert printer.send("M110 N50") == "ok\r\n"
    assert printer.send(line(51, "G90")) == "rs N0\r\n"
    assert printer.send(line(0, "G90")) == "ok\r\n"


def test_smoothieware_keeps_what_stands_behind_a_rejected_line(talk_to, line):
    assert talk_to("smoothieware").send("N0 G90*1", line(1, "G90"), line(0, "G90"), line(1, "G90")) == (
        "rs N0\r\nrs N0\r\nok\r\nok\r\n"
    )


def test_smoothieware_halts_at_a_control_x_in_the_middle_of_everything(talk_to):
    printer = talk_to("smoothieware")
    printer.send("M104 S200", "G4 S9")
    assert printer.send_bytes(b"G1 X1\x18") == "HALTED, M999 or $X to exit HALT state\r\nok\r\n"
    assert printer.printer.temperatures["E0"].target_celsius == 0
    assert printer.printer.is_halted


@pytest.mark.parametrize(
    ("name", "version", "wrong_sum"),
    [
        ("reprapfirmware", "2.05.1", "rs  2\n"),
        ("reprapfirmware-3", "3.3", ""),
    ],
)
def test_reprapfirmware_judges_checksums_and_not_numbers(name, version, wrong_sum, talk_to, line):
    printer = talk_to(name)
    assert printer.greeting == ""
    assert printer.send("N0 M110 N0*125") == "ok\n"
    assert printer.send("M105") == "ok T:19.4 /0.0 B:19.4 /0.0\n"
    identity = f"FIRMWARE_NAME: RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: {version} "
    assert printer.send(line(1, "M115")).startswith(identity)
    assert printer.send("N2 G90*1") == wrong_sum
    assert printer.send(line(50, "G90")) == "ok\n"
    assert printer.send(line(3, "G90")) == "ok\n"
    assert printer.send("N9 G90") == "ok\n"
    assert printer.send("") == ""
    assert printer.send("G999") == "Bad command: G999\nok\n"
    assert printer.send("M112") == "Emergency Stop! Reset the controller to continue.\nok\n"
    printer.home()
    assert printer.printer.position.z == 0
    assert printer.send("M105").startswith("ok T:")
    printer.send("M999")
    assert not printer.printer.is_halted


def test_klipper_from_connect_to_shutdown_and_back(talk_to, line):
    printer = talk_to("klipper")
    assert printer.greeting == ""
    assert printer.send("N0 M110 N0*125") == "ok\n"
    assert printer.send("m105") == "ok B:19.4 /0.0 T0:19.4 /0.0\n"
    assert printer.send(line(1, "M115")).startswith("ok FIRMWARE_NAME:Klipper FIRMWARE_VERSION:")
    assert printer.send("N3 M105*00") == "ok B:19.4 /0.0 T0:19.4 /0.0\n"
    assert printer.send(line(9, "G90"), line(9, "G91"), "N10 G90", "N11M105") == (
        "ok\nok\nok\nok B:19.4 /0.0 T0:19.4 /0.0\n"
    )
    assert printer.send("", "; comment", "G90\r\n") == "ok\nok\nok\n"
    assert printer.send("M155 S2") == '// Unknown command:"M155"\nok\n'
    assert printer.send("M112") == "// Klipper state: Shutdown\nok\n"
    assert printer.send("M105") == "ok B:19.4 /0.0 T0:19.4 /0.0\n"
    refused = printer.send("G28").splitlines()
    assert (refused[0], refused[-2], refused[-1], len(refused)) == (
        "// Shutdown due to M112 command",
        "!! Shutdown due to M112 command",
        "ok",
        7,
    )
    assert printer.send("FIRMWARE_RESTART") == "ok\n// Klipper state: Disconnect\n// Klipper state: Ready\n"
    assert printer.send("G90") == "ok\n"


def test_klipper_refuses_moves_instead_of_clamping_them(talk_to):
    printer = talk_to("klipper")
    assert printer.send("G1 X20") == "!! Must home axis first: 20.000 0.000 0.000 [0.000]\nok\n"
    assert printer.send("G28") == ""
    assert printer.wait(60) == "ok\n"
    assert printer.send("G1 X999") == "!! Move out of range: 999.000 0.000 5.000 [0.000]\nok\n"
    assert printer.send("G1 X9 E5").splitlines()[-2:] == ["!! Extrude below minimum temp", "ok"]
    assert printer.printer.position[:3] == (0, 0, 5)


@pytest.mark.parametrize(
    ("word", "is_seen"), [("M112", True), ("N7 M112", True), ("N7 M112*38", False), ("M112 now", True)]
)
def test_klipper_sees_m112_early_only_without_a_checksum(word, is_seen, talk_to):
    printer = talk_to("klipper")
    printer.send("G4 P5000")
    answer = printer.send(word)
    assert answer.startswith("// Klipper state: Shutdown\n") == is_seen
    assert answer.count("ok\n") == (2 if is_seen else 0)


def test_klipper_does_not_see_m112_behind_twenty_lines(talk_to):
    printer = talk_to("klipper")
    printer.send("G4 P5000", *["G90"] * 25)
    assert printer.send("M112") == ""
    assert "// Klipper state: Shutdown\n" in printer.wait(5.5)


def test_klipper_reports_a_heater_fault_as_an_error(talk_to):
    printer = talk_to("klipper")
    printer.printer.fail_heater("E0", HeaterFailure.COLD, 0.0)
    printer.send("M104 S200")
    assert "!! Heater extruder not heating at expected rate\n// Klipper state: Shutdown\n" in printer.wait(60)


def test_teacup_from_connect_to_halt(talk_to, line):
    printer = talk_to("teacup")
    assert printer.greeting == "start\nok\n"
    assert printer.send("N0 M110 N0*125") == "ok \n"
    assert printer.send("M105") == "ok T:19.38 B:19.38\n"
    assert printer.send(line(1, "M115")).startswith("ok FIRMWARE_NAME:Teacup FIRMWARE_URL:")
    assert printer.send("N2 G90*1") == "rs N2 Expected checksum 18\nrs 2\n"
    assert printer.send(line(300, "G90")[:-2] + "x\n").endswith("\nrs 44\n")
    assert printer.send(line(5, "G90")) == "ok \n"
    assert printer.send("g90") == "ok \n"
    assert printer.send("M999") == "ok E: Bad M-code 999\n"
    assert printer.send_bytes(b"G90\r\n") == "ok \nok \n"
    assert printer.send("M112") == ""
    assert printer.send("M105") == ""
    assert printer.printer.is_halted


@pytest.mark.parametrize(
    ("persona", "steps"),
    [
        ("reprapfirmware", [128, 255, 102, 102]),
        ("reprapfirmware-3", [128, 255, 102, 102]),
        ("smoothieware", [0, 1, 102, 255]),
    ],
)
def test_a_fan_goes_by_fractions_where_the_firmware_does(talk_to, persona, steps):
    printer = talk_to(persona)
    told = []
    for line in ("M106 S0.5", "M106 S1", "M106 S102", "M106"):
        printer.send(line)
        told.append(printer.printer.machine.fans[0])
    assert told == steps
