"""What was measured on a real Marlin, row by row, said again by the simulator.

Every row of the tables in ``facts/marlin.md`` stands here under its own name: as what is sent and what is answered, or as
a test of its own, or with the reason why the simulator differs. With ``HYDROGEN_MARLIN_FACTS=.../marlin.md`` a last test
compares the two lists.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hydrogen_simulators.firmware.marlin import HeaterFailure
from tests.simulators.conftest import Conversation, numbered

OK = "ok P15 B3\n"
COLD = "T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0"
AT_HOME = "X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000\n"
KILLED = "Error:Printer halted. kill() called!\n//action:poweroff\n"
PROMPT = "//action:prompt_end\n//action:prompt_begin {}\n//action:prompt_button {}\n//action:prompt_show\n"
ABOUT = "echo: Last Updated: 2024-07-30 | Author: (none, default config)\necho: Compiled: Nov 22 2026\n"
START = "start\nPowerUp\nMarlin bugfix-2.1.x\n" + ABOUT + "echo: Free Memory: 0  PlannerBufferBytes: 1472\n"
LOADED = (
    "echo:V90 stored settings retrieved (606 bytes; crc 3090941\n//action:notification Stored settings retrieved\n"
    "//action:prompt_end\n"
)
MADE = (
    "echo:EEPROM version mismatch (EEPROM=? Marlin=V90)\n//action:notification Hardcoded Default Settings Loaded\n"
    "echo:Hardcoded Default Settings Loaded\necho:Settings Stored (606 bytes; crc 30909)\n"
    "//action:notification Settings Stored\r\n//action:notification Settings Stored\necho:EEPROM Initialized\n"
)
STORED = (
    "echo:Settings Stored (606 bytes; crc 30909)\n//action:notification Settings Stored\r\n"
    "//action:notification Settings Stored\n"
)
NO_SUCH = "echo:Now fresh file: nofile.g\nopen failed, File: nofile.g.\n"
RESUMING = "//action:resume\n" + PROMPT.format("Resuming SD", "Dismiss")
FANS_OFF = "".join(f"M106 P{fan} S0\n" for fan in range(8))
FILE = b"G4 P1000\n" * 400 + b";" * 111 + b"\n"
CARD = {"t.gco": FILE, "Long File Name Test.gcode": FILE}
SPEED_OF_THAT_MACHINE = "a speed of the machine that it was measured on: here time is printer time, and costs nothing"


def unknown(command: str) -> str:
    return f'echo:Unknown command: "{command}"\n' + OK


def refused(reason: str, last: int) -> str:
    return f"Error:{reason}, Last Line: {last}\nResend: {last + 1}\nok\n"


def number(last: int) -> str:
    return refused("Line Number is not Last Line Number+1", last)


def checksum(last: int) -> str:
    return refused("checksum mismatch", last)


def no_checksum(last: int) -> str:
    return refused("No Checksum with line number", last)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the facts. ``talk``: pairs of what is sent (a float: seconds that pass) and what is heard."""

    section: str
    name: str
    talk: tuple[tuple[str | float | tuple[str, ...], str], ...] = ()
    last: int = 0
    homed: bool = False
    board: dict[str, Any] | None = None
    check: Callable[[Conversation], None] | None = None
    differs: str = ""


def row(section: str, name: str, *talk: tuple[Any, str], **more: Any) -> Row:
    return Row(section=section, name=name, talk=talk, **more)


# ------------------------------------------------------------------------------------------------------------ Connect


def greets(text: str) -> Callable[[Conversation], None]:
    def check(printer: Conversation) -> None:
        printer.printer.power_on(0)
        assert printer.heard() == text

    return check


def goes_on_when_reopened(printer: Conversation) -> None:
    """A port that is closed and opened again is nothing that a board can see: there is nothing to call here."""
    printer.send("M155 S1", "M110 N41")
    assert printer.wait(1) == f" {COLD}\n"
    assert printer.printer.last_line_number == 41


