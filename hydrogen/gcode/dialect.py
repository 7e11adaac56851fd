"""How firmwares differ on the wire: one record per dialect, and how to tell which one speaks.

The protocol is Marlin's, and its neighbours bend it: Repetier says `ok` when a line is queued, Klipper ignores numbers,
Smoothieware sends no `ok` after `rs`. What a host must know of that stands here as data, each deviation with its source,
so that no code asks for a firmware by name. A record is an expectation, not a proof: what the link measures (does the
probe earn a `Resend:`?) and what the firmware says of itself (`Cap:…`) goes before it. The defaults of the fields are
`generic`: what is safe with any firmware of Marlin's kind. `docs/dialects.md` is the table for people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from hydrogen.gcode.emergency import Notice
from hydrogen.gcode.link.window import SMALLEST_RING, USUAL_SLOTS

_NO_FIELDS: Mapping[str, str] = MappingProxyType({})

_MARLIN_WORDS = frozenset({b"M108", b"M112", b"M410"})
"""Marlin `queue.cpp`, `get_serial_commands`: obeyed as the line is read, in a build without emergency parser."""

_STOP = frozenset({b"M112"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a link may expect of a firmware.

    name: stable, lower case; for status, logs and tests. title: for people.
    numbers: `checked`: number and checksum are judged, so the link believes the probe and resends what is in doubt;
        `checksum_only`: a `Resend:` is obeyed, but a repeated line runs again, so nothing in doubt is resent; `ignored`:
        both are cut off, so there is one line in flight and nothing is ever resent. The probe finds out what is true; this
        tells how much evidence is needed for what is expected anyway (resuming.py).
    refusal: what follows a damaged line. `resend`: it is asked for; `silence`: only the stall clock finds it; `ok`: a
        complaint and an `ok` that looks like success, so the link must not count the `ok` behind a LineNumberError.
    ok_follows_resend: the `ok` behind a `Resend:` belongs to the refused line and counts nothing; False: none comes, and
        the next `ok` is a real one.
    ok_comes_when: `planned`: a line's `ok` says that it has run, or is in the planner, so all of them and M400 end a job;
        `queued`: it says only that the line was read and checked: the lines of a whole queue may still be lost by a halt.
    number_modulus: the firmware compares line numbers modulo this. The link begins a numbering anew before it gets to the
        remainder of the probe's number (`link_limits.PROBE`): there the probe would be the next line, and run. None: the
        whole number is compared.
    resend_modulus: a `Resend:` may carry only the remainder by this; the link takes the newest line it keeps that fits, and
        believes a full number first. None: the whole number comes.
    may_open_window: more than one line in flight is worth measuring and safe. Needs numbers that are checked in sequence,
        a receive ring that is flushed on a fault, and line ends that earn no `ok` (the measurement fills the ring with
        them).
    slots: places in the command queue at least, the running command's included: so many lines are read while one runs.
    ring_bytes: what the receive ring of the serial port holds at least, one byte more than can be used; until it is measured
        the link goes by this when it sends past its window.
    words_on_arrival, words_when_read: emergency words that are obeyed early where no `Cap:EMERGENCY_PARSER` tells; any other
        is obeyed in its turn, or not known. The link sends these past its window, unnumbered, and no others.
    halting_byte: a single byte that halts the printer on arrival; the link sends it before M112. Empty: there is none.
    breaks_heat_wait_by: the word that ends a running M109 or M190; None: nothing but its end or a halt does, and a cancel
        must say so instead of promising.
    reports_temperatures: M155 may be tried where the capabilities or the user ask for it; False: the link asks M105.
    heaters_off_by: what is sent when a heater fault has ended the link, because the firmware switches off only the heater that
        failed. Empty: it switches off all of them itself.
    motors_held_by: what keeps idle motors powered for as long as a pause lasts; empty: nothing is known to, or nothing is
        needed. Never sent to anybody else: Klipper and Smoothieware let go at once of what `M84` names, whatever its `S`.
    tells_limits: M503 answers with lines of M201, M203, M204 and M205, as Marlin writes them; asked once after connecting,
    with M220 and M221, for how speed and flow are set.
    fans_by_fraction: M106's S is a part of full speed up to 1, and 255ths above it; without an S nothing is set. False: 255ths,
        and without an S full speed.
    motors_rest_by: what lets them go after the usual time again, where the job did not set another.
    revived_by: what ends a halt; told with the error.
    guarantee: what a job may be promised where `numbers` turns out to be true, in the wording of the job's result:
        `exactly_once`: within the limits that `docs/dialects.md` names; `at_most_once`: lines in doubt are not resent.
    """

    name: str
    title: str
    numbers: Literal["checked", "checksum_only", "ignored"] = "checked"
    refusal: Literal["resend", "silence", "ok"] = "resend"
    ok_follows_resend: bool = True
    ok_comes_when: Literal["planned", "queued"] = "planned"
    number_modulus: int | None = None
    resend_modulus: int | None = None
    may_open_window: bool = False
    slots: int = USUAL_SLOTS
    ring_bytes: int = SMALLEST_RING
    words_on_arrival: frozenset[bytes] = frozenset()
    words_when_read: frozenset[bytes] = frozenset()
    halting_byte: bytes = b""
    breaks_heat_wait_by: bytes | None = None
    reports_temperatures: bool = True
    heaters_off_by: bytes = b""
    motors_held_by: bytes = b""
    motors_rest_by: bytes = b""
    tells_limits: bool = False
    fans_by_fraction: bool = False
    revived_by: str = "a reset"
    guarantee: Literal["exactly_once", "at_most_once"] = "exactly_once"

    def notice_of(self, word: bytes, *, has_parser: bool) -> Notice:
        """When the firmware acts on `word`. has_parser: it has said `Cap:EMERGENCY_PARSER:1`."""
        if has_parser or word in self.words_on_arrival:
            return Notice.ON_ARRIVAL
        return Notice.WHEN_READ if word in self.words_when_read else Notice.IN_TURN


