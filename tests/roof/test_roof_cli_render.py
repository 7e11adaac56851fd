"""What people see: lines in a pipe, a panel in a terminal, a summary at the end."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hydrogen.cli import render
from hydrogen.cli.render import (
    LineRate,
    LiveDisplay,
    PlainDisplay,
    duration_text,
    heater_text,
    layer_text,
    link_text,
    make_display,
    summary_lines,
)
from hydrogen.cli.view import PrinterView
from hydrogen.core.clock import ManualClock


def printing(fraction: float) -> PrinterView:
    job = {
        "id": "j",
        "file": "cube.gcode",
        "fraction": fraction,
        "lines_done": int(fraction * 1000),
        "lines_total": 1000,
        "layer": 3,
        "layers_total": 100,
        "remaining_seconds": 125.4,
    }
    heaters = {"tool0": {"actual_celsius": 204.94, "target_celsius": 205.0, "power": 0.5}}
    return PrinterView("bench", status="printing", job=job, heaters=heaters, link={"resends": 2})


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3723, "1:02:03")]
)
def test_durations_are_short(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


def test_values_are_shown_with_what_they_should_be() -> None:
    assert heater_text({"actual_celsius": 204.94, "target_celsius": 205.0}) == "204.9 → 205 °C"
    assert heater_text({"actual_celsius": 24.0, "target_celsius": 0.0}) == "24.0 °C"
    assert heater_text({"actual_celsius": None, "target_celsius": 60.0}) == "? → 60 °C"
    assert layer_text({"layer": 3, "layers_total": 9}) == "3 of 9"
    assert layer_text({"layer": 0, "layers_total": None}) == "-"
    assert link_text({"resends": 1, "stalls": 2}) == "1, 2 stalls"
    assert link_text({}) == "0"


def test_the_rate_is_that_of_the_last_seconds() -> None:
    clock = ManualClock()
    rate = LineRate(clock)
    assert rate.measure(0) == 0.0
    for done in range(100, 1100, 100):
        clock.advance(1.0)
        measured = rate.measure(done)
    assert measured == pytest.approx(100.0)
    for _ in range(10):
        clock.advance(1.0)
        measured = rate.measure(1000)
    assert measured < 15


def test_a_pipe_gets_a_line_every_few_percent_and_for_each_state() -> None:
    stream = io.StringIO()
    display = PlainDisplay(stream, ManualClock())
    display.update(PrinterView("bench", status="idle"))
    for step in range(1001):
        display.update(printing(step / 1000))
    display.note("done")
    display.close()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["bench: idle", "bench: printing"]
    assert 20 <= len(lines) <= 25
    assert lines[-1] == "done"
    assert "tool0 204.9 → 205 °C" in lines[5]
    assert "layer 3 of 100" in lines[5]
    assert "left 2:05" in lines[5]
    assert "resends 2" in lines[5]


def test_a_terminal_gets_a_panel_that_says_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, legacy_windows=False)
    monkeypatch.setattr("rich.console.Console", lambda: console)
    clock = ManualClock()
    display = LiveDisplay(clock)
    for step in range(100):
        clock.advance(0.02)
        display.update(printing(step / 100))
    display.note("a note [with brackets]")
    display.close()
    display.close()
    shown = stream.getvalue()
    for words in ("bench · printing · cube.gcode", "3 of 100", "2:05", "204.9 → 205 °C", "resends", "of 1000", "/s"):
        assert words in shown
    assert "a note [with brackets]" in shown
    assert shown.count("bench · printing") <= 12


def test_the_panel_shows_prompts_errors_and_an_idle_printer() -> None:
    view = printing(0.5)
    view.reason = "waiting for the bed: 43 of 60 °C"
    view.prompt, view.error = "change filament", {"code": "x", "message": "it smokes"}
    console = Console(file=io.StringIO(), width=100)
    for printer in (view, PrinterView("bench")):
        console.print(render._panel(printer, 12.0))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "waiting for the bed: 43 of 60 °C" in shown
    assert "change filament" in shown
    assert "it smokes" in shown
    assert "bench · offline" in shown


def test_without_a_terminal_the_plain_display_is_chosen() -> None:
    assert isinstance(make_display(io.StringIO(), ManualClock()), PlainDisplay)


def test_the_summary_tells_outcome_figures_and_reason() -> None:
    finished = {"file": "a.gcode", "outcome": "completed", "reason": "", "lines_done": 10, "lines_total": 10}
    lines = summary_lines({**finished, "elapsed_seconds": 5.0, "resends": 1})
    assert lines[0] == "a.gcode: print completed"
    assert any("10 of 10" in line for line in lines)
    assert any("2 lines/s" in line for line in lines)
    assert not any("reason" in line for line in lines)
    failed = {**finished, "outcome": "failed", "reason": "the cable", "error_code": "link_lost"}
    assert any("the cable [link_lost]" in line for line in summary_lines(failed))