def restarts_by_a_word(printer: Conversation) -> None:
    assert printer.send("KILL") == START + LOADED + "echo:No SD card\n"
    printer.send("M112")
    assert printer.send("KILL") == START + LOADED + "echo:No SD card\n"


CONNECT = [
    row("Connect", "start-up", board={"card": CARD}, check=greets(START + LOADED + "echo:SD card ok\n")),
    row("Connect", "same, no card", check=greets(START + LOADED + "echo:No SD card\n")),
    row(
        "Connect",
        "first start, empty EEPROM",
        board={"eeprom_is_empty": True},
        check=greets(START + MADE + "//action:prompt_end\necho:No SD card\n"),
    ),
    row("Connect", "port reopened, board not reset", check=goes_on_when_reopened),
    row("Connect", "host starts at N1 after such a reopen (last was 41)", ("N1 M105*38", number(41)), last=41),
    row("Connect", "soft reset by the line `KILL` (works after a kill too)", check=restarts_by_a_word),
]

# ---------------------------------------------------------------------------------------------------------- Numbering


def loses_what_overflows(printer: Conversation) -> None:
    """The verdict on two half lines glued together depends on where they were cut: checksum, or number."""
    printer.send("G4 P2000")
    printer.send(*(numbered(n, f"G1 X{n}0 Y{n}0 F6000") for n in range(1, 21)))
    said = printer.wait(3) + printer.send(numbered(21, "G90"))
    assert printer.printer.ledger.counts["rx_overflow_bytes"] > 0
    assert re.search(r"Error:.*Last Line: (\d+)\nResend: \d+\nok\n", said)
    assert printer.printer.last_line_number < 20


N = "Numbering"
NUMBERING = [
    row(N, "`M110 N0`", ("M110 N0", OK), last=7),
    row(N, "`M110`", ("M110", "Line: 8\n" + OK), last=8),
    row(N, "`N0 M110*35`", ("N0 M110*35", "Line: 0\nok N0 P15 B3\n"), last=8),
    row(
        N,
        "`N100 M110 N500*121`",
        ("N100 M110 N500*121", "ok N100 P15 B3\n"),
        (numbered(501, "G90"), "ok N501 P15 B3\n"),
        last=8,
    ),
    row(N, "`N3 G90*19`", ("N3 G90*19", "ok N3 P15 B3\n"), last=2),
    row(N, "`N4 M114*35`", ("N4 M114*35", AT_HOME + "ok N4 P15 B3\n"), last=3, homed=True),
    row(N, "`N1 M105*38`", ("N1 M105*38", f"ok {COLD}\n")),
    row(N, "wrong checksum on N5", ("N5 G90*1", checksum(4)), last=4),
    row(N, "`N6 M105` (no checksum)", ("N6 M105", no_checksum(5)), last=5),
    row(N, "N9 when 7 is expected", (numbered(9, "G90"), number(6)), last=6),
    row(
        N,
        "the line just accepted, again (last or last-1)",
        (numbered(3, "G90"), "ok N3 P15 B3\n"),
        (numbered(4, "G90"), "ok N4 P15 B3\n"),
        (numbered(4, "G90"), ""),
        (numbered(3, "G90"), ""),
        last=2,
    ),
    row(
        N,
        "`N M105*1`, `Nabc M105`, a lone `N`",
        ("N M105*1", number(6)),
        ("Nabc M105", number(6)),
        ("N", number(6)),
        last=6,
    ),
    row(N, "`N5 G1 X2 ; c*63`", ("N5 G1 X2 ; c*63", no_checksum(4)), last=4),
    row(
        N,
        "numbered line over 96 characters",
        (numbered(28, "M117 " + "x" * 95), no_checksum(27)),
        (numbered(28, "M117 " + "x" * 95), no_checksum(27)),
        last=27,
    ),
    row(
        N,
        "unnumbered line between numbered ones",
        (numbered(1, "G90"), "ok N1 P15 B3\n"),
        ("G91", OK),
        (numbered(2, "G90"), "ok N2 P15 B3\n"),
    ),
    row(
        N,
        "`M105*121`, `M105*1`, `M105*` (checksum, no N)",
        ("M105*121", f"ok {COLD}\n"),
        ("M105*1", f"ok {COLD}\n"),
        ("M105*", f"ok {COLD}\n"),
    ),
    row(
        N,
        "N9 (bad), N10..N13 in one burst",
        (("N9 G90*1", *(numbered(n, "G90") for n in range(10, 14))), checksum(8)),
        last=8,
    ),
    row(
        N,
        "N10 N11 good, N12 bad, N13 N14 in one burst",
        (
            (numbered(10, "G90"), numbered(11, "G90"), "N12 G90*1", numbered(13, "G90"), numbered(14, "G90")),
            checksum(11) + "ok N10 P15 B2\nok N11 P15 B3\n",
        ),
        last=9,
    ),
    row(
        N,
        "N26 `G4 P3000` running, then N27 bad",
        (numbered(26, "G4 P3000"), "//action:notification Sleep...\r\n"),
        ("N27 G90*1", checksum(26)),
        (3.0, "echo:busy: processing\nok N26 P15 B3\n"),
        last=25,
    ),
    row(
        N,
        "12 good lines in one burst (flow control holds)",
        (
            tuple(numbered(n, "G90") for n in range(13, 25)),
            "".join(f"ok N{n} P15 B{0 if n < 22 else n - 21}\n" for n in range(13, 25)),
        ),
        last=12,
        board={"ring_size": 0},
    ),
    row(N, "20 lines blindly while `G4 P2000` runs, ring of 128 bytes, no flow control", check=loses_what_overflows),
]

