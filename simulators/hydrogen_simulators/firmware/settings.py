"""What kind of printer it is: the compile-time and EEPROM settings of a virtual Marlin.

The defaults are the build whose transcripts are in ``facts/marlin.md``: Marlin bugfix-2.1.x, one hotend,
heated bed, ADVANCED_OK, EMERGENCY_PARSER, HOST_KEEPALIVE, a 128-byte receive ring, no SD card inserted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hydrogen_simulators.firmware.speech import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaterSettings:
    """Physics and limits of one heater.

    A first-order body with a lagging sensor: at full power it gains ``degrees_per_second`` and loses heat
    with the time constant ``cooling_seconds``; the sensor follows after ``sensor_lag_seconds``.
    """

    degrees_per_second: float
    cooling_seconds: float
    sensor_lag_seconds: float
    maximum_target_celsius: float
    overheat_celsius: float
    watch_seconds: float = 40.0
    """Marlin's WATCH_TEMP_PERIOD and THERMAL_PROTECTION_PERIOD; the failure of a cold heater came after 40 s."""
    watch_increase_celsius: float = 2.0
    """Marlin's WATCH_TEMP_INCREASE: what must be gained within ``watch_seconds``."""
    runaway_hysteresis_celsius: float = 4.0
    """Marlin's THERMAL_PROTECTION_HYSTERESIS: how far a settled heater may fall below its target."""


HOTEND = HeaterSettings(
    degrees_per_second=4.0,
    cooling_seconds=150.0,
    sensor_lag_seconds=1.5,
    maximum_target_celsius=260.0,
    overheat_celsius=275.0,
)
"""A 40 W hotend: 200 °C in about 70 s. Targets are clamped to 260 °C in silence (facts: ``M104 S300``)."""

BED = HeaterSettings(
    degrees_per_second=1.0,
    cooling_seconds=400.0,
    sensor_lag_seconds=3.0,
    maximum_target_celsius=140.0,
    overheat_celsius=150.0,
    watch_seconds=60.0,
)
"""A heated bed: 60 °C in about 45 s. Targets are clamped to 140 °C in silence (facts: ``M140 S200``)."""

