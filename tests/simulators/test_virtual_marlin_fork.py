"""Marlin and its forks: connect, M105, M115, rejected lines and the end, as their sources say."""

from __future__ import annotations

import pytest

WRONG_SUM = "Error:checksum mismatch, Last Line: 1\nResend: 2\n"
WRONG_NUMBER = "Error:Line Number is not Last Line Number+1, Last Line: 1\nResend: 2\n"
TEMPERATURES = "ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n"
KILLED = "Error:Printer halted. kill() called!\n"
SHUT_DOWN = "echo:M112 Shutdown\n" + KILLED
PRUSA_KILLED = KILLED + "M112 called. Emergency Stop.\n"

FORKS = {
    # name: first word of the greeting, M105, begin of M115, number of Cap lines, ok behind Resend, M112
    "marlin-2": ("start\nPowerUp\n", TEMPERATURES, "FIRMWARE_NAME:Marlin bugfix-2.1.x (", 37, "ok\n", SHUT_DOWN),
    "marlin-2-wide": ("start\nPowerUp\n", TEMPERATURES, "FIRMWARE_NAME:Marlin bugfix-2.1.x (", 37, "ok\n", SHUT_DOWN),
    "marlin-2-avr": ("start\nPowerUp\n", TEMPERATURES, "FIRMWARE_NAME:Marlin 2.0.9.3 (", 37, "ok\n", SHUT_DOWN),
    "marlin-2-stm32": ("start\nPowerUp\n", TEMPERATURES, "FIRMWARE_NAME:Marlin 2.0.9.3 (", 37, "ok\n", SHUT_DOWN),
    "marlin-1.1": (
        "start\necho:Marlin 1.1.9\n",
        TEMPERATURES,
        "FIRMWARE_NAME:Marlin 1.1.9 (Github)",
        16,
        "ok\n",
        KILLED,
    ),
    "lulzbot-taz": ("start\n", TEMPERATURES, "FIRMWARE_NAME:Marlin  FIRMWARE_VERSION:1.1.5.19 ", 16, "ok\n", KILLED),
    "prusa-mk3": (
        "start\necho: 3.13.3-7094\n",
        "ok T:19.4 /0.0 B:19.4 /0.0 T0:19.4 /0.0 @:0 B@:0 P:29.5 A:34.6\n",
        "FIRMWARE_NAME:Prusa-Firmware 3.13.3 based on Marlin FIRMWARE_URL:",
        5,
        "ok\n",
        PRUSA_KILLED,
    ),
    "prusa-mk2": (
        "start\n",
        "ok T:19.4 /0.0 B:19.4 /0.0 T0:19.4 /0.0 @:0 B@:0\n",
        "FIRMWARE_NAME:Prusa-Firmware 3.0.12 based on Marlin ",
        0,
        "",
        PRUSA_KILLED,
    ),
    "prusa-mini": (
        "start\necho:Prusa-mini\n",
        "ok T:19.38 /0.00 B:19.38 /0.00 A:30.67 /0.00 @:0 B@:0\n",
        "FIRMWARE_NAME:Prusa-Firmware-Buddy 4.3.4 (Github) ",
        37,
        "ok\n",
        SHUT_DOWN,
    ),
    "creality": ("start\n", TEMPERATURES, "FIRMWARE_NAME:Marlin bugfix-1.1.x (Github) ", 16, "ok\n", KILLED),
    "ender-3-v2": ("start\n", TEMPERATURES, "FIRMWARE_NAME:Marlin V1.0.4 (", 0, "ok\n", SHUT_DOWN),
    "anycubic-i3-mega": ("start\n", TEMPERATURES, "FIRMWARE_NAME:Marlin 2.0.5.4 (knutwurst, ", 37, "ok\n", SHUT_DOWN),
    "anycubic-vyper": (
        "\napp fs start: 0\nmount: 0:/\nstart\n",
        TEMPERATURES,
        "FIRMWARE_NAME:Marlin Vyper-CE-6.2.2(LA+IS) (",
        37,
        "ok\n",
        SHUT_DOWN,
    ),
}


@pytest.mark.parametrize("name", FORKS)
def test_fork_speaks_from_connect_to_kill_as_its_source_says(name, talk_to, line):
    greeting, temperatures, identity, capability_count, ok_after_resend, killed = FORKS[name]
    printer = talk_to(name)
    assert printer.greeting.startswith(greeting)
    assert printer.send(line(0, "M110 N0")).startswith("ok")
    assert printer.send("M105") == temperatures
    answer = printer.send(line(1, "M115")).splitlines()
    assert answer[0].startswith(identity)
    assert sum(row.startswith("Cap:") for row in answer) == capability_count
    assert answer[-1].startswith("ok")
    assert printer.send("N2 G90*1") == WRONG_SUM + ok_after_resend
    assert printer.send(line(5, "G90")) == WRONG_NUMBER + ok_after_resend
    assert printer.send(line(2, "G90")).startswith("ok")
    assert printer.send("M112").startswith(killed)
    assert printer.send("M105", "M115", "M999") == ""


