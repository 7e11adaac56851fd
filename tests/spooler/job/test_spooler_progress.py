from __future__ import annotations

from array import array
from dataclasses import replace

from hydrogen.gcode.program.metadata import JobOutline
from hydrogen.gcode.program.print_time import PrintTime
from hydrogen.spooler.job.progress import JobProgress

OUTLINE = JobOutline(lines_total=100, bytes_total=1200, commands_end=1000, layer_offsets=array("Q", [100, 500]))


def test_pauses_do_not_count_as_time() -> None:
    progress = JobProgress(OUTLINE, 10.0)
    progress.stop(15.0)
    progress.stop(20.0)
    assert progress.elapsed_seconds(99.0) == 5.0
    progress.go_on(100.0)
    progress.go_on(101.0)
    assert progress.elapsed_seconds(103.0) == 8.0


def test_figures_go_by_bytes_where_the_file_tells_no_time() -> None:
    progress = JobProgress(OUTLINE, 0.0)
    progress.measured(0, 0.0)
    figures = progress.measured(500, 100.0)
    assert (figures.fraction, figures.elapsed_seconds, figures.remaining.seconds) == (0.5, 100.0, 100.0)
    assert figures.layer == 1
    assert JobProgress(OUTLINE, 0.0).measured(0, 0.0).layer == 0
    assert progress.measured(501, 100.0).layer == 2


def test_heat_up_is_not_extrapolated() -> None:
    assert JobProgress(OUTLINE, 0.0).measured(10, 20.0).remaining.seconds is None


def test_end_is_reached_with_the_last_command_whatever_comment_follows() -> None:
    figures = JobProgress(OUTLINE, 0.0).measured(1000, 20.0)
    assert (figures.fraction, figures.remaining.seconds) == (1.0, 0.0)


def test_an_outline_that_is_learned_later_does_not_forget_what_was_known() -> None:
    told = replace(OUTLINE, print_time=PrintTime(total_seconds=80.0, bytes_total=1200))
    progress = JobProgress(told, 0.0)
    progress.learn(OUTLINE)
    assert progress.measured(0, 1.0).remaining.source == "model"


def test_what_the_file_took_last_time_is_the_first_word() -> None:
    remaining = JobProgress(OUTLINE, 0.0, expected_seconds=500.0).measured(0, 0.0).remaining
    assert (remaining.seconds, remaining.source) == (500.0, "history")
