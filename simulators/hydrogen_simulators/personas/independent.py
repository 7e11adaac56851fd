"""Firmwares with roots of their own: Repetier, Smoothieware, RepRapFirmware, Klipper, Teacup."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import (
    Complaints,
    HaltForm,
    Judged,
    LoneChecksum,
    NumberRules,
    Power,
    Speech,
    TemperatureForm,
)
from hydrogen_simulators.personas.persona import Persona

MARLIN_ONLY = frozenset(
    {"M113", "M154", "M155", "M412", "M486", "M524", "M876", "M16", "M33", "M73", "M75", "M76", "M77"}
)
"""Commands of Marlin that these firmwares have not."""

WORDLESS = frozenset(
    {"G28", "G29", "G92", "M31", "M106", "M107", "M110", "M220", "M221", "M302", "M500", "M501", "M502"}
)
"""Commands whose words in Marlin these firmwares do not say."""

BARE = MarlinSettings(
    queue_size=1,
    advanced_ok=False,
    emergency_parser=False,
    soft_reset=False,
    host_prompts=False,
    auto_report=False,
    repeats_in_silence=False,
    eight_bit_bytes_flush=False,
    busy_interval_seconds=0.0,
    lacks=MARLIN_ONLY,
)
"""What they have in common: one command at a time, nothing seen on arrival, no Marlin extras."""

REPETIER = Speech(
    line_end="\r\n",
    greeting=(
        "start",
        "Info:External Reset",
        "Detected EEPROM version:20",
        "Info:Autoleveling enabled",
        "Free RAM:3487",
    ),
    settings_loaded=("Info:Configuration loaded from EEPROM.",),
    card_absent="",
    card_present="",
    numbers=NumberRules(
        needs_checksum=False,
        lone_checksum=LoneChecksum.JUDGED,
        number_anywhere=True,
        checksum_first=True,
        modulus=65536,
        m110_anywhere=False,
        m110_at_once=True,
        skipped_lines=14,
        repeats_request_seconds=0.2,
    ),
    complaints=Complaints(
        line_number=("Error:expected line {expected} got {got}", "", "Resend:{expected}"),
        checksum=("Error:Wrong checksum", "", "Resend:{expected}"),
        skipped=("skip {got}", "ok"),
        repeated=("", "Resend:{expected}"),
    ),
    ok="ok {line}",
    ok_when_queued=True,
    idle_word="wait",
    busy="busy:{text}",
    temperatures=TemperatureForm(target_decimals=0, power=Power.BED_FIRST, full_power=255),
    report="{temperatures}",
    wait_line="{temperatures}",
    position="X:{x:.2f} Y:{y:.2f} Z:{z:.3f} E:{e:.4f}",
    on_ok=frozenset(),
    identity=(
        "FIRMWARE_NAME:{firmware} FIRMWARE_URL:https://github.com/repetier/Repetier-Firmware/ PROTOCOL_VERSION:1.0 "
        "MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} REPETIER_PROTOCOL:3",
        "Printed filament:1071.80m Printing time:10 days 20 hours 14 min",
    ),
    capabilities=(),
    unknown=("Unknown command:{command}",),
    mutes=WORDLESS,
    answers=MappingProxyType(
        {
            "M104": ("TargetExtr{tool}:{S:.0f}",),
            "M140": ("TargetBed:{S:.0f}",),
            "M106": ("Fanspeed:{S:.0f}",),
            "M107": ("Fanspeed:0",),
            "T0": ("SelectExtruder:0", "FlowMultiply:100"),
            "M20": ("Begin file list", "End file list"),
            "M27": ("Not SD printing",),
        }
    ),
    halt=HaltForm(
        words=(
            "fatal:{reason} - Printer stopped and heaters disabled due to this error. Fix error and restart with M999.",
        ),
        m112_restarts=True,
        heat_words=(),
        heat_reason="Heater/sensor error",
        heat_parks=False,
        refusal=(
            "fatal:Heater/sensor error - Printer stopped and heaters disabled due to this error. "
            "Fix error and restart with M999.",
        ),
        revivers=frozenset({"M999"}),
    ),
    words_when_read=frozenset({"M112"}),
    numbered_words_when_read=True,
)

SMOOTHIE_REFUSES = ("rs N{expected}",)

SMOOTHIEWARE = Speech(
    line_end="\r\n",
    greeting=("Smoothie", "ok"),
    settings_loaded=(),
    numbers=NumberRules(
        needs_checksum=False, m110_anywhere=False, m110_at_once=True, number_after_start=-1, flushes=False
    ),
    complaints=Complaints(line_number=SMOOTHIE_REFUSES, checksum=SMOOTHIE_REFUSES, no_checksum=SMOOTHIE_REFUSES),
    empty_line_ok=True,
    temperatures=TemperatureForm(decimals=1, target_decimals=1, power=Power.BESIDE, full_power=255),
    wait_line="{temperatures}",
    position="C: X:{x:.4f} Y:{y:.4f} Z:{z:.4f} E:{e:.4f}",
    on_ok=frozenset({"M105", "M114"}),
    identity=(
        "FIRMWARE_NAME:{firmware}, FIRMWARE_URL:http%3A//smoothieware.org, "
        "X-SOURCE_CODE_URL:https://github.com/Smoothieware/Smoothieware, FIRMWARE_VERSION:edge-1f3a4b0, "
        "X-FIRMWARE_BUILD_DATE:Nov 22 2026 19:12:08, X-SYSTEM_CLOCK:120MHz, X-AXES:5, X-GRBL_MODE:0, X-CNC:0, X-MSD:1",
    ),
    capabilities=(),
    unknown=(),
    unknown_word=("ok - ignored",),
    mutes=WORDLESS,
    answers=MappingProxyType({"M20": ("Begin file list", "End file list"), "M27": ("Not SD printing",), "M117": ()}),
    cold_extrusion=(),
    halt=HaltForm(
        words=("Error: {reason}", "Entering Alarm/Halt state"),
        m112_words=("ok Emergency Stop Requested - reset or M999 required to exit HALT state",),
        byte_words=("HALTED, M999 or $X to exit HALT state",),
        heat_words=(),
        heat_reason="Temperature runaway",
        heat_parks=False,
        refusal=("!!",),
        works=frozenset(
            {"M2", "M5", "M9", "M30", "M105", "M114", "M119", "M80", "M81", "M911", "M503", "M106", "M107"}
        ),
        revivers=frozenset({"M999"}),
        revived=("WARNING: After HALT you should HOME as position is currently unknown",),
    ),
    words_when_read=frozenset(),
    halting_byte=b"\x18",
)

REPRAPFIRMWARE = Speech(
    greeting=(),
    settings_loaded=(),
    numbers=NumberRules(judged=Judged.CHECKSUM, needs_checksum=False, m110_anywhere=False, flushes=False),
    complaints=Complaints(checksum=("rs  {got}",)),
    temperatures=TemperatureForm(decimals=1, target_decimals=1, power=Power.NONE),
    wait_line="{temperatures}",
    position="X:{x:.3f} Y:{y:.3f} Z:{z:.3f} E:{e:.3f} Count {count}",
    identity=(
        "FIRMWARE_NAME: {firmware} FIRMWARE_VERSION: 2.05.1 ELECTRONICS: Duet WiFi 1.02 or later FIRMWARE_DATE: 2020-02-09b1",
    ),
    capabilities=(),
    unknown=("Bad command: {command}",),
    mutes=WORDLESS,
    answers=MappingProxyType({"M20": ("Begin file list", "End file list"), "M117": ()}),
    halt=HaltForm(
        words=("Error: {reason}",),
        m112_words=("Emergency Stop! Reset the controller to continue.",),
        m112_has_ok=True,
        heat_words=(),
        heat_reason="Heating fault on heater 1",
        heat_parks=False,
        refusal_has_ok=True,
        works=frozenset({"M105", "M115"}),
        revivers=frozenset({"M999"}),
        reviver_restarts=True,
    ),
    words_when_read=frozenset(),
)

KLIPPER_SHUTDOWN = (
    "// Shutdown due to M112 command",
    "// Once the underlying issue is corrected, use the",
    '// "FIRMWARE_RESTART" command to reset the firmware, reload the',
    "// config, and restart the host software.",
    "// Printer is shutdown",
    "!! Shutdown due to M112 command",
)

KLIPPER = Speech(
    reads_ends=b"\n",
    greeting=(),
    settings_loaded=(),
    numbers=NumberRules(judged=Judged.NOTHING, needs_checksum=False, flushes=False),
    empty_line_ok=True,
    folds_case=True,
    temperatures=TemperatureForm(tool_key="", bed_first=True, decimals=1, target_decimals=1, power=Power.NONE),
    wait_line="{temperatures}",
    position="X:{x:.3f} Y:{y:.3f} Z:{z:.3f} E:{e:.3f}",
    on_ok=frozenset({"M105", "M115"}),
    identity=("FIRMWARE_NAME:{firmware} FIRMWARE_VERSION:v0.13.0-730-g84104bbbd",),
    capabilities=(),
    unknown=('// Unknown command:"{word}"',),
    mutes=WORDLESS,
    answers=MappingProxyType(
        {
            "M20": ("Begin file list", "End file list"),
            "M21": ("SD card ok",),
            "M23": ("!! Unable to open file",),
            "M27": ("Not SD printing.",),
            "M117": (),
            "M118": ("echo: {rest}",),
            "M119": ("stepper_x:open stepper_y:open stepper_z:open",),
            "M73": (),
            "STATUS": ("// Klipper state: Ready",),
            "RESTART": ("// Klipper state: Disconnect", "// Klipper state: Ready"),
        }
    ),
    cold_extrusion=(
        "// Extrude below minimum temp",
        "// See the 'min_extrude_temp' config option for details",
        "!! Extrude below minimum temp",
    ),
    cold_refuses=True,
    must_home=("!! Must home axis first: {x:.3f} {y:.3f} {z:.3f} [{e:.3f}]",),
    out_of_range=("!! Move out of range: {x:.3f} {y:.3f} {z:.3f} [{e:.3f}]",),
    halt=HaltForm(
        words=("!! {reason}", "// Klipper state: Shutdown"),
        m112_reason="",
        m112_words=("// Klipper state: Shutdown",),
        m112_has_ok=True,
        heat_words=(),
        heat_reason="Heater extruder not heating at expected rate",
        heat_parks=False,
        refusal=KLIPPER_SHUTDOWN,
        refusal_has_ok=True,
        works=frozenset({"M105", "M115", "M110", "M21", "M112"}),
        revivers=frozenset({"FIRMWARE_RESTART"}),
        revived=("// Klipper state: Disconnect", "// Klipper state: Ready"),
        revived_after_ok=True,
    ),
    early_words=frozenset({"M112"}),
    early_behind_lines=20,
    checksum_hides_words=True,
)

TEACUP = Speech(
    greeting=("start", "ok"),
    settings_loaded=(),
    numbers=NumberRules(
        judged=Judged.CHECKSUM,
        needs_checksum=False,
        lone_checksum=LoneChecksum.JUDGED,
        m110_anywhere=False,
        flushes=False,
    ),
    complaints=Complaints(checksum=("rs N{expected} Expected checksum {computed}", "rs {got8}")),
    ok="ok ",
    empty_line_ok=True,
    folds_case=True,
    temperatures=TemperatureForm(shows_targets=False, power=Power.NONE),
    wait_line="{temperatures}",
    position="X:{x:.3f},Y:{y:.3f},Z:{z:.3f},E:{e:.3f},F:1500",
    on_ok=frozenset({"M105", "M114", "M115"}),
    identity=(
        "FIRMWARE_NAME:{firmware} FIRMWARE_URL:http://github.com/traumflug/Teacup_Firmware/ PROTOCOL_VERSION:1.0 "
        "MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} TEMP_SENSOR_COUNT:2 HEATER_COUNT:2",
    ),
    capabilities=(),
    unknown=("ok E: Bad {letter}-code {number}",),
    mutes=WORDLESS,
    answers=MappingProxyType({"M117": (), "M118": ()}),
    cold_extrusion=(),
    halt=HaltForm(words=(), heat_words=(), heat_parks=False, m112_reason=""),
    words_when_read=frozenset(),
)

INDEPENDENT_FIRMWARES: tuple[Persona, ...] = (
    Persona(
        name="repetier",
        title="Repetier-Firmware 1.0: ok with the line's number when it is queued, 'wait' each idle second",
        sources=(
            "Repetier-Firmware gcode.cpp: checkAndPushCommand, requestResend, parseAscii, readFromSerial, reportFatalError",
            "Repetier-Firmware Communication.cpp: texts; Commands.cpp: emergencyStop with KILL_METHOD 1, printTemperatures",
            "MatterHackers/MatterControl #4843, repetier/Repetier-Firmware #637, OctoPrint/OctoPrint #3122: transcripts",
        ),
        settings=replace(
            BARE,
            firmware_name="Repetier_1.0.4",
            machine_name="Mendel",
            busy_interval_seconds=2.0,
            lacks=MARLIN_ONLY | {"M108", "M410", "M118"},
            speech=REPETIER,
        ),
    ),
    Persona(
        name="smoothieware",
        title="Smoothieware v1 on native USB: 'rs N13' without ok, '!!' while halted, ok for empty lines",
        sources=(
            "Smoothieware src/modules/communication/GcodeDispatch.cpp: on_console_line_received",
            "Smoothieware src/libs/USBDevice/USBSerial/USBSerial.cpp: on_main_loop (greeting), on_idle (Ctrl-X)",
            "MatterHackers/MatterControl #1700: transcript of rs and M105",
        ),
        settings=replace(
            BARE,
            ring_size=0,
            max_line_length=256,
            firmware_name="Smoothieware",
            ok_after_resend=False,
            lacks=MARLIN_ONLY | {"M108", "M410"},
            speech=SMOOTHIEWARE,
        ),
    ),
    Persona(
        name="reprapfirmware",
        title="RepRapFirmware 2 on a Duet over USB (M555 P2): checksums judged, numbers not",
        sources=(
            "RepRapFirmware 2.x GCodeBuffer.cpp: a bad checksum becomes M998 P<line>, silence without a line number",
            "RepRapFirmware 2.x GCodes.cpp: HandleReply ('rs ' for M998), DoEmergencyStop, ActOnCode ('Bad command')",
            "Duet documentation of M115",
        ),
        settings=replace(
            BARE,
            ring_size=0,
            max_line_length=256,
            firmware_name="RepRapFirmware for Duet 2 WiFi/Ethernet",
            fans_by_fraction=True,
            ok_after_resend=False,
            lacks=MARLIN_ONLY | {"M108", "M410"},
            speech=REPRAPFIRMWARE,
        ),
    ),
    Persona(
        name="reprapfirmware-3",
        title="RepRapFirmware 3 on a Duet over USB: a bad checksum is dropped without a word",
        sources=(
            "RepRapFirmware 3.x GCodeBuffer/StringParser.cpp, LineFinished: bad or missing checksum, Init, no reply",
        ),
        settings=replace(
            BARE,
            ring_size=0,
            max_line_length=256,
            firmware_name="RepRapFirmware for Duet 2 WiFi/Ethernet",
            fans_by_fraction=True,
            ok_after_resend=False,
            lacks=MARLIN_ONLY | {"M108", "M410"},
            speech=replace(
                REPRAPFIRMWARE,
                complaints=Complaints(checksum=()),
                identity=(
                    "FIRMWARE_NAME: {firmware} FIRMWARE_VERSION: 3.3 ELECTRONICS: Duet WiFi 1.02 or later "
                    "FIRMWARE_DATE: 2021-06-15 21:45:03",
                ),
            ),
        ),
    ),
    Persona(
        name="klipper",
        title="Klipper's G-code pty: nothing numbered is checked, '//' and '!!', empty lines earn an ok",
        sources=("facts/klipper-moonraker.md section 2: measured against klippy v0.13.0",),
        settings=replace(
            BARE,
            ring_size=0,
            max_line_length=4096,
            emergency_parser=True,
            firmware_name="Klipper",
            lacks=(MARLIN_ONLY - {"M73"})
            | {
                "M17",
                "M31",
                "M92",
                "M108",
                "M201",
                "M205",
                "M206",
                "M211",
                "M302",
                "M410",
                "M486",
                "M503",
                "M600",
                "M907",
            }
            | {"M0", "M1", "M80", "M85", "M111", "M141", "M191", "M300", "M500", "M501", "M502", "M900", "T0"},
            speech=KLIPPER,
        ),
    ),
    Persona(
        name="teacup",
        title="Teacup: ok in front of the answer, 'rs 13' with the low eight bits of the line's number",
        sources=(
            "Teacup_Firmware gcode_parse.c: gcode_parse_char, request_resend (serwrite_uint8)",
            "Teacup_Firmware gcode_process.c: M114, M115; temp.c: temp_print; Traumflug/Teacup_Firmware #21",
        ),
        settings=replace(
            BARE,
            ring_size=64,
            firmware_name="Teacup",
            machine_name="Mendel",
            ok_after_resend=False,
            lacks=MARLIN_ONLY | {"M108", "M410", "M118", "M600", "M141", "M191", "G29"},
            speech=TEACUP,
        ),
    ),
)
"""Personas whose firmware is no Marlin."""