# ----------------------------------------------------------------------------------------------------------- Ordinary


def tells_the_planned_end_and_where_the_steppers_are(printer: Conversation) -> None:
    printer.send("G1 X100 F600")
    printer.wait(5)
    found = re.fullmatch(
        r"X:100\.00 Y:0\.00 Z:5\.00 E:0\.00 Count X:(\d+) Y:0 Z:2000\nok P14 B3\n", printer.send("M114")
    )
    assert found
    assert 3500 < int(found.group(1)) < 4500


def lists_settings(printer: Conversation) -> None:
    assert printer.send("M503").startswith("echo:; Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\n")
    bare = printer.send("M503 S0").splitlines()
    assert bare[0] == "  M92 X80.00 Y80.00 Z400.00 E500.00"
    assert all(line.startswith("  M") for line in bare[:-1])


def speaks_of_packing(printer: Conversation) -> None:
    for byte, answer in ((0xF8, "OFF"), (0xFB, "ON"), (0xFA, "OFF")):
        assert printer.send_bytes(bytes((0xFF, 0xFF, byte))) == f"[MP] PV01 {answer} ESP\n"


def glues_the_next_line_to_what_was_before_a_high_byte(printer: Conversation) -> None:
    assert printer.send_bytes(b"M117 caf\xc3\xa9\n") == "Error:Serial status mismatch\n"
    printer.send("G90")
    assert printer.printer.ledger.lines == ["M117 cafG90"]