@pytest.mark.parametrize("name", [n for n in FORKS if n not in ("marlin-2", "marlin-2-wide")])
def test_every_fork_but_the_newest_has_a_plain_ok_and_an_error_for_a_repeat(name, talk_to, line):
    printer = talk_to(name)
    assert printer.send(line(1, "G90")) == "ok\n"
    assert printer.send(line(1, "G90")).startswith(WRONG_NUMBER)


@pytest.mark.parametrize("name", [n for n in FORKS if n not in ("prusa-mk3", "prusa-mk2", "lulzbot-taz")])
def test_a_marlin_runs_a_line_that_lost_its_head(name, talk_to, line):
    printer = talk_to(name)
    assert printer.send(line(1, "G1 X7")[len("N1 ") :]).startswith("ok")
    assert printer.printer.position.x == 7


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("prusa-mk3", "Error:No Line Number with checksum, Last Line: 0\nResend: 1\nok\n"),
        ("prusa-mk2", "Error:No Line Number with checksum, Last Line: 0\n"),
        ("lulzbot-taz", "Error:No Line Number with checksum, Last Line: 0\n"),
    ],
)
def test_a_lone_checksum_is_an_error_of_its_own(name, answer, talk_to, line):
    printer = talk_to(name)
    assert printer.send(line(1, "G1 X7")[len("N1 ") :]) == answer
    assert printer.printer.position.x == 0


def test_a_complaint_that_asks_for_nothing_leaves_the_ring_alone(talk_to, line):
    assert talk_to("lulzbot-taz").send("G90*1", line(1, "G91")) == (
        "Error:No Line Number with checksum, Last Line: 0\nok\n"
    )


def test_prusa_obeys_a_numbered_m112_when_it_reads_it(talk_to, line):
    printer = talk_to("prusa-mk3")
    printer.send(line(1, "G4 P5000"))
    assert printer.send(line(2, "M112")) == PRUSA_KILLED


def test_prusa_renumbers_by_the_command_m110_alone(talk_to, line):
    printer = talk_to("prusa-mk3")
    assert printer.send(line(9, "M117 PRINTING M110 N5")).startswith("Error:Line Number")
    assert printer.send(line(40, "M110 N40")) == "ok\n"
    assert printer.send(line(41, "G90")) == "ok\n"


def test_prusa_waits_for_heat_in_its_own_words(talk_to):
    printer = talk_to("prusa-mk3")
    printer.send("M109 S60")
    assert printer.wait(1.0).startswith("T:")
    assert " E:0 B:19.4\n" in printer.wait(1.0)


def test_small_ring_loses_what_a_large_one_keeps(talk_to):
    for name, lost in (("marlin-2-stm32", 45), ("marlin-2-avr", 0)):
        printer = talk_to(name)
        printer.send("G4 P1000", *["G90"] * 3)
        printer.send(*["G90"] * 27)
        assert printer.printer.ledger.counts["rx_overflow_bytes"] == lost


def test_wide_board_holds_thirty_two_commands(talk_to):
    printer = talk_to("marlin-2-wide")
    printer.send("G4 P1000", *["G90"] * 40)
    assert printer.printer.ledger.counts["max_queue"] == 32
    assert printer.wait(2.0).count("ok") == 41


def test_32_bit_anycubic_has_a_voice_of_its_own(talk_to, line):
    printer = talk_to("anycubic-i3-mega-32")
    assert printer.greeting == "start\n"
    assert printer.send("N0 M110 N0*125") == "ok N:0\n"
    assert printer.send("M105") == TEMPERATURES
    assert (
        printer.send(line(1, "M115"))
        == "FIRMWARE_NAME:Anycubic V1.4.1RC2 MACHINE_TYPE:i3 Mega EXTRUDER_COUNT:1\nok N:1\n"
    )
    assert printer.send("N2 G90*1") == "//####checkSum error expect:0x12,actual:0x1!str:N2 G90*1\n\nok\n"
    assert printer.send(line(5, "G90")) == "Resend:2\nok\n//last:1 curr:5 rcv:N5 G90*21\n"
    assert printer.send(line(2, "G90")) == "ok N:2\n"
    assert printer.send("M112") == KILLED
    assert printer.send("M105") == ""
