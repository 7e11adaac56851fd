"""A prompt opens, is answered, and closes even where nobody says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.devices.driver import EmergencyWordSent, LineInProgress
from hydrogen.errors import Conflict, InvalidMessage
from hydrogen.gcode.emergency import Notice
from hydrogen.model.events import Event, PrinterPromptClosed, PrinterPromptShown
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.prompt import QUIET_SECONDS, Prompts

M0 = LineInProgress(7, b"M0 Swap the plate")
M600 = LineInProgress(7, b"M600")


class HearingPrinter:
    """The one call of a connection that prompts make; `is_deaf` is a firmware that hears no answer."""

    def __init__(self) -> None:
        self.pressed: list[int] = []
        self.is_deaf = False

    async def answer_prompt(self, button: int) -> EmergencyWordSent:
        if self.is_deaf:
            raise Conflict("press the button at the printer")
        self.pressed.append(button)
        return EmergencyWordSent(line=f"M876 S{button}", notice=Notice.ON_ARRIVAL, is_confirmed=True)


class Desk:
    def __init__(self, folder: Path, line: LineInProgress | None = None) -> None:
        self.line = line
        self.events: list[Event] = []
        self.printer = HearingPrinter()
        self.announcer = Announcer("p", PrinterState(), Outbox(folder / "p.outbox", instance="i"), ManualClock())
        self.announcer.listen(lambda event, _: self.events.append(event))
        self.prompts = Prompts(self.announcer, lambda: self.line)

    @property
    def shown(self) -> str | None:
        return self.announcer.state.prompt

    @property
    def steps(self) -> list[str]:
        """What opened and closed, in order."""
        return [
            event.message if isinstance(event, PrinterPromptShown) else "closed"
            for event in self.events
            if isinstance(event, PrinterPromptShown | PrinterPromptClosed)
        ]

    def dialog(self, message: str, *buttons: str) -> None:
        self.prompts.begin(message)
        for button in buttons:
            self.prompts.name_button(button)
        self.prompts.show()

    async def answer(self, button: str = "") -> object:
        return await self.prompts.answer(button, self.printer)  # type: ignore[arg-type]


def test_prompt_closes_with_the_ok_of_the_line_that_waited(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M0)
    desk.dialog("Swap the plate", "Continue")
    desk.prompts.check(0.0)
    assert desk.shown == "Swap the plate [Continue]"
    desk.line = LineInProgress(8, b"G1 X1")
    desk.prompts.check(0.0)
    desk.prompts.check(0.0)
    assert desk.steps == ["Swap the plate [Continue]", "closed"]


def test_wait_of_a_firmware_without_prompts_is_shown_from_the_line_itself(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M0)
    desk.prompts.check(0.0)
    assert desk.shown is None, "a firmware with prompts gets the time to say it in its own words"
    desk.prompts.check(0.0)
    desk.prompts.check(0.0)
    assert desk.steps == ["Swap the plate [Continue]"]
    assert desk.announcer.state.prompt_buttons == ("Continue",)
    desk.line = None
    desk.prompts.check(0.0)
    assert desk.shown is None


def test_busy_line_opens_it_at_once_and_only_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M600)
    for _ in range(3):
        desk.prompts.on_person_awaited()
    assert desk.steps == ["M600 waits for a person at the printer [Continue]"]


def test_wait_that_no_line_of_ours_explains_ends_when_the_busy_lines_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.prompts.on_person_awaited()
    assert desk.shown == "the printer waits for a person"
    for second in range(60):
        desk.prompts.check(float(second))
        desk.prompts.on_person_awaited()
    desk.prompts.check(60.0)
    desk.prompts.check(60.0 + QUIET_SECONDS)
    assert desk.shown is not None
    desk.prompts.check(60.1 + QUIET_SECONDS)
    assert desk.shown is None


@pytest.mark.parametrize(("button", "is_kept"), [("Dismiss", False), ("Continue", True)])
def test_announcement_that_no_line_explains_passes_and_a_question_stays(
    tmp_path: Path, button: str, is_kept: bool
) -> None:
    desk = Desk(tmp_path)
    desk.dialog("Resuming", button)
    desk.prompts.check(0.0)
    desk.prompts.check(1.0 + QUIET_SECONDS)
    assert (desk.shown is not None) is is_kept


async def test_answer_closes_it_and_says_what_became_of_the_word(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M600)
    desk.dialog("Paused", "PurgeMore", "Continue")
    assert await desk.answer("continue") == {
        "button": 1,
        "emergency": [{"line": "M876 S1", "seen": "on arrival", "confirmed": True}],
    }
    desk.prompts.check(0.0)
    desk.prompts.check(0.0)
    assert desk.printer.pressed == [1]
    assert desk.steps == ["Paused [PurgeMore] [Continue]", "closed"], (
        "the line goes on: it asks nothing by itself any more"
    )


async def test_answer_that_was_lost_opens_the_same_prompt_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M600)
    desk.dialog("Nozzle Parked", "Continue")
    await desk.answer()
    desk.prompts.on_person_awaited()
    assert desk.shown is None, "this busy line can have been on its way"
    desk.prompts.on_person_awaited()
    assert desk.shown == "Nozzle Parked [Continue]"
    await desk.answer("0")
    assert desk.printer.pressed == [0, 0]


async def test_choice_must_be_made_and_must_be_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M600)
    with pytest.raises(Conflict, match="asks nothing"):
        await desk.answer()
    desk.dialog("Paused", "PurgeMore", "Continue")
    for button in ("", "2", "Cancel", "-1", "²"):
        with pytest.raises(InvalidMessage, match="PurgeMore, Continue"):
            await desk.answer(button)
    assert desk.shown is not None
    assert desk.printer.pressed == []


async def test_firmware_that_hears_no_answer_keeps_its_prompt(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M0)
    desk.printer.is_deaf = True
    desk.dialog("Swap the plate", "Continue")
    with pytest.raises(Conflict, match="at the printer"):
        await desk.answer()
    assert desk.shown == "Swap the plate [Continue]"
    shown = len(desk.events)
    for _ in range(3):
        await desk.prompts.go_on(desk.printer)  # type: ignore[arg-type]
    assert len(desk.events) == shown, "a cancelled job does not ask again and again"


@pytest.mark.parametrize(
    ("buttons", "pressed"), [(("PurgeMore", "Continue"), 1), (("Continue", "Stop"), 0), (("Yes", "No"), 1), ((), 0)]
)
async def test_cancelled_job_presses_what_goes_on(tmp_path: Path, buttons: tuple[str, ...], pressed: int) -> None:
    desk = Desk(tmp_path, M600)
    desk.dialog("Paused", *buttons)
    await desk.prompts.go_on(desk.printer)  # type: ignore[arg-type]
    assert desk.printer.pressed == [pressed]


def test_new_connection_knows_of_no_prompt(tmp_path: Path) -> None:
    desk = Desk(tmp_path, M0)
    desk.dialog("Swap the plate", "Continue")
    desk.prompts.forget()
    assert desk.shown is None