O = "Ordinary"  # noqa: E741
ORDINARY = [
    row(
        O,
        "`FOO`, `X10`, `G999`, `*`, `(paren) M105`",
        *((command, unknown(command)) for command in ("FOO", "X10", "G999", "*", "(paren) M105")),
    ),
    row(O, "`m105`, `g1 x1` (lower case)", ("m105", unknown("m105")), ("g1 x1", unknown("g1 x1"))),
    row(O, "`G1` with no words, `T0`, `T1` (one extruder)", ("G1", OK), ("T0", OK), ("T1", OK)),
    row(O, "`G4 P0 M105`, two commands on one line", ("G4 P0 M105", OK)),
    row(
        O,
        "`G1 X1000` (outside)",
        ("G1 X1000 F18000", "ok P14 B3\n"),
        ("M400", ""),
        (9.0, OK),
        ("M114", "X:200.00 Y:0.00 Z:5.00 E:0.00 Count X:16000 Y:0 Z:2000\n" + OK),
        homed=True,
    ),
    row(O, "`G1 X10 E5` cold", ("G1 X10 E5", "echo: cold extrusion prevented\nok P14 B3\n"), homed=True),
    row(O, "`M302`", ("M302", "echo:Cold extrudes are disabled (min temp 170C)\n" + OK)),
    row(O, "`G92 E0`", ("G92 E0", AT_HOME + OK), homed=True),
    row(O, "`M114` during motion", check=tells_the_planned_end_and_where_the_steppers_are, homed=True),
    row(O, "`M220` / `M220 S50`", ("M220", "FR:100%\n" + OK), ("M220 S50", OK)),
    row(O, "`M106 S128`, `M107`", ("M106 S128", "M106 P0 S128\n" + OK), ("M107", "M106 P0 S0\n" + OK)),
    row(O, "`M73 P12 R34`", ("M73 P12 R34", "echo: M73 Progress: 12%; Time left: 34m;\n" + OK)),
    row(O, "`M31`", ("M31", "//action:notification 0s\r\necho:Print time: 0s\n" + OK)),
    row(O, "`M76`", ("M76", "//action:pause\n" + OK)),
    row(O, "`M16 Wrong Name` (not the machine's name)", ("M16 Wrong Name", "echo:INCORRECT PRINTER\n" + KILLED)),
    row(
        O,
        "`G29` (no levelling), `M125`, `M43`, `M42` (not compiled in)",
        *((command, unknown(command)) for command in ("G29", "M125", "M43", "M42")),
    ),
    row(O, "`G2 X10` (no radius)", ("G2 X10", "Error:G2/G3 bad parameters\n" + OK)),
    row(
        O,
        "`M81`",
        ("M81", FANS_OFF + "//action:notification Marlin Native OFF.\r\n"),
        (0.9, ""),
        (0.2, OK),
        board={"machine_name": "Marlin Native"},
    ),
    row(
        O,
        "`M119`",
        ("M119", "Reporting endstop status\nx_min: open\ny_min: open\nz_min: open\nfilament: TRIGGERED\n" + OK),
    ),
    row(O, "`M412`", ("M412", "echo:Filament runout ON ; Host handling OFF\n" + OK)),
    row(O, "`M500`", ("M500", STORED + OK)),
    row(O, "`M503` / `M503 S0`", check=lists_settings),
    row(
        O,
        "`M118 hello` / `M118 E1 hello` / `M118 A1 action:test` / `M118 //action:pause`",
        ("M118 hello", "hello\r\n" + OK),
        ("M118 E1 hello", "echo:hello\r\n" + OK),
        ("M118 A1 action:test", "//action:test\r\n" + OK),
        ("M118 //action:pause", "//action:pause\r\n" + OK),
    ),
    row(O, "`M117 text`", ("M117 text", OK)),
    row(
        O,
        "MeatPack `FF FF F8` / `FB` / `FA` (no newline)",
        board={"meatpack": True},
        check=speaks_of_packing,
    ),
    row(
        O,
        "bytes >= 0x80 in a line (MeatPack compiled in, char signed)",
        check=glues_the_next_line_to_what_was_before_a_high_byte,
    ),
]

# -------------------------------------------------------------------------------------------------------- Temperatures

WAIT_LINE = r" T:[\d.]+ /210\.00 B:19\.38 /0\.00 @:\d+ B@:0 W:(\?|\d)"


def counts_down_to_the_target(printer: Conversation) -> None:
    printer.send("M109 S210")
    lines = printer.wait(200).splitlines()
    waits = [line for line in lines if "W:" in line]
    assert lines[-1] == "ok P15 B3"
    assert all(re.fullmatch(WAIT_LINE, line) for line in waits)
    assert [line.rpartition(":")[2] for line in waits[-10:]] == list("9876543210")
    assert lines.count("echo:busy: processing") == pytest.approx(len(waits) / 2, abs=1)


def does_not_wait_for_less(printer: Conversation) -> None:
    printer.send("M109 S200")
    printer.wait(200)
    assert printer.send("M109 S170") == OK