GENERIC = Dialect(name="generic", title="an unknown firmware, taken for a cautious Marlin")
"""Whoever answers like a Marlin and is none that is known: one line in flight, nothing early but what a `Cap:` promises."""

_MARLIN = Dialect(
    name="marlin",
    title="Marlin 2",
    may_open_window=True,  # facts/link.md 4: flushes on a fault, empty lines are silent (facts/marlin.md, rule 5)
    words_when_read=_MARLIN_WORDS,
    breaks_heat_wait_by=b"M108",  # M108.cpp; facts/marlin.md, "Temperatures and waiting"
    motors_held_by=b"M84 S0",  # M17_M18_M84.cpp, stepper_inactive_time; MarlinCore.cpp, manage_inactivity: 0 is for ever
    motors_rest_by=b"M84 S120",  # Configuration_adv.h, DEFAULT_STEPPER_DEACTIVE_TIME
    tells_limits=True,  # facts/marlin.md, M503; settings.cpp, report: also in Marlin 1 and in its forks
)

_KNOWN = (
    _MARLIN,
    replace(
        _MARLIN,
        name="marlin-1",
        title="Marlin 1",
        revived_by="a reset, or M999 after `Printer stopped`",  # Marlin_main.cpp 1.1: Stop() leaves it answering
    ),
    replace(
        _MARLIN,
        name="prusa-mk3",
        title="Prusa-Firmware (i3 MK3, MK2.5)",
        words_when_read=_STOP,  # cmdqueue.cpp, get_command: M112 alone, numbered or not
        breaks_heat_wait_by=None,  # Marlin_main.cpp: no M108
        motors_rest_by=b"M84 S60",  # Configuration_adv.h, DEFAULT_STEPPER_DEACTIVE_TIME
    ),
    replace(
        _MARLIN,
        name="prusa-mk2",
        title="Prusa-Firmware (i3 MK2)",
        ok_follows_resend=False,  # OctoPrint/OctoPrint #2285
        may_open_window=False,  # with several lines out, a count without that `ok` is ambiguous
        words_when_read=_STOP,
        breaks_heat_wait_by=None,
        reports_temperatures=False,  # OctoPrint/OctoPrint #490, #1817: no M155
        motors_rest_by=b"M84 S60",  # Configuration_adv.h, DEFAULT_STEPPER_DEACTIVE_TIME
    ),
    replace(
        _MARLIN,
        name="prusa-buddy",
        title="Prusa-Firmware-Buddy (MINI, MK4, XL)",
        may_open_window=False,  # native USB holds the host back: there is no ring to measure, and nothing to gain
    ),
    replace(_MARLIN, name="creality", title="Creality's Marlin"),
    replace(_MARLIN, name="anycubic", title="Anycubic's Marlin"),
    Dialect(
        name="anycubic-32",
        title="Anycubic V1.4 (32-bit i3 Mega)",
        refusal="ok",  # OctoPrint/OctoPrint #2309: `//####checkSum error …`, then `ok`; the next number is refused instead
        ok_follows_resend=True,  # the same: `Resend:7`, `ok`, `//last:6 curr:8 …`
        reports_temperatures=False,  # the same transcript: M105 only
    ),
    Dialect(
        name="repetier",
        title="Repetier-Firmware",
        slots=1,  # Configuration.h, GCODE_BUFFER_SIZE: 1 or 2
        ok_follows_resend=True,  # gcode.cpp, requestResend: `Resend:13`, `ok`
        ok_comes_when="queued",  # gcode.cpp, pushCommand: ECHO_ON_EXECUTE is off
        number_modulus=65_536,  # gcode.cpp, checkAndPushCommand: lastLineNumber + 1 against N, both & 65535
        words_when_read=_STOP,  # gcode.cpp, checkAndPushCommand: M112 resets the board
        reports_temperatures=False,  # Commands.cpp before 1.0: no M155; later ones poll as well
        motors_held_by=b"M84 S0",  # Commands.cpp, case 84 and checkPeriodical: stepperInactiveTime 0 is for ever
        motors_rest_by=b"M84 S360",  # Configuration.h, STEPPER_INACTIVE_TIME
        revived_by="M999, or a reset",  # gcode.cpp, fatalError and resetFatalError
    ),
    Dialect(
        name="smoothieware",
        title="Smoothieware",
        slots=1,  # nothing is known of a queue of lines
        ok_follows_resend=False,  # GcodeDispatch.cpp: `rs N13` and no more
        may_open_window=False,  # the same: nothing is flushed, every line behind a bad one earns its own `rs`
        halting_byte=b"\x18",  # USBSerial.cpp, on_idle: Ctrl-X; GcodeDispatch.cpp reads M112 only behind what runs
        reports_temperatures=False,  # TemperatureControl.cpp: no M155
        revived_by="M999, or a reset",  # GcodeDispatch.cpp; the position is unknown then
    ),
    Dialect(
        name="reprapfirmware",
        title="RepRapFirmware 2",
        slots=1,  # nothing is known of a queue of lines
        numbers="checksum_only",  # GCodeBuffer.cpp: the line number is read and not compared
        ok_follows_resend=False,  # GCodes.cpp, HandleReply: `rs 13` alone
        reports_temperatures=False,  # GCodes2.cpp: no M155
        heaters_off_by=b"M112",  # the other heaters keep their targets until M570's time is over
        fans_by_fraction=True,  # RepRapFirmware.cpp, ConvertOldStylePwm; Fan.cpp, Configure: M106 without R and S reports
        revived_by="M999, or a reset",  # GCodes2.cpp: M999 restarts the processor
        guarantee="at_most_once",  # a line that was sent twice runs twice
    ),
    Dialect(
        name="reprapfirmware-3",
        title="RepRapFirmware 3",
        slots=1,  # nothing is known of a queue of lines
        numbers="checksum_only",  # StringParser.cpp, LineFinished
        refusal="silence",  # the same: a line with a bad checksum is dropped without a word
        ok_follows_resend=False,
        reports_temperatures=False,
        heaters_off_by=b"M112",  # the other heaters keep their targets until M570's time is over
        fans_by_fraction=True,  # GCodeBuffer.cpp, GetPwmValue
        revived_by="M999, or a reset",
        guarantee="at_most_once",
    ),
    Dialect(
        name="klipper",
        title="Klipper",
        slots=1,  # nothing is known of a queue of lines
        numbers="ignored",  # facts/klipper-moonraker.md 2.2
        refusal="silence",  # nothing is refused; invalid UTF-8 drops what was read without a word (2.1)
        ok_follows_resend=False,  # there is no `Resend:` (2.2)
        words_on_arrival=_STOP,  # 2.3: below 20 waiting lines, and without a checksum behind it
        reports_temperatures=False,  # 2.1: M155 is unknown
        revived_by="FIRMWARE_RESTART",  # 2.3
        guarantee="at_most_once",
    ),
    Dialect(
        name="teacup",
        title="Teacup",
        slots=1,  # nothing is known of a queue of lines
        numbers="checksum_only",  # gcode_parse.c: the number of a line is kept, not compared
        ok_follows_resend=False,  # gcode_parse.c, request_resend: `rs N13 …` and `rs 13`
        resend_modulus=256,  # the second of them goes through serwrite_uint8
        reports_temperatures=False,
        guarantee="at_most_once",
    ),
    GENERIC,
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.name: dialect for dialect in _KNOWN})
"""All dialects by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """What a firmware is known by; every pattern that is given must be found."""

    dialect: str
    firmware: str = ""
    version: str = ""
    machine: str = ""

    def fits(self, firmware: str, version: str, machine: str) -> bool:
        pairs = ((self.firmware, firmware), (self.version, version), (self.machine, machine))
        return all(re.search(pattern, text, re.IGNORECASE) for pattern, text in pairs if pattern)


_NAMED = (
    _Sign(dialect="klipper", firmware=r"^klipper\b"),
    _Sign(dialect="reprapfirmware", firmware=r"^reprapfirmware", version=r"^[12]\."),
    _Sign(dialect="reprapfirmware-3", firmware=r"^reprapfirmware"),
    _Sign(dialect="repetier", firmware=r"^repetier"),
    _Sign(dialect="smoothieware", firmware=r"^smoothie"),
    _Sign(dialect="teacup", firmware=r"^teacup"),
    _Sign(dialect="prusa-buddy", firmware=r"^prusa-firmware-buddy"),
    _Sign(dialect="prusa-mk2", firmware=r"^prusa-firmware", machine=r"\bMK2(?!\.5)"),
    _Sign(dialect="prusa-mk3", firmware=r"^prusa-firmware"),
    _Sign(dialect="anycubic-32", firmware=r"^anycubic V\d"),
    _Sign(dialect="anycubic", firmware=r"^(?:anycubic|marlin)", machine=r"\banycubic\b"),
    _Sign(dialect="creality", firmware=r"^(?:creality|marlin)", machine=r"\b(?:creality|ender|cr-\d)"),
    _Sign(dialect="marlin-1", firmware=r"^marlin (?:bugfix-)?(?:v?1\b|1\.)"),
    _Sign(dialect="marlin-1", firmware=r"^marlin$", version=r"^1\."),
    _Sign(dialect="marlin", firmware=r"^marlin\b"),
)
"""By M115's answer: FIRMWARE_NAME, FIRMWARE_VERSION, MACHINE_TYPE. The first that fits wins, forks before their root."""

_GREETINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), dialect)
    for words, dialect in (
        (r"//[ \t]*klipper state:", "klipper"),
        (r"reprapfirmware ", "reprapfirmware-3"),
        (r"info:(?:powerup|external reset|brown out reset|watchdog reset|software reset)$|free ram:\d", "repetier"),
        (r"smoothie$|build version: .*build date:", "smoothieware"),
        (r"echo:[ \t]*prusa-(?:mini|mk4|xl|ix)\b", "prusa-buddy"),
        (r"echo:[ \t]*\d+\.\d+\.\d+-\d+$", "prusa-mk3"),
        (r"(?:echo:)?[ \t]*marlin (?:bugfix-)?1\.", "marlin-1"),
        (r"(?:echo:)?[ \t]*marlin (?:bugfix-)?2\.", "marlin"),
        (r"(?:echo:)?[ \t]*marlin\b", "marlin"),
    )
)
"""By a line that the board says while it boots; it must begin so. Sources: facts/marlin.md; prusa3d/Prusa-Firmware #1630;
Repetier `Communication.cpp` (tExternalReset, tFreeRAM); Smoothieware `USBSerial.cpp`."""


def dialect_of(
    greeting_lines: Sequence[str],
    firmware_name: str = "",
    *,
    machine_type: str = "",
    fields: Mapping[str, str] = _NO_FIELDS,
) -> Dialect:
    """Who speaks. M115's answer decides; without one, or with a name that is not known, the greeting; else `generic`.

    greeting_lines: what came while the board booted, may be empty. fields: every `KEY:value` of M115's answer
    (`replies.FirmwareReported.fields`).
    """
    version = fields.get("FIRMWARE_VERSION", "")
    machine = machine_type or fields.get("MACHINE_TYPE", "")
    for sign in _NAMED:
        if sign.fits(firmware_name.strip(), version.strip(), machine):
            return DIALECTS[sign.dialect]
    for line in greeting_lines:
        for words, dialect in _GREETINGS:
            if words.match(line.strip()):
                return DIALECTS[dialect]
    return GENERIC
