"""The state of the board that commands work on: heaters, motion, modes, reports, and the text it says."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hydrogen_simulators.firmware.heater import Heater, HeaterReading
from hydrogen_simulators.firmware.motion import Motion, Position
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.ledger import ExecutionLedger


@dataclass(slots=True)
class AutoReport:
    """An automatic report: every ``interval`` seconds, next at ``next_at``; never is infinity."""

    interval: float = 0.0
    next_at: float = math.inf

    def start(self, seconds: float, now: float) -> None:
        """Report every ``seconds``, first after that time; 0 stops."""
        self.interval = max(0.0, seconds)
        self.next_at = now + self.interval if self.interval else math.inf


class Machine:
    """Everything a command may look at or change. ``now`` is printer time and set by the printer alone."""

    def __init__(self, settings: MarlinSettings, ledger: ExecutionLedger, seed: int) -> None:
        self.settings = settings
        self.ledger = ledger
        self.now = 0.0
        self.heaters = self._make_heaters()
        self.output = bytearray()
        self.is_muted = False
        self.is_halted = False
        self.last_line_number = 0
        self._noise = seed & 0xFFFFFFFF or 1
        self.restart()

    def restart(self) -> None:
        """What a board forgets when it restarts: everything but the heat in its heaters."""
        for heater in self.heaters.values():
            heater.set_target(0, self.now)
        self.motion = Motion(self.settings)
        self.motion.ends_at = self.now
        self.fans: dict[int, int] = {}
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
        self.filament_sensor_on = True
        self.timer_started_at: float | None = None
        self.is_muted = False
        self.is_halted = False
        self.last_line_number = 0

    def say(self, text: str, end: str = "\n") -> None:
        """Send one line to the host; a muted board says nothing."""
        if not self.is_muted:
            self.output += text.encode("latin-1", "replace") + end.encode("ascii")

    def echo(self, text: str) -> None:
        """Send ``echo:text``."""
        self.say("echo:" + text)

    def action(self, text: str, end: str = "\n") -> None:
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
        """``T:... B:... @:0 B@:0`` of the M105 answer; bed, chamber and further tools as the build has them."""
        self.ledger.count("temp_reports")
        readings = {name: self._reading(heater) for name, heater in self.heaters.items()}
        tools = [reading for name, reading in readings.items() if name.startswith("E")]
        shown = [("T", tools[self.tool])]
        shown += [(key, readings[name]) for key, name in (("B", "bed"), ("C", "chamber")) if name in readings]
        each = list(enumerate(tools)) if len(tools) > 1 else []
        degrees = [f"{key}:{r.actual_celsius:.2f} /{r.target_celsius:.2f}" for key, r in shown]
        degrees += [f"T{n}:{r.actual_celsius:.2f} /{r.target_celsius:.2f}" for n, r in each]
        powers = [f"{key if key != 'T' else ''}@:{r.power}" for key, r in shown]
        powers += [f"@{n}:{r.power}" for n, r in each]
        return " ".join(degrees + powers)

    def report_text(self) -> str:
        """The automatic report: the M105 answer after one blank (facts: ``M155 S1``)."""
        return " " + self.temperature_text()

    def position_text(self) -> str:
        """The M114 answer: the planned end point, then where the steppers are in steps."""
        x, y, z, e = self.logical_position()
        steps = zip("XYZ", self.motion.steppers(self.now), self.settings.steps_per_mm, strict=False)
        count = " ".join(f"{axis}:{round(place * per_mm)}" for axis, place, per_mm in steps)
        return f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:{e:.2f} Count {count}"

    def logical_position(self) -> Position:
        """The planned end point in the coordinates that G92 may have shifted."""
        return Position(*(p + o for p, o in zip(self.motion.position, self.motion.offsets, strict=True)))

    def heaters_off(self) -> None:
        """Targets to 0."""
        for heater in self.heaters.values():
            heater.set_target(0, self.now)

    def halt(self) -> None:
        """The end of every kill: the one line that always comes, heaters off, dead until reset."""
        self.say("Error:Printer halted. kill() called!")
        self.action("poweroff")
        self.heaters_off()
        self.motion.stop(self.now)
        self.is_halted = True

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