def clamps_targets_in_silence(printer: Conversation) -> None:
    assert printer.send("M104 S300") == OK
    printer.send("M140 S200")
    assert re.fullmatch(r"ok T:[\d.]+ /260\.00 B:[\d.]+ /140\.00 @:\d+ B@:\d+\n", printer.send("M105"))


def hides_reports_behind_wait_lines(printer: Conversation) -> None:
    printer.send("M155 S1", "M190 S40")
    said = printer.wait(120)
    waiting, _, after = said.partition("ok P15")
    assert all(" W:" in line for line in waiting.splitlines() if line.startswith(" T:"))
    assert " T:" in after


def answers_when_its_turn_comes(printer: Conversation) -> None:
    for waits, ends in (("M109 S210", "M108"), ("G4 P5000", ""), ("M0", "M108")):
        printer.send(waits)
        assert printer.send("M105") == ""
        printer.send(ends)
        assert "ok T:" in printer.heard() + printer.wait(10) or printer.printer.ledger.lines[-1] in ("M105", "M108")


def says_where_it_is_each_second(printer: Conversation) -> None:
    printer.send("M154 S1")
    assert printer.wait(3) == "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0\n" * 3


def is_busy_while_it_homes(printer: Conversation) -> None:
    printer.send("G28")
    assert printer.wait(18.8) == "echo:busy: processing\n" * 9 + AT_HOME + OK


def holds_its_ok_until_the_motion_ends(printer: Conversation) -> None:
    printer.send("G1 X30 F600", "M400")
    assert printer.wait(4) == "echo:busy: processing\nok P15 B3\n"


T = "Temperatures"
TEMPERATURES = [
    row(T, "`M105`", ("M105", f"ok {COLD}\n")),
    row(T, "auto report (`M155 S1`)", ("M155 S1", OK), (3.0, f" {COLD}\n" * 3)),
    row(T, "`M154 S1`", check=says_where_it_is_each_second),
    row(T, "`M104 S200`", ("M104 S200", OK)),
    row(T, "`M140 S30`", ("M140 S30", "//action:notification Bed Heating...\r\n" + OK)),
    row(T, "`M109 S210`", check=counts_down_to_the_target),
    row(T, "`M109 S170` when already above 170", check=does_not_wait_for_less),
    row(T, "`M104 S300`, `M140 S200` (above the limits)", check=clamps_targets_in_silence),
    row(T, "`M109` without S or R", ("M109", OK)),
    row(T, "auto report during M109/M190", check=hides_reports_behind_wait_lines),
    row(
        T,
        "`M108` during M109",
        ("M109 S210", f" {COLD.replace('/0.00 B', '/210.00 B')} W:?\n"),
        ("M108", "ok P15 B2\n" + OK),
    ),
    row(T, "`M105` sent during M109 / G4 / M0", check=answers_when_its_turn_comes),
    row(
        T,
        "`G4 P5000`",
        ("G4 P5000", "//action:notification Sleep...\r\n"),
        (2.1, "echo:busy: processing\n"),
        (2.0, "echo:busy: processing\n"),
        (1.0, OK),
    ),
    row(
        T,
        "`M113`",
        ("M113", "echo:M113 S2\n" + OK),
        ("M113 S1", OK),
        ("G4 P2500", "//action:notification Sleep...\r\n"),
        (2.5, "echo:busy: processing\n" * 2 + OK),
    ),
    row(T, "`G28` (18.7 s)", check=is_busy_while_it_homes),
    row(T, "`M400` with 3 s of motion left", check=holds_its_ok_until_the_motion_ends),
]

# --------------------------------------------------------------------------------------------------------- User waits

BUSY_FOR_USER = "echo:busy: paused for user\n"
PURGE = (
    "//action:prompt_begin Paused\n//action:prompt_button PurgeMore\n//action:prompt_button Continue\n"
    "//action:prompt_show\n"
)


