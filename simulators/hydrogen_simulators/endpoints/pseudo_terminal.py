"""A virtual printer on a pseudo terminal or a TCP port: one thread, one loop, no work while nothing happens.

The loop only carries: bytes from the pty over the paced and faulty wire to the printer, its words back, and time.
The wire's baud rate is in real seconds, everything inside the printer in printer seconds (``printer_time.py``).
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hydrogen_simulators.endpoints.pacing import PacedWire
from hydrogen_simulators.endpoints.port import Port
from hydrogen_simulators.endpoints.printer_time import PrinterTime
from hydrogen_simulators.endpoints.recording import Recorder
from hydrogen_simulators.endpoints.tcp_port import TcpPort
from hydrogen_simulators.faults import FaultPlan, FaultyWire, arm
from hydrogen_simulators.firmware.marlin import MarlinSettings, VirtualMarlin
from hydrogen_simulators.ledger import ExecutionLedger

OPEN_WATCH_SECONDS = 0.02
"""How often a closed port is looked at: the kernel has no event for the opening of a pty."""

REPORTS_PER_REAL_SECOND = 20
"""Automatic reports and busy lines never come more often than this, however fast printer time runs; a leaping clock has a rule
of its own."""

LARGEST_OUTPUT_BYTES = 262_144
"""Words waiting for a host that does not read; beyond this they are lost."""

LARGEST_INPUT_BYTES = 4096
"""Bytes taken from the host that the printer has not; beyond this the host is held back."""

LEAPS_PER_TURN = 64
"""Deadlines a leaping clock may take before the loop looks at the port again."""


class Plot(Protocol):
    """Something that happens to a printer in its own time, such as a scenario."""

    def look(self, now: float) -> None:
        """Do what is due at printer time ``now``."""
        ...

    def next_deadline(self) -> float | None:
        """Printer time at which to look again, None if only the printer's own doings matter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOptions:
    """Where and how a printer is reached. ``speed`` None is as fast as possible; ``baud`` 0 is no limit.

    Either ``link`` names a pty, or ``tcp`` an address to listen on (port 0: any free one).
    """

    link: Path | None = None
    tcp: tuple[str, int] | None = None
    speed: float | None = 1.0
    baud: int = 0
    faults: FaultPlan = field(default_factory=FaultPlan)
    seed: int = 0
    reset_on_open: bool = False
    replug_after_seconds: float | None = None
    ledger_file: Path | None = None
    record_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.link is None) == (self.tcp is None):
            raise ValueError("a printer needs either a link or a TCP address")


