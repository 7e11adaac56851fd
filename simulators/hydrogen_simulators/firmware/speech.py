"""How a firmware talks and judges: its texts, its forms and its rules as data.

One engine (``marlin.py``) speaks every dialect; what differs between firmwares stands here and is chosen per printer by
``MarlinSettings.speech``. The defaults are Marlin bugfix-2.1.x as in ``facts/marlin.md``; ``personas/`` holds the others,
each with its source. Texts are templates of ``str.format``; the names a template may use stand at its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Judged(Enum):
    """What of a numbered line is judged."""

    SEQUENCE = "sequence"
    """Number and checksum: Marlin, Prusa, Repetier, Smoothieware."""
    CHECKSUM = "checksum only"
    """The checksum alone; the number may be anything: RepRapFirmware, Teacup."""
    NOTHING = "not at all"
    """Number and checksum are cut off: Klipper."""


class LoneChecksum(Enum):
    """What a checksum on a line without a number is worth."""

    IGNORED = "ignored"
    """Cut off: a line that lost its head runs unchecked (Marlin)."""
    JUDGED = "judged"
    """Compared all the same, so that a lost head is noticed (Repetier, Teacup)."""
    REFUSED = "refused"
    """An error of its own, whatever it says (Prusa)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRules:
    """How numbered lines are judged. Source of the defaults: Marlin ``queue.cpp``, ``get_serial_commands``."""

    judged: Judged = Judged.SEQUENCE
    needs_checksum: bool = True
    """A numbered line without a checksum is an error."""
    lone_checksum: LoneChecksum = LoneChecksum.IGNORED
    number_anywhere: bool = False
    """The first ``N`` of the line is its number wherever it stands (Repetier ``strchr``), not only in front."""
    checksum_first: bool = False
    modulus: int = 0
    """Numbers are compared modulo this (Repetier: 65,536); 0 compares them whole."""
    m110_anywhere: bool = True
    """``M110`` anywhere in a line makes it a renumbering, and the next ``N`` in it counts (Marlin ``strstr``). False:
    only the command M110 does, with the line's own number."""
    m110_at_once: bool = False
    """M110 renumbers and is acknowledged when it is read; it never enters the queue. Without a number it does nothing."""
    number_after_start: int = 0
    """The last line number a board believes in when it starts; Smoothieware: -1."""
    flushes: bool = True
    """A rejected line throws the whole receive ring away."""
    skipped_lines: int = 0
    """So many lines with a wrong number are passed over after a rejection before they are an error again."""
    repeats_request_seconds: float = 0.0
    """Silence after which an open request, or half a line, makes the board ask (again); 0: it asks once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaints:
    """What is said for each kind of rejected line, without the ``ok`` of ``ok_after_resend``.

    Names: ``last`` accepted number, ``expected`` next one, ``got`` this line's, ``got8`` its low 8 bits, ``computed``
    and ``given`` checksum, ``line`` the whole line.
    """

    line_number: tuple[str, ...] = (
        "Error:Line Number is not Last Line Number+1, Last Line: {last}",
        "Resend: {expected}",
    )
    no_checksum: tuple[str, ...] = ("Error:No Checksum with line number, Last Line: {last}", "Resend: {expected}")
    checksum: tuple[str, ...] = ("Error:checksum mismatch, Last Line: {last}", "Resend: {expected}")
    no_number: tuple[str, ...] = ("Error:No Line Number with checksum, Last Line: {last}", "Resend: {expected}")
    skipped: tuple[str, ...] = ()
    """For a line passed over (``skipped_lines``)."""
    repeated: tuple[str, ...] = ()
    """The request said again (``repeats_request_seconds``)."""


class Power(Enum):
    """Where the heaters' power stands in a temperature report."""

    BEHIND = "behind"
    """``@:0 B@:0`` behind all temperatures."""
    BED_FIRST = "bed first"
    """``B@:0 @:0`` behind all temperatures."""
    BESIDE = "beside"
    """``@0`` beside each temperature."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureForm:
    """The shape of M105's answer. Default: Marlin ``temperature.cpp``, ``print_heater_states``."""

    tool_key: str = "T"
    """Key of the active tool in front; empty: only the numbered tools are shown."""
    repeats_tool: bool = False
    """``T0:`` is shown even with one extruder."""
    bed_first: bool = False
    decimals: int = 2
    target_decimals: int = 2
    shows_targets: bool = True
    power: Power = Power.BEHIND
    full_power: int = 127
    extra: str = ""
    """Sensors that do not heat, between temperatures and powers."""
    suffix: str = ""
    """Sensors that do not heat, at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltForm:
    """How a board dies, and what it still answers then. Names: ``reason``, ``said``, ``heater``, ``command``."""

    words: tuple[str, ...] = ("echo:{reason}", "Error:Printer halted. kill() called!", "//action:poweroff")
    """Lines that name a reason are left out where there is none."""
    m112_reason: str = "M112 Shutdown"
    m112_words: tuple[str, ...] = ()
    """Said instead of ``words`` after M112."""
    m112_restarts: bool = False
    """M112 resets the processor: the greeting follows."""
    m112_has_ok: bool = False
    """M112 is acknowledged as well."""
    byte_words: tuple[str, ...] = ()
    """Said after the halting byte (``Speech.halting_byte``)."""
    heat_words: tuple[str, ...] = ("Error:{said}, system stopped! Heater_ID: {heater}",)
    heat_reason: str = "{shown}"
    heat_parks: bool = True
    """A heater fault tries to park the head, which an unhomed machine reports (facts: "heater does not heat")."""
    refusal: tuple[str, ...] = ()
    """Answer to each command while halted. Empty, and nothing in ``works``: the board is deaf until reset."""
    refusal_has_ok: bool = False
    works: frozenset[str] = frozenset()
    """Commands that work while halted."""
    revivers: frozenset[str] = frozenset()
    """Commands that end the halt."""
    revived: tuple[str, ...] = ()
    revived_after_ok: bool = False
    reviver_restarts: bool = False
    """A reviver resets the processor (greeting, no ok)."""


def names(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


GREETING = (
    "start",
    "{cause}",
    "{firmware}",
    "echo: Last Updated: 2024-07-30 | Author: (none, default config)",
    "echo: Compiled: {built}",
    "echo: Free Memory: 0  PlannerBufferBytes: 1472",
    "{settings}",
    "//action:prompt_end",
    "{card}",
)
"""``facts/marlin.md`` "Connect"."""

IDENTITY = (
    "FIRMWARE_NAME:{firmware} ({built} 19:12:08) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
    "PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} KINEMATICS:Cartesian EXTRUDER_COUNT:{extruders} UUID:{uuid}",
    "{capabilities}",
    "area:{{full:{box},work:{box}}}",
)
"""``facts/marlin.md``: M115, one long line, the capabilities, the area."""

CAPABILITIES = names(
    "SERIAL_XON_XOFF BINARY_FILE_TRANSFER EEPROM VOLUMETRIC AUTOREPORT_POS AUTOREPORT_TEMP PROGRESS PRINT_JOB AUTOLEVEL "
    "RUNOUT Z_PROBE LEVELING_DATA BUILD_PERCENT SOFTWARE_POWER TOGGLE_LIGHTS CASE_LIGHT_BRIGHTNESS EMERGENCY_PARSER "
    "HOST_ACTION_COMMANDS PROMPT_SUPPORT SDCARD MULTI_VOLUME REPEAT SD_WRITE AUTOREPORT_SD_STATUS LONG_FILENAME LFN_WRITE "
    "CUSTOM_FIRMWARE_UPLOAD EXTENDED_M20 THERMAL_PROTECTION MOTION_MODES ARCS BABYSTEPPING EP_BABYSTEP "
    "CHAMBER_TEMPERATURE COOLER_TEMPERATURE MEATPACK CONFIG_EXPORT"
)
"""Names in the order of ``facts/marlin.md``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A firmware's voice. Default: Marlin bugfix-2.1.x."""

    line_end: str = "\n"
    reads_ends: bytes = b"\r\n"
    """Bytes that end a line of the host; the others stay in the line, a CR at its end is cut."""
    greeting: tuple[str, ...] = GREETING
    """Names: ``cause``, ``firmware``, ``built``, ``settings`` (the next field's lines), ``card``."""
    settings_loaded: tuple[str, ...] = (
        "echo:V90 stored settings retrieved (606 bytes; crc 3090941",
        "//action:notification Stored settings retrieved",
    )
    """The figure after ``crc`` ends in 41 because the firmware prints ``)`` as a number (facts)."""
    settings_made: tuple[str, ...] = (
        "echo:EEPROM version mismatch (EEPROM=? Marlin=V90)",
        "//action:notification Hardcoded Default Settings Loaded",
        "echo:Hardcoded Default Settings Loaded",
        "echo:Settings Stored (606 bytes; crc 30909)",
        "//action:notification Settings Stored\r",
        "//action:notification Settings Stored",
        "echo:EEPROM Initialized",
    )
    """Said instead of ``settings_loaded`` at the first start, with an empty EEPROM."""
    card_present: str = "echo:SD card ok"
    card_absent: str = "echo:No SD card"
    numbers: NumberRules = field(default_factory=NumberRules)
    complaints: Complaints = field(default_factory=Complaints)
    ok: str = "ok"
    """Name: ``line``, the number of the command's line, or the last one seen."""
    ok_numbered: str = ""
    """The same for a numbered line, where it differs."""
    ok_when_queued: bool = False
    """A line is acknowledged when it enters the queue, not when it has run (Repetier)."""
    empty_line_ok: bool = False
    """Empty lines and pure comments earn an ``ok``."""
    folds_case: bool = False
    """Small letters are understood in a command's name."""
    idle_word: str = ""
    idle_seconds: float = 1.0
    """Said so long after the last byte while nothing is queued, and again."""
    busy: str = "echo:busy: {text}"
    temperatures: TemperatureForm = field(default_factory=TemperatureForm)
    report: str = " {temperatures}"
    """The automatic report."""
    wait_line: str = " {temperatures} W:{left}"
    """Each second of M109 and M190. Names: ``temperatures``, ``left``, ``tool``, ``bed``."""
    position: str = "X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:{e:.2f} Count {count}"
    on_ok: frozenset[str] = frozenset({"M105"})
    """Commands whose (first) line stands on the line of their ``ok``; of M105, M114 and M115."""
    identity: tuple[str, ...] = IDENTITY
    """Names: ``firmware``, ``machine``, ``extruders``, ``uuid``, ``built``, ``box``; ``{capabilities}`` stands alone."""
    capabilities: tuple[str, ...] = CAPABILITIES
    unknown: tuple[str, ...] = ('echo:Unknown command: "{command}"',)
    """Names: ``command`` the whole, ``word`` its first word, ``letter`` and ``number`` of it. What begins with ``ok``
    stands on the ok's line."""
    unknown_word: tuple[str, ...] = ()
    """The same for a line that is no G, M or T; empty: as ``unknown``."""
    mutes: frozenset[str] = frozenset()
    """Commands that run without a word of their own."""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What is said instead of a command's own words. Names: ``rest``, ``tool``, ``fan``, the letters S, P, F, X, Y, Z."""
    cold_extrusion: tuple[str, ...] = ("echo: cold extrusion prevented",)
    cold_refuses: bool = False
    """A cold extrusion stops the whole move, not only its E."""
    must_home: tuple[str, ...] = ()
    """Said, and the move refused, when an axis is not homed; empty: moves run unhomed. Names: ``x y z e``."""
    out_of_range: tuple[str, ...] = ()
    """Said, and the move refused, when it leaves the area; empty: it is clamped in silence. Names: ``x y z e``."""
    halt: HaltForm = field(default_factory=HaltForm)
    early_words: frozenset[str] = frozenset({"M108", "M112", "M410", "M876"})
    """Words the emergency parser obeys, where the build has one."""
    early_behind_lines: int = 0
    """The host's bytes are looked at only while fewer lines wait; 0: always."""
    checksum_hides_words: bool = False
    """An early word followed by anything but blank or line end is not seen."""
    words_when_read: frozenset[str] = frozenset({"M108", "M112", "M410"})
    """Words that act when their line is read, where the build has no emergency parser."""
    numbered_words_when_read: bool = False
    """They do so on numbered lines too."""
    halting_byte: bytes = b""
    """A single byte that halts the board when it arrives (Smoothieware: Ctrl-X)."""