def changes_filament(printer: Conversation) -> None:
    """The times of parking, unloading and loading are the simulator's own."""
    printer.send("M109 S200")
    printer.wait(200)
    assert printer.send("M600") == "//action:paused\n" + PROMPT.format("Pause", "Dismiss")
    said = printer.wait(20)
    assert "echo:busy: processing\n" in said
    assert AT_HOME in said
    assert "echo:Insert filament and send M108\n" + PROMPT.format("Nozzle Parked", "Continue") in said
    printer.send("M108")
    said = printer.wait(20)
    assert said.startswith("echo:busy: processing\n")
    assert PURGE in said
    assert BUSY_FOR_USER in said


def tells_that_it_cannot_park(printer: Conversation) -> None:
    assert printer.send("M600").endswith("//action:notification Head cannot be parked\r\n")


def leaves_the_purge_menu_by_a_button_only(printer: Conversation) -> None:
    printer.send("M109 S200")
    printer.wait(200)
    printer.send("M600")
    printer.wait(30)
    printer.send("M108")
    printer.wait(15)
    assert printer.send("M108") == ""
    said = printer.send("M876 S1") + printer.wait(30)
    assert said.startswith("//action:prompt_end\n T:")
    assert re.search(r" W:0\n//action:resumed\n", said)
    assert said.endswith(PROMPT.format("Resuming", "Dismiss") + "".join(f"ok P15 B{b}\n" for b in range(4)))


def answers_in_turn_behind_a_prompt(printer: Conversation) -> None:
    printer.send("M0")
    assert printer.send(*["M105"] * 5) == ""
    assert printer.send("M108") == "ok P15 B0\n" + f"ok {COLD}\n" * 5 + OK


U = "User waits"
USER_WAITS = [
    row(
        U,
        "`M0 Click please`",
        ("M0 Click please", "echo:Click please\r\n" + PROMPT.format("Click please", "Continue")),
        (4.1, BUSY_FOR_USER * 2),
    ),
    row(U, "`M0`", ("M0", PROMPT.format("M0 Stop", "Continue"))),
    row(
        U,
        "`M108` or `M876 S0` then",
        ("M0", PROMPT.format("M0 Stop", "Continue")),
        ("M108", OK + OK),
        ("M1", PROMPT.format("M1 Stop", "Continue")),
        ("M876 S0", OK + OK),
    ),
    row(U, "`M1 S2`", ("M1 S2", PROMPT.format("M1 Stop", "Continue")), (2.1, BUSY_FOR_USER + OK)),
    row(U, "`M0`, then 5 x `M105`, then `M108`", check=answers_in_turn_behind_a_prompt),
    row(U, "`M600`", check=changes_filament, homed=True),
    row(U, "`M600` with unknown position (not homed)", check=tells_that_it_cannot_park),
    row(U, "`M108` at PurgeMore/Continue", check=leaves_the_purge_menu_by_a_button_only, homed=True),
]

# ------------------------------------------------------------------------------------------------------ Stop and kill


def stops_where_it_is(printer: Conversation) -> None:
    printer.send("G1 X50 F600", "G1 X100", "G1 X150")
    printer.wait(2)
    assert printer.send("M410") == OK
    assert 15 < printer.printer.position.x < 25


def lets_a_dwell_and_the_queue_go_on(printer: Conversation) -> None:
    printer.send("G4 P4000", *["G90"] * 23)
    printer.wait(1)
    assert printer.send("M410") == ""
    assert printer.wait(4).count("ok ") == 25


def dies_of_a_cold_heater(printer: Conversation) -> None:
    printer.printer.fail_heater("E0", HeaterFailure.COLD, 0.0)
    printer.send("M104 S200")
    assert printer.wait(39) == ""
    assert printer.wait(2) == (
        "Error:Heating failed, system stopped! Heater_ID: E0\necho:Home XYZ First\r\n"
        "//action:notification Home XYZ First\r\necho:Heating Failed\n" + KILLED
    )


def dies_of_too_much_heat(printer: Conversation) -> None:
    printer.printer.fail_heater("E0", HeaterFailure.STUCK_ON, 0.0)
    assert printer.wait(300) == (
        "Error:MAXTEMP triggered, system stopped! Heater_ID: E0\necho:Home XYZ First\r\n"
        "//action:notification Home XYZ First\r\necho:Err: MAXTEMP\n" + KILLED
    )