class PseudoTerminalPrinter:
    """A printer, its wire and its port. ``run`` returns after ``stop``; ``close`` may be called twice.

    ``stop``, ``pull_cable``, ``plug_in``, ``reset``, ``say``, ``mute``, ``unmute``, ``change_weather``, ``change_speed``,
    ``write_ledger`` and ``do`` may be called from any thread or signal handler: the loop obeys them.
    """

    def __init__(
        self, options: PortOptions, settings: MarlinSettings | None = None, ledger: ExecutionLedger | None = None
    ) -> None:
        """Make the port and power the board on; raises ``LinkRefused`` if the link cannot be made."""
        self.options = options
        self.printer = VirtualMarlin(settings, options.seed, ledger)
        self.printer.pace_reports(_report_seconds(options.speed))
        self.wire = FaultyWire(options.faults, options.seed)
        self._tcp = options.tcp
        self._link = options.link
        self._port: Port | TcpPort | None = self._make_port()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._time = PrinterTime(options.speed, time.monotonic())
        self._inbound = PacedWire(options.baud)
        self._outbound = PacedWire(options.baud)
        self._unwritten = bytearray()
        self._requests: deque[Callable[[], None]] = deque()
        self._replug_at: float | None = None
        self._is_stopping = False
        self._is_closed = False
        self._times_ledger_asked = 0
        self._plots: list[Plot] = []
        self._recorder: Recorder | None = None
        if options.record_file is not None:
            self._recorder = Recorder(options.record_file, self._header())
        arm(options.faults, self.printer, self.unplug_now)
        self.printer.power_on(0.0)
        self.printer.data_to_send()  # nobody can have heard the greeting: the port was not there yet

    @property
    def name(self) -> str:
        """What a host opens: the link, or ``host:port``."""
        return str(self._link) if self._tcp is None else f"{self._tcp[0]}:{self._tcp[1]}"

    # -- requests, from any thread

    def do(self, action: Callable[[], None]) -> None:
        """Let the loop call ``action`` in its own thread."""
        if self._is_closed:
            return  # nobody is left to obey
        self._requests.append(action)
        try:
            os.write(self._wake_write, b"!")
        except OSError:
            return  # full: the loop is about to wake anyway

    def stop(self) -> None:
        """End ``run``."""
        self.do(self._stop)

    def pull_cable(self) -> None:
        """Close the pty and remove the link; the board keeps its power. Plugged in again after ``replug_after_seconds``."""
        self.do(self.unplug_now)

    def plug_in(self, link: Path | None = None) -> None:
        """Bring a fresh pty under the same link, or under another one; the board has not noticed anything."""
        self.do(lambda: self.plug_in_now(link))

    def reset(self) -> None:
        """Press the board's reset button."""
        self.do(lambda: self.printer.reset(self.now))

    def say(self, line: str) -> None:
        """Make the board say a line."""
        self.do(lambda: self.printer.say(line))

    def mute(self) -> None:
        """Let the board say nothing more."""
        self.do(self.printer.mute)

    def unmute(self) -> None:
        """Let the board speak again."""
        self.do(self.printer.unmute)

    def change_weather(self, faults: FaultPlan, seed: int = 0) -> None:
        """Another plan for the wire from the next byte on; what happens to the board itself is armed at the start only."""
        self.do(lambda: self.change_weather_now(faults, seed))

    def change_speed(self, speed: float | None) -> None:
        """Let printer time run faster or slower from now on; None: as fast as possible."""
        self.do(lambda: self.change_speed_now(speed))

    def write_ledger(self) -> None:
        """Write the ledger's file soon."""
        self.do(self._write_ledger)

    def follow(self, plot: Plot) -> None:
        """Let this happen to the printer from now on."""
        self.do(lambda: self._plots.append(plot))

    # -- life

    def run(self) -> None:
        """Carry bytes and time until ``stop``; then write the ledger and remove the port."""
        try:
            while not self._is_stopping:
                self._turn()
        finally:
            self.close()

    def close(self) -> None:
        """Write the ledger, close the port, remove the link."""
        if self._is_closed:
            return
        self._is_closed = True
        self._write_ledger()
        if self._recorder is not None:
            self._recorder.close()
        if self._port is not None:
            self._port.close()
            self._port = None
        os.close(self._wake_read)
        os.close(self._wake_write)

    @property
    def now(self) -> float:
        """Printer time; to be asked in the loop's thread."""
        return self._time.now(time.monotonic())

    @property
    def is_open(self) -> bool:
        """True while a host has the port open, as far as the loop has seen."""
        return self._port is not None and self._port.is_open

    def facts(self) -> dict[str, object]:
        """What the ledger's file says beside the ledger: the state of the printer and what the wire did."""
        printer = self.printer
        heat = printer.temperatures
        position = {axis: round(value, 5) for axis, value in printer.position._asdict().items()}
        return {
            "last_n": printer.last_line_number,
            "halted": printer.is_halted,
            "hotend_target": heat["E0"].target_celsius,
            "bed_target": heat["bed"].target_celsius if "bed" in heat else None,
            **position,
            "planner_underruns": printer.planner_underruns,
            "injected": dict(self.wire.counts),
        }

    # -- the loop

    def _turn(self) -> None:
        if self._requests:
            self._obey_requests()
        real = time.monotonic()
        if not self.is_open:
            self._watch_port(real)
        if not self._carry_in(real):
            self._time.look(real)
            self.printer.handle_deadline(self._time.now(real))
        if self._plots:
            self._follow_plots(self._time.now(real))
        if self._may_leap:
            self._leap(real)
        if self.printer.ledger.times_asked != self._times_ledger_asked:
            self._times_ledger_asked = self.printer.ledger.times_asked
            self._write_ledger()  # before the ok of M9999 leaves: whoever hears it finds the file
        self._carry_out(real)
        if self._is_stopping or self._requests:
            return
        self.printer.ledger.settle()  # while the host reads what was said
        self._sleep()

    def _obey_requests(self) -> None:
        while self._requests:
            self._requests.popleft()()

    def _watch_port(self, real: float) -> None:
        if self._port is None:
            if self._replug_at is not None and real >= self._replug_at:
                self.plug_in_now()
        elif self._port.look_for_host():
            self.printer.ledger.count("opens")
            self._time.note_talk(real)
            if self.options.reset_on_open:
                self.printer.reset(self._time.now(real))

    def _carry_in(self, real: float) -> bool:
        """True if bytes reached the printer: it has come to the present with them."""
        if self._port is not None and self._port.is_open and self._has_room:
            data = self._port.read()
            if data is None:
                self._forget_host()
            elif data:
                if self._recorder is not None:
                    self._recorder.note("host", data, self._time.now(real))
                self._inbound.push(data, real)
        if not len(self._inbound):
            return False
        self._time.note_talk(real)
        arrived = self.wire.towards_printer(self._inbound.take(real))
        if arrived:
            self.printer.receive(arrived, self._time.now(real))
        return bool(arrived)

    def _follow_plots(self, now: float) -> None:
        for plot in self._plots:
            plot.look(now)

    def _leap(self, real: float) -> None:
        """As fast as possible: while a command waits for time and no byte is on its way, time leaps to the deadline."""
        printer, deadline = self.printer, self._next_deadline()
        printer.is_leaping = True
        for _ in range(LEAPS_PER_TURN):
            if deadline is None:
                break
            now = self._time.leap_to(deadline, real)
            deadline = printer.handle_deadline(now)
            if self._plots:
                self._follow_plots(now)
                deadline = self._next_deadline() if self._may_leap else None
            elif not printer.is_waiting_for_time:
                break
        printer.is_leaping = False

    def _next_deadline(self) -> float | None:
        """The next printer time at which the board, or a plot against it, has something to do."""
        deadline = self.printer.next_deadline()
        if not self._plots:
            return deadline
        for plot in self._plots:
            at = plot.next_deadline()
            if at is not None and (deadline is None or at < deadline):
                deadline = at
        return deadline

    @property
    def _may_leap(self) -> bool:
        return self.printer.is_waiting_for_time and self._time.may_leap and not len(self._inbound)

    def _carry_out(self, real: float) -> None:
        said = self.printer.data_to_send()
        if said:
            said = self.wire.towards_host(said)
        elif not (len(self._outbound) or self._unwritten):
            return
        if self._port is None or not self._port.is_open:
            self._outbound.clear()
            self._unwritten.clear()
            return
        if self._recorder is not None and said:
            self._recorder.note("printer", said, self._time.now(real))
        if len(self._outbound) + len(self._unwritten) < LARGEST_OUTPUT_BYTES:
            self._outbound.push(said, real)
        self._unwritten += self._outbound.take(real)
        if self._unwritten:
            written = self._port.write(bytes(self._unwritten))
            del self._unwritten[:written]

    def _sleep(self) -> None:
        """Block until bytes, room, a request or the next deadline.

        ``select`` because its timeout has microseconds: ``poll`` rounds up to a millisecond, 11 bytes at 115,200 baud.
        The port is watched only while a host has it open: a closed pty reports a hang-up without end.
        """
        readers = [self._wake_read]
        writers = []
        if self._port is not None and self._port.is_open:
            if self._has_room:
                readers.append(self._port.fileno())
            if self._unwritten:
                writers.append(self._port.fileno())
        ready, _, _ = select.select(readers, writers, [], self._timeout_seconds())
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)

    def _timeout_seconds(self) -> float | None:
        if self._may_leap:
            return 0
        real = time.monotonic()
        deadline = self._next_deadline()
        waits = [] if deadline is None else [self._time.real_seconds_until(deadline, real)]
        if len(self._inbound) or len(self._outbound):
            waits += [at - real for at in (self._inbound.next_arrival(real), self._outbound.next_arrival(real)) if at]
        if self._port is None:
            waits += [self._replug_at - real] if self._replug_at is not None else []
        elif not self._port.is_open:
            waits.append(OPEN_WATCH_SECONDS)
        return max(0.0, min(waits)) if waits else None

    @property
    def _has_room(self) -> bool:
        return len(self._inbound) < LARGEST_INPUT_BYTES and self.printer.pending_bytes < LARGEST_INPUT_BYTES

    # -- what requests do

    def _stop(self) -> None:
        self._is_stopping = True

    def unplug_now(self) -> None:
        """``pull_cable`` in the loop's own thread."""
        if self._port is None:
            return
        self._port.close()
        self._port = None
        self._forget_host()
        self._inbound.clear()
        if self.options.replug_after_seconds is not None:
            self._replug_at = time.monotonic() + self.options.replug_after_seconds

    def _make_port(self) -> Port | TcpPort:
        if self._tcp is None:
            return Port(self._link or Path())
        port = TcpPort(*self._tcp)
        self._tcp = (self._tcp[0], port.port)
        return port

    def plug_in_now(self, link: Path | None = None) -> None:
        """``plug_in`` in the loop's own thread."""
        self._replug_at = None
        if self._port is None:
            self._link = link or self._link
            self._port = self._make_port()

    def change_weather_now(self, faults: FaultPlan, seed: int) -> None:
        """``change_weather`` in the loop's own thread."""
        counts = self.wire.counts
        self.wire = FaultyWire(faults, seed)
        self.wire.counts.update(counts)

    def change_speed_now(self, speed: float | None) -> None:
        """``change_speed`` in the loop's own thread."""
        self.printer.pace_reports(_report_seconds(speed))
        self._time.change_speed(speed, time.monotonic())

    def _forget_host(self) -> None:
        self._outbound.clear()
        self._unwritten.clear()
        self.wire.cut()

    def _header(self) -> dict[str, object]:
        settings = self.printer.settings
        return {
            "printer": settings.machine_name,
            "firmware": settings.firmware_name,
            "simulated": True,
            "seed": self.options.seed,
        }

    def _write_ledger(self) -> None:
        path = self.options.ledger_file
        if path is None:
            return
        unfinished = path.with_name(path.name + ".tmp")
        unfinished.write_text(self.printer.ledger.as_json(**self.facts()), encoding="utf-8")
        unfinished.replace(path)


def _report_seconds(speed: float | None) -> float:
    """The least printer time between two automatic reports, or two busy lines, so that fast time does not flood a host."""
    return (speed or 1.0) / REPORTS_PER_REAL_SECOND