CHAMBER = HeaterSettings(
    degrees_per_second=0.5,
    cooling_seconds=600.0,
    sensor_lag_seconds=5.0,
    maximum_target_celsius=75.0,
    overheat_celsius=100.0,
    watch_seconds=120.0,
)
"""A heated chamber, slow and mild."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarlinSettings:
    """A virtual Marlin's configuration; bytes, seconds, millimetres and degrees Celsius."""

    ring_size: int = 128
    """Bytes of the UART's receive ring, of which one is never used; what does not fit is lost. 0: no limit (the
    endpoint holds the host back, as native USB does)."""
    queue_size: int = 4
    """Slots of the command queue (BUFSIZE); the running command occupies one."""
    planner_size: int = 16
    """Planner blocks (BLOCK_BUFFER_SIZE), of which one is never used: idle is ``P15``."""
    max_line_length: int = 96
    """MAX_CMD_SIZE: a line keeps this many bytes less one; the rest is cut, a checksum included."""
    advanced_ok: bool = True
    emergency_parser: bool = True
    """M108, M112, M410 and M876 act when their bytes arrive; without it M108, M112 and M410 act when read."""
    soft_reset: bool = True
    """SOFT_RESET_VIA_SERIAL: the line ``KILL`` restarts the board, even a halted one."""
    busy_interval_seconds: float = 2.0
    """HOST_KEEPALIVE_INTERVAL; 0 is no busy message. ``M113`` changes it."""
    auto_report: bool = True
    """AUTO_REPORT_TEMPERATURES: ``M155``, and its ``Cap:`` line."""
    minimum_auto_report_seconds: float = 0.0
    """No automatic report comes more often than this; the endpoint sets it so that fast time does not flood."""
    ok_after_resend: bool = True
    """False: no ``ok`` after ``Resend:`` (seen in derivatives)."""
    repeats_in_silence: bool = True
    """The line just accepted, again: dropped without a word. False: an error, as older Marlin."""
    eight_bit_bytes_flush: bool = True
    """A byte of 0x80 or more gives ``Error:Serial status mismatch``, no ok, no Resend (facts: MeatPack builds with
    signed characters). False: it is a character like any other."""
    host_prompts: bool = True
    """HOST_ACTION_COMMANDS with prompts and notifications: the ``//action:`` lines."""
    lacks: frozenset[str] = frozenset()
    """Commands this build does not know, beside those that its other settings leave out."""
    meatpack: bool = False
    """MEATPACK: packed lines are understood, and its ``Cap:`` line."""
    card: Mapping[str, bytes] | None = field(default=None, hash=False)
    """Files on the memory card by name; None: no card in the slot."""
    speech: Speech = field(default_factory=Speech, hash=False)
    """Texts, forms and rules that differ between firmwares."""
    firmware_name: str = "Marlin bugfix-2.1.x"
    machine_name: str = "Virtual Marlin"
    extruder_count: int = 1
    has_bed: bool = True
    has_chamber: bool = False
    has_leveling: bool = False
    """True: ``G29`` probes the bed. False: it is an unknown command."""
    area: tuple[float, float, float] = (200.0, 200.0, 200.0)
    """Far corner of the build volume; targets outside are clamped in silence."""
    steps_per_mm: tuple[float, float, float, float] = (80.0, 80.0, 400.0, 500.0)
    maximum_feedrate: tuple[float, float, float, float] = (300.0, 300.0, 5.0, 25.0)
    """Millimetres per second for X, Y, Z, E."""
    acceleration: float = 3000.0
    """Millimetres per second squared, of prints, travels and retractions, until ``M204`` sets another."""
    axis_acceleration: tuple[float, float, float, float] = (3000.0, 3000.0, 100.0, 10000.0)
    """What each axis bears of it (``M201``); DEFAULT_MAX_ACCELERATION."""
    junction_deviation: float = 0.013
    """Millimetres by which the path may miss a corner (``M205 J``). 0: ``jerk`` decides about corners."""
    jerk: tuple[float, float, float, float] = (10.0, 10.0, 0.3, 5.0)
    """Change of speed in mm/s that costs no time (``M205 X Y Z E``): Marlin's rule before 2.0 (DEFAULT_XJERK and others)."""
    first_block_seconds: float = 0.1
    """BLOCK_DELAY_FOR_1ST_MOVE: the first move waits so long for two more, so that there is something to look ahead to."""
    least_segment_seconds: float = 0.02
    """DEFAULT_MINSEGMENTTIME: blocks of less than this are slowed while less than half of the planner is filled."""
    homing_seconds: float = 18.7
    """Time of a full ``G28``; a single axis takes a third of it."""
    height_after_homing: float = 5.0
    instant_motion: bool = False
    """Moves and homing take no time; dwells do."""
    motor_timeout_seconds: float = 0.0
    """Time without a move after which idle motors are let go (DEFAULT_STEPPER_DEACTIVE_TIME, 120 in Marlin), until ``M84 S``
    sets another; 0: never."""
    instant_heating: bool = False
    """Heaters are at their target at once."""
    command_latency_seconds: float = 0.0
    """Time each command takes before its ``ok``."""
    greets_on_power: bool = True
    eeprom_is_empty: bool = False
    """The first start: no stored settings are found, and the defaults are stored."""
    fans_by_fraction: bool = False
    """``M106 S`` up to 1 is a part of full speed, and without an S nothing is set (RepRapFirmware ``GetPwmValue``)."""
    prevent_cold_extrusion: bool = True
    minimum_extrusion_celsius: float = 170.0
    ambient_celsius: float = 21.0
    temperature_noise_celsius: float = 0.0
    """Amplitude of seeded noise on reported temperatures."""
    residency_seconds: float = 10.0
    """TEMP_RESIDENCY_TIME: how long M109 and M190 want the temperature to stay; shown as ``W:9`` to ``W:0``."""
    residency_window_celsius: float = 1.0
    residency_hysteresis_celsius: float = 3.0
    hotend: HeaterSettings = field(default=HOTEND)
    bed: HeaterSettings = field(default=BED)
    chamber: HeaterSettings = field(default=CHAMBER)

    def __post_init__(self) -> None:
        limits = {
            "ring_size": (self.ring_size, 0),
            "queue_size": (self.queue_size, 1),
            "planner_size": (self.planner_size, 2),
            "max_line_length": (self.max_line_length, 8),
            "extruder_count": (self.extruder_count, 1),
        }
        for name, (value, least) in limits.items():
            if value < least:
                raise ValueError(f"{name} must be at least {least}, found {value}")