def dies_of_homing(printer: Conversation) -> None:
    printer.printer.break_end_stop()
    printer.send("G28")
    assert printer.wait(30).endswith("echo:Homing Failed\n" + KILLED)


def dies_of_its_button(printer: Conversation) -> None:
    printer.printer.press_kill(0.0)
    assert printer.heard() == "Error:!! KILL caused by KILL button/pin\n" + KILLED


def is_deaf_until_reset(printer: Conversation) -> None:
    printer.send("M112")
    assert printer.send("M999", "M115", "M105") == ""
    assert printer.wait(100) == ""
    printer.printer.reset(printer.now)
    printer.heard()
    assert printer.send("G90") == OK


S = "Stop and kill"
STOPS = [
    row(S, "`M410` during three queued moves", check=stops_where_it_is),
    row(
        S,
        "`M410` during `G4 P4000` with 23 lines queued or waiting",
        check=lets_a_dwell_and_the_queue_go_on,
    ),
    row(S, "`M112` (any time)", ("M112", "echo:M112 Shutdown\n" + KILLED), ("M999", ""), ("M115", "")),
    row(S, "heater does not heat (40 s)", check=dies_of_a_cold_heater),
    row(S, "hotend over its limit", check=dies_of_too_much_heat),
    row(S, "homing switch never hit", check=dies_of_homing),
    row(S, "kill switch at start", check=dies_of_its_button),
    row(S, "after a kill", check=is_deaf_until_reset),
]

# ------------------------------------------------------------------------------------------------------------ SD card


def aborts(printer: Conversation) -> None:
    printer.home()
    printer.send("M23 t.gco", "M24")
    said = printer.send("M524") + printer.wait(20)
    begun, _, rest = said.partition(FANS_OFF)
    assert re.search(r"SD printing byte \d+/3712\r\n", begun)
    assert rest == "echo:busy: processing\n" * 3 + AT_HOME + OK


def tells_that_it_is_done(printer: Conversation) -> None:
    printer.send("M23 t.gco", "M24")
    assert printer.wait(500).endswith("Done printing file\n")


def says_what_the_file_asked(printer: Conversation) -> None:
    printer.send("M23 t.gco")
    said = printer.send("M24")
    assert f"ok {COLD}\n" in said
    assert "Count X:" in said


def uploads(printer: Conversation) -> None:
    said = printer.send(numbered(1, "M28 up.gco"))
    assert said == (
        "echo:Now fresh file: up.gco\nWriting to file: up.gco\n//action:notification up.gco\r\nok N1 P15 B3\n"
    )
    assert printer.send(numbered(2, "G1 X50")) == "ok N2 P15 B3\n"
    assert printer.printer.position.x == 0


def demands_numbers_while_writing(printer: Conversation) -> None:
    printer.send(*(numbered(n, text) for n, text in enumerate(("M28 up.gco", "G1 X1", "G1 X2", "G1 X3"), 1)))
    assert printer.send("G1 X60") == no_checksum(4)
    assert printer.send("M29") == "Done saving file.\n" + OK


