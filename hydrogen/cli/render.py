"""What people see: a live display in a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from hydrogen.cli.view import PrinterView
from hydrogen.core.clock import Clock

REDRAW_SECONDS = 0.2
"""Five times a second looks live and costs nothing."""

PLAIN_STEP = 0.05
"""Without a terminal a line is written whenever this share of the print is done."""

RATE_WINDOW_SECONDS = 3.0
"""Lines per second are those of this window."""


class Display(Protocol):
    """Shows one print."""

    def update(self, printer: PrinterView) -> None:
        """Something changed; may be drawn later."""

    def note(self, text: str) -> None:
        """One line that stays."""

    def close(self) -> None:
        """The end of the live part. May be called twice."""


class LineRate:
    """Lines per second over the last seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def measure(self, lines_done: int) -> float:
        """The rate, with this reading taken into account."""
        now = self._clock.monotonic()
        if not self._seen or self._seen[-1][1] != lines_done:
            self._seen.append((now, lines_done))
        while len(self._seen) > 2 and now - self._seen[0][0] > RATE_WINDOW_SECONDS:
            self._seen.popleft()
        began, first = self._seen[0]
        return (lines_done - first) / (now - began) if now > began else 0.0


class PlainDisplay:
    """Lines for a log or a pipe: one for each change of state and every few percent."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._rate = LineRate(clock)
        self._status = ""
        self._step = -1

    def update(self, printer: PrinterView) -> None:
        job = printer.job
        if printer.status != self._status:
            self._status = printer.status
            self._write(f"{printer.name}: {printer.status}")
        if job is None:
            self._step = -1
            return
        done = int(job.get("lines_done") or 0)
        rate = self._rate.measure(done)
        step = int(float(job.get("fraction") or 0.0) / PLAIN_STEP + 1e-6)
        if done and step > self._step:
            self._step = step
            self._write(progress_line(printer, rate))

    def note(self, text: str) -> None:
        self._write(text)

    def close(self) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class LiveDisplay:
    """A panel that is redrawn in place."""

    def __init__(self, clock: Clock) -> None:
        from rich.console import Console
        from rich.live import Live

        self._clock = clock
        self._rate = LineRate(clock)
        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._drawn_at = float("-inf")
        self._live.start()

    def update(self, printer: PrinterView) -> None:
        rate = self._rate.measure(int((printer.job or {}).get("lines_done") or 0))
        if self._clock.monotonic() - self._drawn_at >= REDRAW_SECONDS:
            self._drawn_at = self._clock.monotonic()
            self._live.update(_panel(printer, rate), refresh=True)

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._live.stop()


def make_display(stream: TextIO, clock: Clock) -> Display:
    """The live display if `stream` is a terminal."""
    return LiveDisplay(clock) if stream.isatty() else PlainDisplay(stream, clock)


def _panel(printer: PrinterView, rate: float) -> Any:
    from rich.panel import Panel
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", justify="right")
    table.add_column()
    job = printer.job
    if job is not None:
        fraction = float(job.get("fraction") or 0.0)
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(total=1.0, completed=fraction, width=40), Text(f"{fraction:6.1%}", style="bold"))
        table.add_row("progress", bar)
        table.add_row("layer", Text(layer_text(job)))
        table.add_row("time left", Text(f"{duration_text(job.get('remaining_seconds'))}   {_elapsed(job)}"))
        table.add_row("lines", Text(f"{job.get('lines_done', 0)} of {job.get('lines_total') or '?'}   {rate:,.0f}/s"))
    for name, heater in sorted(printer.heaters.items()):
        table.add_row(name, Text(heater_text(heater), style="" if _is_near(heater) else "yellow"))
    table.add_row("resends", Text(link_text(printer.link)))
    if printer.reason and job is not None:
        table.add_row(printer.status, Text(printer.reason, style="yellow"))
    if printer.prompt:
        table.add_row("printer asks", Text(printer.prompt, style="bold yellow"))
    if printer.error:
        table.add_row("last error", Text(str(printer.error.get("message", "")), style="red"))
    file = f" · {job.get('file')}" if job else ""
    return Panel(table, title=Text(f"{printer.name} · {printer.status}{file}"), title_align="left", expand=False)


# ---------------------------------------------------------------------------------------------------- values as text


def progress_line(printer: PrinterView, rate: float) -> str:
    """One line that says it all."""
    job = printer.job or {}
    heaters = "  ".join(f"{name} {heater_text(heater)}" for name, heater in sorted(printer.heaters.items()))
    return (
        f"{float(job.get('fraction') or 0.0):6.1%}  layer {layer_text(job)}  left {duration_text(job.get('remaining_seconds'))}"
        f"  {heaters}  {rate:,.0f} lines/s  resends {link_text(printer.link)}"
    )


def heater_text(heater: Mapping[str, Any]) -> str:
    """`204.9 → 205 °C`; a heater that is off has no arrow."""
    actual, target = heater.get("actual_celsius"), heater.get("target_celsius")
    shown = "?" if actual is None else f"{actual:.1f}"
    return f"{shown} → {target:g} °C" if target else f"{shown} °C"


def layer_text(job: Mapping[str, Any]) -> str:
    """`12 of 100`, as far as the file tells."""
    layer, total = job.get("layer") or 0, job.get("layers_total")
    return f"{layer} of {total}" if total else str(layer or "-")


def duration_text(seconds: object) -> str:
    """`1:02:03`, `2:03`, or `?`."""
    if not isinstance(seconds, int | float):
        return "?"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def link_text(link: Mapping[str, Any]) -> str:
    """Resends, and what else the wire did when it did."""
    words = [str(link.get("resends", 0))]
    for key, word in (("stalls", "stalls"), ("possible_duplicates", "possible duplicates")):
        if link.get(key):
            words.append(f"{link[key]} {word}")
    return ", ".join(words)


def summary_lines(finished: Mapping[str, Any]) -> list[str]:
    """What a print came to, from its `job.finished`."""
    lines = [f"{finished.get('file')}: print {finished.get('outcome')}"]
    if finished.get("reason"):
        code = f" [{finished['error_code']}]" if finished.get("error_code") else ""
        lines.append(f"  reason   {finished['reason']}{code}")
    done, total = finished.get("lines_done") or 0, finished.get("lines_total") or 0
    elapsed = float(finished.get("elapsed_seconds") or 0.0)
    lines.append(f"  lines    {done} of {total}")
    lines.append(f"  time     {duration_text(elapsed)}" + (f"  ({done / elapsed:,.0f} lines/s)" if elapsed > 0 else ""))
    repairs = f"{finished.get('resends') or 0} resends, {finished.get('stalls') or 0} stalls"
    lines.append(f"  wire     {repairs}, {finished.get('possible_duplicates') or 0} lines possibly printed twice")
    return lines


def _elapsed(job: Mapping[str, Any]) -> str:
    return f"(printing for {duration_text(job.get('elapsed_seconds') or 0.0)})"


def _is_near(heater: Mapping[str, Any]) -> bool:
    actual, target = heater.get("actual_celsius"), heater.get("target_celsius")
    return not target or (actual is not None and abs(actual - target) < 3)
