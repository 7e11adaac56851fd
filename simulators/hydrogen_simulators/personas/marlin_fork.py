"""Marlin and its forks: builds that share Marlin's command queue and differ in buffers, texts and what they check."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import (
    Complaints,
    HaltForm,
    LoneChecksum,
    NumberRules,
    Speech,
    TemperatureForm,
    names,
)
from hydrogen_simulators.personas.persona import Persona

MARLIN_2 = MarlinSettings()

SPEECH_2_0 = Speech(
    identity=(
        "FIRMWARE_NAME:{firmware} ({built} 19:12:08) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
        "PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} UUID:{uuid}",
        "{capabilities}",
    ),
    halt=HaltForm(words=("echo:{reason}", "Error:Printer halted. kill() called!"), heat_parks=False),
    mutes=frozenset({"M106", "M107", "M73"}),
)
"""Marlin 2.0.x: no area line, no fan and progress reports (their options are off by default)."""

MARLIN_2_AVR = replace(
    MARLIN_2,
    firmware_name="Marlin 2.0.9.3",
    machine_name="3D Printer",
    advanced_ok=False,
    emergency_parser=False,
    soft_reset=False,
    host_prompts=False,
    repeats_in_silence=False,
    eight_bit_bytes_flush=False,
    speech=SPEECH_2_0,
)

SPEECH_1_1 = Speech(
    greeting=(
        "start",
        "echo:{firmware}",
        "echo: Last Updated: 2018-08-01 | Author: (none, default config)",
        "echo:Compiled: Dec  8 2019",
        "echo: Free Memory: 3206  PlannerBufferBytes: 1232",
        "{settings}",
        "{card}",
    ),
    settings_loaded=("echo:V55 stored settings retrieved (655 bytes; crc 42236)",),
    card_absent="echo:SD init fail",
    identity=(
        "FIRMWARE_NAME:{firmware} (Github) SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin "
        "PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} UUID:{uuid}",
        "{capabilities}",
    ),
    capabilities=names(
        "SERIAL_XON_XOFF EEPROM VOLUMETRIC AUTOREPORT_TEMP PROGRESS PRINT_JOB AUTOLEVEL Z_PROBE LEVELING_DATA "
        "BUILD_PERCENT SOFTWARE_POWER TOGGLE_LIGHTS CASE_LIGHT_BRIGHTNESS EMERGENCY_PARSER AUTOREPORT_SD_STATUS "
        "THERMAL_PROTECTION"
    ),
    mutes=frozenset({"M106", "M107", "M110", "M73"}),
    halt=HaltForm(words=("Error:Printer halted. kill() called!",), heat_parks=False),
)

MARLIN_1_1 = replace(
    MARLIN_2_AVR,
    firmware_name="Marlin 1.1.9",
    machine_name="RepRap",
    lacks=frozenset({"M154", "M412", "M524", "M876"}),
    speech=SPEECH_1_1,
)

SPEECH_PRUSA = Speech(
    greeting=(
        "start",
        "echo: 3.13.3-7094",
        "echo: Last Updated: Nov  1 2023 12:00:00 | Author: (none, default config)",
        "Compiled: Nov  1 2023",
        "echo: Free Memory: 2002  PlannerBufferBytes: 1392",
        "{settings}",
        "adc_init",
        "{card}",
    ),
    settings_loaded=("echo:Stored settings retrieved",),
    card_absent="echo:SD init fail",
    numbers=NumberRules(lone_checksum=LoneChecksum.REFUSED, m110_anywhere=False),
    temperatures=TemperatureForm(decimals=1, target_decimals=1, repeats_tool=True, suffix=" P:29.5 A:34.6"),
    report="{temperatures}",
    wait_line="T:{tool:.2f} E:0 B:{bed:.1f}",
    identity=(
        "FIRMWARE_NAME:{firmware} based on Marlin FIRMWARE_URL:https://github.com/prusa3d/Prusa-Firmware "
        "PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} "
        "UUID:00000000-0000-0000-0000-000000000000",
        "{capabilities}",
    ),
    capabilities=("AUTOREPORT_TEMP", "AUTOREPORT_FANS", "AUTOREPORT_POSITION", "EXTENDED_M20", "PRUSA_MMU2"),
    mutes=frozenset({"M106", "M107", "M110", "M73", "G92"}),
    halt=HaltForm(
        words=("Error:Printer halted. kill() called!", "{reason}"),
        m112_reason="M112 called. Emergency Stop.",
        heat_parks=False,
    ),
    words_when_read=frozenset({"M112"}),
    numbered_words_when_read=True,
)

PRUSA_MK3 = replace(
    MARLIN_1_1,
    firmware_name="Prusa-Firmware 3.13.3",
    machine_name="Prusa i3 MK3S",
    area=(250.0, 210.0, 210.0),
    lacks=frozenset({"M108", "M410", "M154", "M412", "M524", "M876"}),
    speech=SPEECH_PRUSA,
)

PRUSA_MK2 = replace(
    PRUSA_MK3,
    firmware_name="Prusa-Firmware 3.0.12",
    machine_name="Prusa i3 MK2",
    auto_report=False,
    ok_after_resend=False,
    busy_interval_seconds=0.0,
    speech=replace(
        SPEECH_PRUSA,
        complaints=Complaints(no_number=("Error:No Line Number with checksum, Last Line: {last}",)),
        capabilities=(),
        temperatures=TemperatureForm(decimals=1, target_decimals=1, repeats_tool=True),
    ),
)

MARLIN_FORKS: tuple[Persona, ...] = (
    Persona(
        name="marlin-2",
        title="Marlin bugfix-2.1.x with EMERGENCY_PARSER, ADVANCED_OK, host prompts",
        sources=("facts/marlin.md: measured against the firmware",),
        settings=MARLIN_2,
    ),
    Persona(
        name="marlin-2-avr",
        title="Marlin 2.0.x on an ATmega2560: ring of 128, no emergency parser, plain ok",
        sources=(
            "Marlin 2.0.x gcode/queue.cpp: a repeated line is an error, M108 M112 M410 act when read",
            "Marlin 2.0.x Configuration_adv.h: defaults of ADVANCED_OK, EMERGENCY_PARSER, BUFSIZE 4",
        ),
        settings=MARLIN_2_AVR,
    ),
    Persona(
        name="marlin-2-stm32",
        title="Marlin 2.0.x on an STM32 whose serial core keeps 64 bytes",
        sources=("STM32duino and libmaple cores: SERIAL_RX_BUFFER_SIZE 64", "facts/link.md section 4"),
        settings=replace(MARLIN_2_AVR, ring_size=64),
    ),
    Persona(
        name="marlin-2-wide",
        title="Marlin 2.1 with BUFSIZE 32, a ring of 1024, 32 planner blocks, MeatPack",
        sources=("Marlin Configuration_adv.h: BUFSIZE, RX_BUFFER_SIZE, BLOCK_BUFFER_SIZE, MEATPACK_ON_SERIAL_PORT_1",),
        settings=replace(MARLIN_2, ring_size=1024, queue_size=32, planner_size=32, meatpack=True),
    ),
    Persona(
        name="marlin-1.1",
        title="Marlin 1.1.9 on an ATmega2560",
        sources=(
            "Marlin 1.1.x Marlin_main.cpp: get_serial_commands, gcode_line_error, gcode_M115, kill",
            "greeting: public log guidugast/Share low_temp_test.gcode; capabilities: probonopd/WirelessPrinting #98",
        ),
        settings=MARLIN_1_1,
    ),
    Persona(
        name="lulzbot-taz",
        title="LulzBot TAZ, Marlin 1.1.5: a lone checksum is an error that asks for nothing",
        sources=(
            "OctoPrint/OctoPrint #2226: no Resend and no ok after 'No Line Number with checksum'",
            "Marlin 1.1.5 Marlin_main.cpp: gcode_line_error with doFlush false",
        ),
        settings=replace(
            MARLIN_1_1,
            firmware_name="Marlin",
            machine_name="LulzBot TAZ 6",
            speech=replace(
                SPEECH_1_1,
                numbers=NumberRules(lone_checksum=LoneChecksum.REFUSED),
                complaints=Complaints(no_number=("Error:No Line Number with checksum, Last Line: {last}",)),
                identity=(
                    "FIRMWARE_NAME:{firmware}  FIRMWARE_VERSION:1.1.5.19 EXTRUDER_TYPE:DualExtruder v2 "
                    "SOURCE_CODE_URL:https://code.alephobjects.com/diffusion/MARLIN PROTOCOL_VERSION:1.0 "
                    "MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} UUID:845f003c-aebd-4e53-a6b9-7d0984fde609",
                    "{capabilities}",
                ),
            ),
        ),
    ),
    Persona(
        name="prusa-mk3",
        title="Original Prusa i3 MK3S, Prusa-Firmware 3.13",
        sources=(
            "Prusa-Firmware Firmware/cmdqueue.cpp, get_command: a checksum without a number asks for a resend, M112 acts"
            " when read, only the command M110 renumbers",
            "prusa3d/Prusa-Firmware #1630 (greeting), #3331 (M105), #3417 (wait lines), #1722 (M115)",
        ),
        settings=PRUSA_MK3,
    ),
    Persona(
        name="prusa-mk2",
        title="Original Prusa i3 MK2, Prusa-Firmware 3.0: no ok after Resend, no auto report",
        sources=("OctoPrint/OctoPrint #2285: Resend without ok", "OctoPrint/OctoPrint #490, #1817"),
        settings=PRUSA_MK2,
    ),
    Persona(
        name="prusa-mini",
        title="Original Prusa MINI, Prusa-Firmware-Buddy 4.3 on native USB",
        sources=("public transcript of M115 and M105 of Prusa-Firmware-Buddy 4.3.4 (board temperature A:)",),
        settings=replace(
            MARLIN_2_AVR,
            ring_size=0,
            firmware_name="Prusa-Firmware-Buddy 4.3.4",
            machine_name="Prusa-mini",
            area=(180.0, 180.0, 180.0),
            speech=replace(
                SPEECH_2_0,
                greeting=("start", "echo:Prusa-mini", "{card}"),
                temperatures=TemperatureForm(extra=" A:30.67 /0.00"),
                identity=(
                    "FIRMWARE_NAME:{firmware} (Github) SOURCE_CODE_URL:https://github.com/prusa3d/Prusa-Firmware-Buddy "
                    "PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} UUID:{uuid}",
                    "{capabilities}",
                ),
            ),
        ),
    ),
    Persona(
        name="creality",
        title="Creality CR-10S and 8-bit Ender-3, Marlin 1.1 with the stock greeting",
        sources=("OctoPrint/OctoPrint #2566: greeting, M115 and capabilities of a CR-10S",),
        settings=replace(
            MARLIN_1_1,
            firmware_name="Marlin bugfix-1.1.x",
            machine_name="Creality CR-10S",
            area=(300.0, 300.0, 400.0),
            speech=replace(SPEECH_1_1, settings_loaded=("echo:V54 stored settings retrieved (715 bytes; crc 36610)",)),
        ),
    ),
    Persona(
        name="ender-3-v2",
        title="Creality Ender-3 V2, stock Marlin 2.0 on the V4.2.2 board: ring of 64, no capabilities",
        sources=(
            "CrealityOfficial/Ender-3V2 Marlin/src/inc/Version.h, gcode/queue.cpp: Marlin 2.0.6, EXTENDED_CAPABILITIES off",
        ),
        settings=replace(
            MARLIN_2_AVR,
            ring_size=64,
            firmware_name="Marlin V1.0.4",
            machine_name="Ender-3 V2",
            auto_report=False,
            area=(220.0, 220.0, 250.0),
            speech=replace(SPEECH_2_0, capabilities=()),
        ),
    ),
    Persona(
        name="anycubic-i3-mega",
        title="Anycubic i3 Mega, 8-bit TriGorilla, Marlin 2.0.5",
        sources=("knutwurst/Marlin-2-0-x-Anycubic-i3-MEGA-S #11 (M115), #53 (transcript)",),
        settings=replace(
            MARLIN_2_AVR,
            firmware_name="Marlin 2.0.5.4",
            machine_name="Knutwurst's Anycubic i3 MEGA",
            area=(210.0, 210.0, 205.0),
            speech=replace(
                SPEECH_2_0,
                identity=(
                    "FIRMWARE_NAME:{firmware} (knutwurst, Github) MARLIN-AI3M_VERSION:1.1.1 SOURCE_CODE_URL:"
                    "https://github.com/knutwurst/Marlin-2-0-x-Anycubic-i3-MEGA-S PROTOCOL_VERSION:1.0 "
                    "MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders} UUID:b6153152-86fb-4cd8-bda7-91c6a04c467d",
                    "{capabilities}",
                ),
            ),
        ),
    ),
    Persona(
        name="anycubic-vyper",
        title="Anycubic Vyper, Marlin 2 on a GD32F103 with boot words before 'start'",
        sources=(
            "rommulaner/Anycubic_Vyper_MB_CE_6.2 #43: greeting",
            "ANYCUBIC-3D/Vyper #31: no HOST_ACTION_COMMANDS",
        ),
        settings=replace(
            MARLIN_2_AVR,
            ring_size=64,
            firmware_name="Marlin Vyper-CE-6.2.2(LA+IS)",
            machine_name="Anycubic Vyper",
            has_leveling=True,
            area=(245.0, 245.0, 260.0),
            speech=replace(
                SPEECH_2_0,
                greeting=(
                    "",
                    "app fs start: 0",
                    "mount: 0:/",
                    "start",
                    "{cause}",
                    "{firmware}",
                    "echo: Last Updated: 2024-01-21 | Author: (Rommulaner, Vyper CE-6.2.2 Marlin 2.1.2.1)",
                    "echo: Compiled: Jun 29 2024",
                    "echo: Free Memory: 43543  PlannerBufferBytes: 3584",
                    "Loading DWIN LCD setting from EEPROM",
                    "{settings}",
                    "Taring probe",
                    "{card}",
                ),
                settings_loaded=("echo:V88 stored settings retrieved (917 bytes; crc 6758)",),
            ),
        ),
    ),
    Persona(
        name="anycubic-i3-mega-32",
        title="Anycubic i3 Mega, 32-bit board with firmware V1.4.1: 'ok N:5' and '//' complaints",
        sources=("OctoPrint/OctoPrint #2309: 'ok N:0', 'Resend:7', '//last:6 curr:8 rcv:...', '//####checkSum error'",),
        settings=replace(
            MARLIN_2_AVR,
            firmware_name="Anycubic V1.4.1RC2",
            machine_name="i3 Mega",
            auto_report=False,
            busy_interval_seconds=0.0,
            ok_after_resend=False,
            area=(210.0, 210.0, 205.0),
            speech=Speech(
                greeting=("start",),
                numbers=NumberRules(needs_checksum=False, m110_anywhere=False, flushes=False),
                complaints=Complaints(
                    line_number=("Resend:{expected}", "ok", "//last:{last} curr:{got} rcv:{line}"),
                    checksum=("//####checkSum error expect:0x{computed:x},actual:0x{given:x}!str:{line}", "", "ok"),
                ),
                ok_numbered="ok N:{line}",
                identity=("FIRMWARE_NAME:{firmware} MACHINE_TYPE:{machine} EXTRUDER_COUNT:{extruders}",),
                capabilities=(),
                unknown=(),
                mutes=frozenset({"M106", "M107", "M110", "M73", "G92"}),
                answers=MappingProxyType({"M117": ()}),
                halt=HaltForm(words=("Error:Printer halted. kill() called!",), heat_parks=False),
            ),
        ),
    ),
)
"""Personas whose engine is Marlin's queue."""