C = "SD card"
LISTED = "Begin file list\nT.GCO 3712{}\nLONGFI~1.GCO 3712{}\nEnd file list\n" + OK
SELECTED = "echo:Now fresh file: t.gco\nFile opened: t.gco Size: 3712\nFile selected\n//action:notification t.gco\r\n"
CARD_ROWS = [
    row(C, "`M20`", ("M20", LISTED.format("", ""))),
    row(C, "`M20 L`", ("M20 L", LISTED.format(" t.gco", " Long File Name Test.gcode"))),
    row(
        C,
        "`M21` / `M22` / `M20` after M22",
        ("M21", "echo:SD card ok\n" + OK),
        ("M22", "echo:SD card released\n" + OK),
        ("M20", "echo:No media\n" + OK),
    ),
    row(C, "`M23 t.gco`", ("M23 t.gco", SELECTED + OK)),
    row(C, "`M23 nofile.g`", ("M23 nofile.g", NO_SUCH + OK)),
    row(
        C,
        "`M24`",
        ("M24", "//action:resume\n" + OK),
        ("M23 t.gco", SELECTED + OK),
        ("M24", RESUMING + OK + "//action:notification Sleep...\r\n"),
    ),
    row(
        C,
        "`M27`",
        ("M27", "Not SD printing\n" + OK),
    ),
    row(C, "`M27 S1`", ("M27 S1", OK), (2.0, "Not SD printing\n" * 2), ("M27 S0", OK), (5.0, "")),
    row(
        C,
        "`M25`",
        ("M25", "//action:pause\n" + OK),
        differs="'ok P0 B0' is said with a full planner and queue: test_card_keeps_the_queue_full_and_status_tells_the_byte",
    ),
    row(C, "`M524`", check=aborts, differs="measured as 'ok P15 B2': one line more was waiting there"),
    row(C, "end of file", check=tells_that_it_is_done),
    row(
        C,
        "a replying command inside the file (`M105`)",
        check=says_what_the_file_asked,
        board={"card": {"t.gco": b"M105\nG92 E0\nM114\n"}},
    ),
    row(C, "`M28 up.gco`", check=uploads),
    row(C, "unnumbered line while writing", check=demands_numbers_while_writing),
    row(C, "`M29`", ("M29", "Done saving file.\n" + OK)),
    row(
        C,
        "`M30 up.gco` / missing",
        ("M30 t.gco", "File deleted:t.gco\n" + OK),
        ("M30 nofile.g", "Deletion failed, File: nofile.g.\n" + OK),
    ),
    row(C, "`M33 LONGFI~1.GCO`", ("M33 LONGFI~1.GCO", "/Long File Name Test.gcode\n" + OK)),
]

# -------------------------------------------------------------------------------------------------------------- Speed

SPEEDS = [
    row("Speed", name, differs=SPEED_OF_THAT_MACHINE)
    for name in (
        "2,000 numbered 0.1 mm G1 moves at F6000, one line in flight",
        "the same, window of 127 bytes",
        "`G4 P0` or a G1 to the present place, one in flight",
        "`M204 P3000`, 127-byte window",
        "the same, 4 lines in flight",
        "the same, 4,096-byte window (flow control needed)",
        "G1 to the present place, 4,096-byte window",
        "`M105`, any window",
        "`G92 E0` (prints a position line), 127-byte window",
    )
]

ROWS = [*CONNECT, *NUMBERING, *ORDINARY, *TEMPERATURES, *USER_WAITS, *STOPS, *CARD_ROWS, *SPEEDS]


@pytest.mark.parametrize(
    "fact", [f for f in ROWS if f.talk or f.check], ids=lambda fact: f"{fact.section}: {fact.name}"
)
def test_simulator_says_what_marlin_says(talk: Callable[..., Conversation], fact: Row) -> None:
    board = {"card": CARD} if fact.section == C else {}
    printer = talk(**(board | (fact.board or {})))
    if fact.homed:
        printer.home()
    if fact.last:
        printer.count_to(fact.last)
    for sent, heard in fact.talk:
        match sent:
            case float():
                assert printer.wait(sent) == heard
            case tuple():
                assert printer.send(*sent) == heard
            case _:
                assert printer.send(sent) == heard
    if fact.check is not None:
        fact.check(printer)


def test_every_row_is_tested_or_says_why_not() -> None:
    assert [fact.name for fact in ROWS if not (fact.talk or fact.check or fact.differs)] == []


@pytest.mark.skipif("HYDROGEN_MARLIN_FACTS" not in os.environ, reason="HYDROGEN_MARLIN_FACTS names no file of facts")
def test_no_row_of_the_facts_is_missing() -> None:
    names, title = [], ""
    for line in Path(os.environ["HYDROGEN_MARLIN_FACTS"]).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title = line
        elif line.startswith("|") and not line.startswith("|---") and title:
            cell = re.split(r"(?<!\\)\|", line)[1].strip()
            names += [] if cell in ("Situation", "Sent", "Test") else [cell]
    assert names == [fact.name for fact in ROWS]
