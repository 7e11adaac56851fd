"""The client's tests: a real Hydrogen, a virtual printer, and bad luck on order. No printer, no Raspberry Pi."""

import pytest
from progress_client import print_and_follow

LINES = ["G28", *(f"G1 X{10 + n % 80}.5 Y{10 + n // 80} F6000" for n in range(200))]


def test_progress_rises_to_the_end(hydrogen_service, printed):
    hydrogen_service.put("part.gcode", "\n".join(LINES))
    fractions = list(print_and_follow(hydrogen_service.url, hydrogen_service.key, "part.gcode"))
    assert fractions == sorted(fractions)
    printed(LINES)  # every move was executed, once, in order


@pytest.mark.scenario("cable-comes-off")
def test_a_loose_cable_is_no_reason_to_give_up(hydrogen_service, printed):
    hydrogen_service.put("part.gcode", "\n".join(LINES))
    list(print_and_follow(hydrogen_service.url, hydrogen_service.key, "part.gcode"))
    printed(LINES)


@pytest.mark.scenario("board-resets")
def test_the_reason_of_a_failure_reaches_the_user(hydrogen_service):
    hydrogen_service.put("part.gcode", "\n".join(LINES))
    with pytest.raises(RuntimeError, match="failed: "):
        list(print_and_follow(hydrogen_service.url, hydrogen_service.key, "part.gcode"))
