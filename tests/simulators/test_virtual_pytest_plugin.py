"""The fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.pytest_plugin import difference_of

ROOT = Path(__file__).parents[2]


@pytest.mark.virtual_printer(advanced_ok=False, firmware_name="Marlin of the test")
def test_marker_gives_options_of_board_and_port(virtual_printer, open_host):
    assert "Marlin of the test" in open_host(virtual_printer.link).ask("M115", "\nok")


def test_two_printers_may_run_side_by_side(start_virtual_printer, open_host):
    links = [start_virtual_printer(name).link for name in ("ttyA", "ttyB")]
    assert [open_host(link).ask("G90") for link in links] == ["ok P15 B3\n"] * 2


def test_unknown_option_is_refused(start_virtual_printer):
    with pytest.raises(TypeError, match="no_such_option"):
        start_virtual_printer(no_such_option=1)


def test_board_can_be_touched_in_its_own_thread(virtual_printer):
    virtual_printer.do(lambda printer, now: printer.halt("", now))
    assert virtual_printer.printer.is_halted


@pytest.mark.persona("repetier")
@pytest.mark.faults(drop_ok_every=3)
@pytest.mark.virtual_printer(extruder_count=2)
def test_markers_choose_persona_faults_and_settings(virtual_printer):
    settings = virtual_printer.printer.settings
    assert settings.firmware_name.startswith("Repetier")
    assert settings.extruder_count == 2
    assert virtual_printer.endpoint.wire.plan == FaultPlan(drop_ok_every=3)


@pytest.mark.scenario("cable-comes-off")
@pytest.mark.faults("lost-oks")
def test_a_scenario_may_have_other_faults(virtual_printer):
    assert virtual_printer.story.scenario.name == "cable-comes-off"
    assert virtual_printer.endpoint.wire.plan.drop_ok_every == 100


def test_printed_accepts_what_was_executed_and_nothing_else(virtual_printer, printed, open_host, tmp_path):
    host = open_host(virtual_printer.link)
    host.ask("G1 X1")
    host.ask("G1 X2")
    (tmp_path / "part.gcode").write_text("; a part\nG1 X1 ; one\n\nM105\nG1 X2\n")
    printed(tmp_path / "part.gcode")
    printed(["G1 X1", "G1 X2"])
    with pytest.raises(
        pytest.fail.Exception, match="only 2 of 3 moves were executed; the next would have been 'G1 X3'"
    ):
        printed(["G1 X1", "G1 X2", "G1 X3"])


def test_a_difference_is_told_in_words():
    assert difference_of(["G1 X1"], ["G1 X1"]) == ""
    assert difference_of(["G1 X1"], ["G1 X2"]) == (
        "move 1 of 1 should have been 'G1 X2', but the printer executed 'G1 X1'"
    )
    assert difference_of(["G0", "G1"], ["G0"]) == "2 moves were executed instead of 1; the first too many is 'G1'"


def test_the_page_shows_the_files_of_the_example():
    page = (ROOT / "docs" / "testing-clients.md").read_text()
    files = sorted((ROOT / "examples" / "testing-a-client").glob("*.*"))
    assert [file.name for file in files] == ["progress_client.py", "test_progress_client.py", "workflow.yml"]
    for file in files:
        assert file.read_text() in page, f"{file.name} is not on the page as it is"
