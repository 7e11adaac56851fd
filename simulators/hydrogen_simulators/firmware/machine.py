"""The state of the board that commands work on: heaters, motion, modes, reports, and the text it says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hydrogen_simulators.firmware.heater import MAXIMUM_POWER, Heater, HeaterReading
from hydrogen_simulators.firmware.limits import Limits
from hydrogen_simulators.firmware.medium import Medium
from hydrogen_simulators.firmware.motion import Motion, Position
from hydrogen_simulators.firmware.objects import PrintedObjects
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import Power
from hydrogen_simulators.ledger import ExecutionLedger


@dataclass(slots=True)
class AutoReport:
    """An automatic report: every ``interval`` seconds, next at ``next_at``; never is infinity. Last said at ``said_at``."""

    interval: float = 0.0
    next_at: float = math.inf
    said_at: float = -math.inf

    def start(self, seconds: float, now: float) -> None:
        """Report every ``seconds``, first after that time; 0 stops."""
        self.interval = max(0.0, seconds)
        self.next_at = now + self.interval if self.interval else math.inf


class Machine:
    """Everything a command may look at or change. ``now`` is printer time and set by the printer alone."""

    def __init__(self, settings: MarlinSettings, ledger: ExecutionLedger, seed: int) -> None:
        self.settings = settings
        self.speech = settings.speech
        self.may_refuse_moves = bool(settings.speech.must_home or settings.speech.out_of_range)
        self.medium = Medium(settings.card)
        self.ledger = ledger
        self.now = 0.0
        self.heaters = self._make_heaters()
        self.output = bytearray()
        self.is_muted = False
        self.is_swallowing = False
        self.is_halted = False
        self.wants_restart = False
        self.protect_at = math.inf
        self.last_line_number = 0
        self.least_report_seconds = settings.minimum_auto_report_seconds
        self.has_filament = True
        self.has_stored_settings = False
        self.stored_limits = Limits.of(settings)
        self.finds_end_stops = True
        self._noise = seed & 0xFFFFFFFF or 1
        self.restart()

    def restart(self) -> None:
        """What a board forgets when it restarts: everything but the heat in its heaters and what is stored in its EEPROM."""
        for heater in self.heaters.values():
            heater.set_target(0, self.now)
        self.motion = Motion(self.settings, self.now)
        self.restore_settings()
        self.fans: dict[int, int] = {}
        self.objects = PrintedObjects()
        self.tool = 0
        self.unit_mm = 1.0
        self.is_relative = False
        self.is_relative_e = False
        self.flow_percent = 100.0
        self.allows_cold_extrusion = not self.settings.prevent_cold_extrusion
        self.minimum_extrusion_celsius = self.settings.minimum_extrusion_celsius
        self.busy_interval = self.settings.busy_interval_seconds
        self.temperature_report = AutoReport()
        self.position_report = AutoReport()
        self.card_report = AutoReport()
        self.auto_reports = (self.temperature_report, self.position_report, self.card_report)
        self.report_at = math.inf
        self.drop_card_lines = False
        self.medium.select(None)
        self.medium.end_writing()
        self.filament_sensor_on = True
        self.timer_started_at: float | None = None
        self.is_muted = False
        self.is_swallowing = False
        self.is_halted = False
        self.wants_restart = False
        self.last_line_number = self.speech.numbers.number_after_start

    def store_settings(self) -> None:
        """Write into the EEPROM what is set."""
        self.stored_limits = self.motion.limits.copy()

    def restore_settings(self) -> None:
        """Set what the EEPROM holds: what was stored last, or what the board came with."""
        self.motion.take_limits(self.stored_limits.copy())

    @property
    def is_deaf(self) -> bool:
        """True after a kill if this firmware answers nothing then."""
        return self.is_halted and not (self.speech.halt.refusal or self.speech.halt.works)

    def start_report(self, report: AutoReport, seconds: float) -> None:
        """Let one of ``auto_reports`` come every ``seconds``, a minute at most, first after that time; 0 stops it."""
        report.start(min(60.0, seconds), self.now)
        self.look_at_reports()

    def pace_reports(self, least_seconds: float) -> None:
        """No report comes more often; what an earlier pace has put off comes as soon as this one allows."""
        self.least_report_seconds = least_seconds
        for report in self.auto_reports:
            if report.interval:
                report.next_at = min(report.next_at, self.now + max(report.interval, least_seconds))
        self.look_at_reports()

    def look_at_reports(self) -> None:
        """Set ``report_at``: when the next automatic report is due."""
        self.report_at = min(report.next_at for report in self.auto_reports)

    def say(self, text: str, end: str = "") -> None:
        """Send one line to the host; a muted board says nothing, nor does a command this firmware runs without words."""
        if not (self.is_muted or self.is_swallowing):
            self.output += (text + (end or self.speech.line_end)).encode("latin-1", "replace")

    def say_all(self, templates: tuple[str, ...], **values: object) -> None:
        """Send the lines of these templates; ``//action:`` lines only where the build has host actions."""
        for template in templates:
            if template.startswith("//action:") and not self.settings.host_prompts:
                continue
            self.say(template.format(**values) if "{" in template else template)

    def answer(self, name: str, text: str) -> str | None:
        """What stands on the ok's line of this command: ``text``; or None, and it has been said."""
        if name in self.speech.on_ok:
            return text
        self.say(text)
        return None

    def say_unknown(self, text: str, word: str) -> str | None:
        """Say that a command is not known, as this firmware does; returns what belongs onto the line of its ok."""
        self.ledger.count("unknown")
        speech = self.speech
        is_coded = word[:1] in ("G", "M", "T") and word[1:].isdigit()
        templates = speech.unknown if is_coded or not speech.unknown_word else speech.unknown_word
        values = {"command": text, "word": word, "letter": word[:1], "number": word[1:]}
        if templates and templates[0].startswith("ok "):
            return templates[0].removeprefix("ok ").format(**values)
        self.say_all(templates, **values)
        return None

    def echo(self, text: str) -> None:
        """Send ``echo:text``."""
        self.say("echo:" + text)

    def action(self, text: str, end: str = "") -> None:
        """Send ``//action:text`` if the build has host actions."""
        if self.settings.host_prompts:
            self.say("//action:" + text, end)

    def notify(self, text: str) -> None:
        """Show a status text; the host sees it with a CR LF end (facts: "Both line ends occur in one session")."""
        self.action("notification " + text, "\r\n")

    def prompt(self, title: str, *buttons: str) -> None:
        """Open a dialog on the host: end the former one, title, buttons, show."""
        self.action("prompt_end")
        self.action("prompt_begin " + title)
        for button in buttons:
            self.action("prompt_button " + button)
        self.action("prompt_show")

    @property
    def extruder_heater(self) -> Heater:
        """The heater of the active tool."""
        return self.heaters[f"E{self.tool}"]

    def temperature_text(self) -> str:
        """The M105 answer in this firmware's form: bed, chamber and further tools as the build has them."""
        self.ledger.count("temp_reports")
        form = self.speech.temperatures
        readings = {name: self._reading(heater) for name, heater in self.heaters.items()}
        tools = [reading for name, reading in readings.items() if name.startswith("E")]
        active = [(form.tool_key, tools[self.tool])] if form.tool_key else []
        other = [(key, readings[name]) for key, name in (("B", "bed"), ("C", "chamber")) if name in readings]
        shown = other + active if form.bed_first else active + other
        each = list(enumerate(tools)) if len(tools) > 1 or form.repeats_tool or not form.tool_key else []
        degrees = [self._degrees(key, reading) for key, reading in shown]
        degrees += [self._degrees(f"T{n}", reading) for n, reading in each]
        return " ".join(degrees) + form.extra + self._powers(shown, each if len(tools) > 1 else []) + form.suffix

    def _degrees(self, key: str, reading: HeaterReading) -> str:
        form = self.speech.temperatures
        text = f"{key}:{reading.actual_celsius:.{form.decimals}f}"
        if form.shows_targets:
            text += f" /{reading.target_celsius:.{form.target_decimals}f}"
        return text + f" @{self._power(reading)}" if form.power is Power.BESIDE else text

    def _powers(self, shown: list[tuple[str, HeaterReading]], each: list[tuple[int, HeaterReading]]) -> str:
        form = self.speech.temperatures
        if form.power not in (Power.BEHIND, Power.BED_FIRST):
            return ""
        parts = [f" {key if key != form.tool_key else ''}@:{self._power(reading)}" for key, reading in shown]
        if form.power is Power.BED_FIRST:
            parts = parts[1:] + parts[:1]
        return "".join(parts + [f" @{n}:{self._power(reading)}" for n, reading in each])

    def _power(self, reading: HeaterReading) -> int:
        return round(reading.power * self.speech.temperatures.full_power / MAXIMUM_POWER)

    def report_text(self) -> str:
        """The automatic report: the M105 answer in its own frame (facts: ``M155 S1``)."""
        return self.speech.report.format(temperatures=self.temperature_text())

    def position_text(self) -> str:
        """The M114 answer: the planned end point, then where the steppers are in steps."""
        x, y, z, e = self.logical_position()
        steps = zip("XYZ", self.motion.steppers(self.now), self.motion.limits.steps_per_mm, strict=False)
        count = " ".join(f"{axis}:{round(place * per_mm)}" for axis, place, per_mm in steps)
        return self.speech.position.format(x=x, y=y, z=z, e=e, count=count)

    def logical_position(self) -> Position:
        """The planned end point in the coordinates that G92 may have shifted."""
        return Position(*(p + o for p, o in zip(self.motion.position, self.motion.offsets, strict=True)))

    def begin_print(self) -> None:
        """The timer runs, and nothing is left out any more: also in the middle of a print, when it waits for heat once more.
        Source: Marlin ``startOrResumeJob``, ``Temperature::auto_job_check_timer``."""
        if self.timer_started_at is None:
            self.timer_started_at = self.now
        self.objects.reset()

    def heaters_off(self) -> None:
        """Targets to 0."""
        for heater in self.heaters.values():
            heater.set_target(0, self.now)

    def halt(self, reason: str = "", words: tuple[str, ...] = ()) -> None:
        """The end of every kill: the lines that name it (``words``, or the firmware's own), heaters off, halted."""
        for line in words or self.speech.halt.words:
            if reason or "{reason}" not in line:
                self.say_all((line,), reason=reason)
        self.heaters_off()
        self.motion.stop(self.now)
        self.medium.select(None)
        self.is_halted = True

    def obey_m112(self) -> None:
        """M112: halt, or where the firmware does so, reset the processor."""
        form = self.speech.halt
        if form.m112_restarts:
            self.wants_restart = True
        else:
            self.halt(form.m112_reason, form.m112_words)

    def _make_heaters(self) -> dict[str, Heater]:
        s = self.settings
        kinds = [(f"E{tool}", s.hotend) for tool in range(s.extruder_count)]
        kinds += [("bed", s.bed)] if s.has_bed else []
        kinds += [("chamber", s.chamber)] if s.has_chamber else []
        return {name: Heater(name, kind, s.ambient_celsius, instant=s.instant_heating) for name, kind in kinds}

    def _reading(self, heater: Heater) -> HeaterReading:
        heater.advance(self.now)
        reading = heater.reading
        amplitude = self.settings.temperature_noise_celsius
        if not amplitude:
            return reading
        shown = reading.actual_celsius + amplitude * self._noise_share()
        return HeaterReading(shown, reading.target_celsius, reading.power)

    def _noise_share(self) -> float:
        """Seeded noise between -1 and 1: xorshift with 32 bits, since this floor has no ``random``."""
        x = self._noise
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._noise = x
        return x / 0x7FFFFFFF - 1
